using System.Text;

namespace Sam2.Torch;

/// <summary>Names in files: the original's <c>snake_case</c> for what is in Pascal case in C#.</summary>
internal static class SnakeCaseName
{
    /// <summary><c>ImageSize</c> becomes <c>image_size</c>.</summary>
    public static string Of(string pascal)
    {
        var snake = new StringBuilder();
        foreach (var c in pascal)
        {
            if (char.IsUpper(c) && snake.Length > 0)
                snake.Append('_');
            snake.Append(char.ToLowerInvariant(c));
        }
        return snake.ToString();
    }
}
