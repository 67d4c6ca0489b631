using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Losses;
using Sam2.Torch.Training.Recipes;

namespace Sam2.Torch.Training.Ablation;

/// <summary>The result of one run of a sweep.</summary>
/// <param name="Scores">The scores of its last validation; empty if it failed.</param>
/// <param name="Parameters">Number of trained parameters.</param>
/// <param name="Hours">Time spent in training.</param>
/// <param name="Error">Why it failed; null if it didn't.</param>
internal sealed record SweepResult(IReadOnlyList<KeyValuePair<string, double>> Scores, long Parameters, double Hours, string? Error)
{
    /// <summary>A score by name; not a number if there is none.</summary>
    public double this[string metric] => Scores.FirstOrDefault(score => score.Key == metric, new(metric, double.NaN)).Value;
}

/// <summary>The files of a sweep: a folder for each run, and the report.</summary>
/// <param name="path">The folder.</param>
internal sealed class SweepFolder(string path)
{
    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>The folder of a run.</summary>
    public TrainingFolder Run(SweepVariant variant, long seed) =>
        new(System.IO.Path.Combine(Path, "runs", string.Create(CultureInfo.InvariantCulture, $"{Slug(variant.Name)}-seed{seed}")));

    /// <summary>The result of a run; null if it is not finished.</summary>
    /// <exception cref="ConfigurationException">The folder holds a run of another recipe, or a file in it is missing or damaged.</exception>
    public SweepResult? Result(SweepVariant variant, long seed)
    {
        var run = Run(variant, seed);
        if (!File.Exists(ResultFile(run)))
            return null;
        try
        {
            return Read(run, variant.Recipes[seed]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(run.Path, $"holds a run that can't be read: {e.Message.TrimEnd('.')}", "Delete this folder to repeat the run", e);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new ConfigurationException(ResultFile(run), "is damaged", "Delete the folder that it is in to repeat the run", e);
        }
    }

    private static SweepResult Read(TrainingFolder run, Recipe recipe)
    {
        var differences = RecipeYaml.Differences(run.Recipe, File.ReadAllText(run.Recipe), recipe);
        if (differences.Count > 0)
            throw new ConfigurationException(run.Path, $"holds a run with other settings: {differences[0].Path} was {differences[0].Written}, now {differences[0].Now}",
                "Give the sweep another folder, or delete this one to repeat the run");
        using var json = JsonDocument.Parse(File.ReadAllText(ResultFile(run)));
        var root = json.RootElement;
        return new SweepResult(
            [.. root.GetProperty("scores").EnumerateObject().Select(score => new KeyValuePair<string, double>(score.Name, score.Value.ValueKind == JsonValueKind.Number ? score.Value.GetDouble() : double.NaN))],
            root.GetProperty("parameters").GetInt64(), root.GetProperty("hours").GetDouble(), root.GetProperty("error").GetString());
    }

    /// <summary>Saves the result of a run.</summary>
    public void Save(SweepVariant variant, long seed, SweepResult result)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartObject("scores");
            foreach (var (name, value) in result.Scores)
                if (double.IsFinite(value))
                    json.WriteNumber(name, value);
                else
                    json.WriteNull(name);
            json.WriteEndObject();
            json.WriteNumber("parameters", result.Parameters);
            json.WriteNumber("hours", result.Hours);
            json.WriteString("error", result.Error);
            json.WriteEndObject();
        }
        Write(ResultFile(Run(variant, seed)), buffer.ToArray());
    }

    /// <summary>The losses of the steps that a run has taken so far.</summary>
    public IReadOnlyList<(long Step, double Loss)> Losses(SweepVariant variant, long seed)
    {
        var log = Run(variant, seed).JsonLines;
        if (!File.Exists(log))
            return [];
        var losses = new List<(long, double)>();
        foreach (var line in File.ReadLines(log))
            if (LossOf(line) is { } loss)
                losses.Add(loss);
        return losses;
    }

    private static (long Step, double Loss)? LossOf(string line)
    {
        try
        {
            using var record = JsonDocument.Parse(line);
            return record.RootElement.TryGetProperty("losses", out var values) && values.GetProperty(LossReport.TotalName) is { ValueKind: JsonValueKind.Number } loss
                ? (record.RootElement.GetProperty("step").GetInt64(), loss.GetDouble())
                : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // The last line of a process that was killed while it wrote; the run's next process removes it.
            return null;
        }
    }

    /// <summary>Writes a file of the report completely or not at all.</summary>
    /// <exception cref="TrainingException">It can't be written.</exception>
    public void WriteText(string name, string text)
    {
        var file = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        Write(file, Encoding.UTF8.GetBytes(text));
    }

    private static string ResultFile(TrainingFolder run) => System.IO.Path.Combine(run.Path, "result.json");

    private static void Write(string file, byte[] bytes) => AtomicFile.Write(
        file, stream => stream.Write(bytes),
        e => new TrainingException($"{file}: can't be written: {e.Message.TrimEnd('.')}. Check that the folder is writable and has room.", e));

    /// <summary>
    /// A name made safe for a path: letters, digits, dots and hyphens, and a checksum that tells apart names which would otherwise become
    /// equal.
    /// </summary>
    private static string Slug(string name)
    {
        var slug = new StringBuilder();
        foreach (var c in name)
            slug.Append(char.IsAsciiLetterOrDigit(c) || c == '.' ? c : '-');
        var text = slug.ToString()[..Math.Min(slug.Length, 60)];
        return $"{text}-{Crc32.HashToUInt32(Encoding.UTF8.GetBytes(name)):x8}";
    }
}
