using System.Text.Json;

namespace Sam2.Cli.Prompts;

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
