using System.Text;
using System.Text.RegularExpressions;

namespace Sam2.Torch.Training.Optimization;

/// <summary>
/// Patterns of parameter names as the original's recipes have them (Python's <c>fnmatch</c>): <c>*</c>, <c>?</c>, <c>[abc]</c>,
/// <c>[!abc]</c>. .NET's own patterns for files know no sets and take backslashes and folders for something special.
/// </summary>
internal static class GlobPattern
{
    /// <summary>Whether a whole name fits a pattern; case matters.</summary>
    public static bool Matches(string pattern, string name) => Regex.IsMatch(name, ToRegex(pattern), RegexOptions.CultureInvariant | RegexOptions.Singleline);

    private static string ToRegex(string pattern)
    {
        var regex = new StringBuilder("\\A");
        for (var i = 0; i < pattern.Length; i++)
        {
            var close = pattern[i] == '[' ? pattern.IndexOf(']', Math.Min(i + 2, pattern.Length)) : -1;
            if (pattern[i] == '*')
            {
                regex.Append(".*");
            }
            else if (pattern[i] == '?')
            {
                regex.Append('.');
            }
            else if (close > 0)
            {
                var set = pattern[(i + 1)..close].Replace("\\", "\\\\", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal);
                regex.Append('[').Append(set[0] is '!' ? "^" + set[1..] : set[0] is '^' ? "\\" + set : set).Append(']');
                i = close;
            }
            else
            {
                regex.Append(Regex.Escape(pattern[i].ToString()));
            }
        }
        return regex.Append("\\z").ToString();
    }
}
