using System.Globalization;
using System.Text.Json;

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

    /// <summary>Checks that the prompt says something and doesn't contradict itself, and returns it.</summary>
    /// <exception cref="FormatException">It says nothing, or contradicts itself.</exception>
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

/// <summary>
/// Prompts from a JSON file: a list of prompts as <c>--prompt</c> takes them, or of
/// <c>{"frame": 0, "obj": 1, "points": [[210, 350, 1]], "box": [10, 20, 200, 220], "mask": "file.png"}</c>.
/// </summary>
public static class TrackPromptFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="CliException">It can't be read or has another form; the message says where.</exception>
    public static IReadOnlyList<TrackPrompt> Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return [.. document.RootElement.EnumerateArray().Select((element, i) => Prompt(element, path, i))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or FormatException or InvalidOperationException)
        {
            throw new CliException($"--prompts {path} can't be used: {e.Message}", e);
        }
    }

    private static TrackPrompt Prompt(JsonElement element, string path, int index)
    {
        if (element.ValueKind == JsonValueKind.String) return TrackPrompt.Parse(element.GetString()!);
        var prompt = new TrackPrompt(0, 1, [], null, null);
        foreach (var property in element.EnumerateObject())
        {
            var value = property.Value;
            prompt = property.Name switch
            {
                "frame" => prompt with { Frame = value.GetInt32() },
                "obj" => prompt with { Object = value.GetInt32() },
                "points" => prompt with { Points = [.. value.EnumerateArray().Select(p => PointArgument.Parse(Numbers(p)))] },
                "box" => prompt with { Box = BoxArgument.Parse(Numbers(value)) },
                // A file that is named in a file is looked for beside it.
                "mask" => prompt with { Mask = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, value.GetString()!) },
                _ => throw new FormatException($"prompt {index} has '{property.Name}', which is none of frame, obj, points, box and mask"),
            };
        }

        return prompt.Checked($"prompt {index}");
    }

    private static string Numbers(JsonElement list) => string.Join(",", list.EnumerateArray().Select(n => n.GetRawText()));
}
