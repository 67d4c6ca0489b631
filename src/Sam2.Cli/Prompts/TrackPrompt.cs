using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sam2.Torch.Data.Annotation;

namespace Sam2.Cli.Prompts;

/// <summary>What is said of one object on one frame of a video, as <c>--prompt "frame=0 obj=1 point=210,350,1"</c> gives it.</summary>
/// <param name="Frame">Index of the frame, from 0.</param>
/// <param name="Object">Number of the object.</param>
/// <param name="Points">Clicks.</param>
/// <param name="Box">A box, or null.</param>
/// <param name="Mask">A picture of a mask, or null.</param>
public sealed partial record TrackPrompt(int Frame, int Object, IReadOnlyList<PointArgument> Points, BoxArgument? Box, string? Mask)
{
    /// <summary>Reads a prompt.</summary>
    /// <param name="text">
    /// Words <c>frame=N</c> (0 if missing), <c>obj=N</c> (1 if missing), <c>point=X,Y[,LABEL]</c> (may be repeated), <c>box=X0,Y0,X1,Y1</c>
    /// and <c>mask=FILE</c>, separated by spaces; a file name with spaces comes last.
    /// </param>
    /// <exception cref="FormatException">The text is no prompt; the message says which part and what is expected.</exception>
    public static TrackPrompt Parse(string text)
    {
        var points = new List<PointArgument>();
        var prompt = new TrackPrompt(0, 1, points, null, null);
        var place = $"--prompt '{Shown(text)}'";
        var given = new HashSet<string>();
        var rest = text.AsMemory().Trim();
        while (rest.Length > 0)
        {
            var end = rest.Span.StartsWith("mask=") ? rest.Length : rest.Span.IndexOf(' ');
            var word = (end < 0 ? rest : rest[..end]).ToString();
            rest = end < 0 ? default : rest[end..].TrimStart();
            var equals = word.IndexOf('=');
            var (name, value) = equals < 0 ? (word, "") : (word[..equals], word[(equals + 1)..]);
            if (!given.Add(name) && name != "point") throw new FormatException($"{place} gives {name}= twice: {OnlyOne(name)}");
            if (name == "point")
            {
                points.Add(PointArgument.Parse(value, $"{place}: point"));
                continue;
            }

            prompt = name switch
            {
                "frame" => prompt with { Frame = Number(place, name, value) },
                "obj" => prompt with { Object = Number(place, name, value) },
                "box" => prompt with { Box = BoxArgument.Parse(value, $"{place}: box") },
                "mask" when NextWord().Match(value) is { Success: true } next => throw new FormatException(
                    $"{place}: all that follows mask= is the name of its file; put {next.Groups["name"].Value}= before it, or leave it out"),
                "mask" when value.Length > 0 => prompt with { Mask = value },
                _ => throw new FormatException($"{place}: '{word}' is none of frame=N, obj=N, point=X,Y[,LABEL], box=X0,Y0,X1,Y1 and mask=FILE"),
            };
        }

        return prompt.Checked(place);
    }

    /// <summary>Checks that the prompt says something and doesn't contradict itself, and returns it.</summary>
    /// <exception cref="FormatException">It says nothing, or contradicts itself.</exception>
    internal TrackPrompt Checked(string name)
    {
        if (Points.Count == 0 && Box is null && Mask is null) throw new FormatException($"{name} says nothing of the object: give a point, a box or a mask");
        if (Mask is not null && (Points.Count > 0 || Box is not null)) throw new FormatException($"{name} has a mask and points or a box: give one of the two");
        return this;
    }

    /// <summary>What to do instead of giving a key twice.</summary>
    internal static string OnlyOne(string name) => name switch
    {
        "box" => "an object has one box on a frame; give each object a prompt of its own",
        "frame" or "obj" => "a prompt is about one object on one frame; give a prompt for each",
        "points" => "put all points into one list",
        _ => "give one",
    };

    /// <summary>A long text from a file is shown by its beginning.</summary>
    private static string Shown(string text) => text.Length <= 200 ? text : text[..200] + "…";

    private static int Number(string place, string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"{place}: {name} '{value}' is not a number from 0");

    [GeneratedRegex(@" (?<name>frame|obj|point|box|mask)=")]
    private static partial Regex NextWord();
}

/// <summary>
/// Prompts from a JSON file: a list of prompts as <c>--prompt</c> takes them, or of
/// <c>{"frame": 0, "obj": 1, "points": [[210, 350, 1]], "box": [10, 20, 200, 220], "mask": "file.png"}</c>. What <c>--prompt</c>
/// refuses is refused here, too, and what is null counts as not given.
/// </summary>
public static class TrackPromptFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="CliException">
    /// It can't be read, or it isn't such a list: the message names the entry and the member. A prompt that is none is wrong usage, as
    /// on the command line.
    /// </exception>
    public static IReadOnlyList<TrackPrompt> Read(string path)
    {
        try
        {
            ReadOnlyMemory<byte> bytes = File.ReadAllBytes(path);
            using var document = JsonDocument.Parse(bytes.Span.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes);
            List<TrackPrompt> prompts = [.. new JsonFields(document.RootElement, path, "prompts").Elements().Select(entry => Prompt(entry, path))];
            return prompts.Count > 0 ? prompts : throw new CliException($"--prompts {path} has no prompt in it") { ExitCode = ExitCode.Usage };
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException($"--prompts {path} does not exist", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(Directory.Exists(path) ? $"--prompts {path} is a folder, not a file" : $"--prompts {path} can't be read: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new CliException($"--prompts {path} is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})", e) { ExitCode = ExitCode.Usage };
        }
        catch (AnnotationException e)
        {
            throw new CliException($"--prompts {path}: {e.Cause}", e) { ExitCode = ExitCode.Usage };
        }
    }

    private static TrackPrompt Prompt(JsonFields entry, string path)
    {
        try
        {
            return entry.Value.ValueKind switch
            {
                JsonValueKind.String => TrackPrompt.Parse(entry.Text()),
                JsonValueKind.Object => Members(entry, path).Checked(entry.Place),
                _ => throw entry.Wrong("""is neither a text such as "frame=0 obj=1 point=210,350" nor an object such as {"frame": 0, "obj": 1, "points": [[210, 350]]}"""),
            };
        }
        catch (FormatException e)
        {
            var text = e.Message.Replace("--prompt ", entry.Place + " ", StringComparison.Ordinal);
            throw new CliException($"--prompts {path}: {text}", e) { ExitCode = ExitCode.Usage };
        }
    }

    private static TrackPrompt Members(JsonFields entry, string path)
    {
        var given = new HashSet<string>();
        foreach (var name in Names(entry))
        {
            if (name is not ("frame" or "obj" or "points" or "box" or "mask")) throw entry.Wrong($"has '{name}', which is none of frame, obj, points, box and mask");
            if (!given.Add(name)) throw entry.Wrong($"gives \"{name}\" twice: {TrackPrompt.OnlyOne(name)}");
        }

        var mask = entry.Has("mask") ? entry["mask"].Text() : null;
        if (mask is "") throw entry["mask"].Wrong("is empty; give the name of a file");
        return new TrackPrompt(
            entry.Has("frame") ? (int)entry["frame"].Integer(0, int.MaxValue) : 0,
            entry.Has("obj") ? (int)entry["obj"].Integer(0, int.MaxValue) : 1,
            entry.Has("points") ? [.. entry["points"].Elements().Select(point => PointArgument.Parse(Numbers(point), point.Place))] : [],
            entry.Has("box") ? BoxArgument.Parse(Numbers(entry["box"]), entry["box"].Place) : null,
            // A file that is named in a file is looked for beside it.
            mask is null ? null : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, mask));
    }

    private static List<string> Names(JsonFields entry)
    {
        try
        {
            return [.. entry.Value.EnumerateObject().Select(member => member.Name)];
        }
        catch (InvalidOperationException e)
        {
            throw entry.Wrong("has a member whose name is no valid text", e);
        }
    }

    /// <summary>Numbers in pixels, or texts such as "50%", as the command line has them.</summary>
    private static string Numbers(JsonFields list) => string.Join(",", list.Elements().Select(
        number => number.Value.ValueKind == JsonValueKind.String ? number.Text() : number.Number().ToString(CultureInfo.InvariantCulture)));
}
