using System.Globalization;

namespace Sam2.Cli.Prompts;

/// <summary>What is said of one object on one frame of a video, as <c>--prompt "frame=0 obj=1 point=210,350,1"</c> gives it.</summary>
/// <param name="Frame">Index of the frame, from 0.</param>
/// <param name="Object">Number of the object.</param>
/// <param name="Points">Clicks.</param>
/// <param name="Box">A box, or null.</param>
/// <param name="Mask">A picture of a mask, or null.</param>
public sealed record TrackPrompt(int Frame, int Object, IReadOnlyList<PointArgument> Points, BoxArgument? Box, string? Mask)
{
    /// <summary>Reads a prompt.</summary>
    /// <param name="text">
    /// Words <c>frame=N</c> (0 if missing), <c>obj=N</c> (1 if missing), <c>point=X,Y[,LABEL]</c> (may be repeated), <c>box=X0,Y0,X1,Y1</c>
    /// and <c>mask=FILE</c>, separated by spaces; a file name with spaces comes last.
    /// </param>
    /// <exception cref="FormatException">The text is no prompt; the message says which part and what is expected.</exception>
    public static TrackPrompt Parse(string text)
    {
        var prompt = new TrackPrompt(0, 1, [], null, null);
        var rest = text.Trim();
        while (rest.Length > 0)
        {
            var end = rest.StartsWith("mask=", StringComparison.Ordinal) ? rest.Length : rest.IndexOf(' ');
            var word = end < 0 ? rest : rest[..end];
            rest = end < 0 ? "" : rest[end..].TrimStart();
            var equals = word.IndexOf('=');
            var (name, value) = equals < 0 ? (word, "") : (word[..equals], word[(equals + 1)..]);
            prompt = name switch
            {
                "frame" => prompt with { Frame = Number(text, name, value) },
                "obj" => prompt with { Object = Number(text, name, value) },
                "point" => prompt with { Points = [.. prompt.Points, PointArgument.Parse(value)] },
                "box" => prompt with { Box = BoxArgument.Parse(value) },
                "mask" when value.Length > 0 => prompt with { Mask = value },
                _ => throw new FormatException($"--prompt '{text}': '{word}' is none of frame=N, obj=N, point=X,Y[,LABEL], box=X0,Y0,X1,Y1 and mask=FILE"),
            };
        }

        return prompt.Checked($"--prompt '{text}'");
    }

    /// <summary>This prompt, if it says something and doesn't contradict itself.</summary>
    /// <exception cref="FormatException">It doesn't.</exception>
    internal TrackPrompt Checked(string name)
    {
        if (Points.Count == 0 && Box is null && Mask is null) throw new FormatException($"{name} says nothing of the object: give a point, a box or a mask");
        if (Mask is not null && (Points.Count > 0 || Box is not null)) throw new FormatException($"{name} has a mask and points or a box: give one of the two");
        return this;
    }

    private static int Number(string text, string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"--prompt '{text}': {name} '{value}' is not a number from 0");
}
