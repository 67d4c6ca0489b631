using System.Text.RegularExpressions;

namespace Sam2.Torch.Media;

/// <summary>The pictures in a folder.</summary>
public static partial class PictureFolder
{
    /// <summary>The files with a picture's extension, in natural order (<see cref="NaturalOrder"/>); without hidden files.</summary>
    public static string[] Files(string folder) =>
    [
        .. Directory.EnumerateFiles(folder)
            .Where(f => ImageFile.Extensions.Contains(Path.GetExtension(f).ToLowerInvariant()) && Path.GetFileName(f)[0] != '.')
            .OrderBy(f => Path.GetFileNameWithoutExtension(f), NaturalOrder.Comparer).ThenBy(f => f, StringComparer.Ordinal),
    ];

    /// <summary>The pictures that are the frames of a video, in natural order.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="MediaException">
    /// Two are the same frame (00001.jpg and 00001.png, or 1.jpg), or some are not named as most are (cover.jpg among numbers).
    /// </exception>
    public static string[] Frames(string folder)
    {
        string[] files = Files(folder);
        var patterns = files.GroupBy(f => Digits().Replace(Path.GetFileNameWithoutExtension(f), "#")).OrderByDescending(g => g.Count()).ToList();
        for (int i = 1; i < files.Length; i++)
        {
            if (IsSameFrame(files[i - 1], files[i]))
            {
                throw new MediaException(
                    folder, $"has two pictures of one frame, {Path.GetFileName(files[i - 1])} and {Path.GetFileName(files[i])}", "Keep one of them, here and for all other frames");
            }
        }

        // Without numbers, or where names are a mixture, there is no telling who is the stranger.
        if (patterns.Count > 1 && patterns[0].Key.Contains('#') && patterns[0].Count() > 1 && 2 * patterns[0].Count() > files.Length)
        {
            string[] strays = [.. patterns.Skip(1).SelectMany(g => g).Select(f => Path.GetFileName(f))];
            throw new MediaException(
                folder,
                $"has frames named as {Path.GetFileName(patterns[0].First())}, and {string.Join(", ", strays.Take(3))}{(strays.Length > 3 ? $" and {strays.Length - 3} more" : "")}, whose place among them is not known",
                "Move what is no frame out of the folder, or name it as the others are");
        }

        return files;
    }

    private static bool IsSameFrame(string a, string b)
    {
        string Plain(string file) => Digits().Replace(Path.GetFileNameWithoutExtension(file), m => m.Value.TrimStart('0') is "" ? "0" : m.Value.TrimStart('0'));
        return Plain(a) == Plain(b);
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}

/// <summary>The order in which people count: numbers in names are compared by their value, so that frame_2 comes before frame_10.</summary>
public sealed class NaturalOrder : IComparer<string>
{
    private NaturalOrder()
    {
    }

    /// <summary>The only one.</summary>
    public static NaturalOrder Comparer { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
        {
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        }

        int i = 0, j = 0;
        while (i < x.Length && j < y.Length)
        {
            if (char.IsAsciiDigit(x[i]) && char.IsAsciiDigit(y[j]))
            {
                // Without leading zeros, the longer number is the larger one, whatever its size.
                var a = Number(x, ref i);
                var b = Number(y, ref j);
                int order = a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.SequenceCompareTo(b);
                if (order != 0)
                {
                    return order;
                }
            }
            else if (x[i] != y[j])
            {
                return x[i].CompareTo(y[j]);
            }
            else
            {
                i++;
                j++;
            }
        }

        int rest = (x.Length - i).CompareTo(y.Length - j);
        return rest != 0 ? rest : string.CompareOrdinal(x, y);
    }

    private static ReadOnlySpan<char> Number(string text, ref int at)
    {
        int start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        return text.AsSpan(start, at - start).TrimStart('0');
    }
}
