using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Charts;
using Sam2.Torch.Evaluation.Protocols;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>What an evaluation found, as report.json holds it. All scores are in percent.</summary>
/// <param name="Kind">The protocol: <c>vos</c>, <c>interactive</c>, <c>image</c>, or <c>score</c> for predictions from elsewhere.</param>
/// <param name="Title">A heading for people.</param>
/// <param name="Settings">Everything that was chosen, by name.</param>
/// <param name="Metrics">The scores of the whole data set, those that matter most first.</param>
/// <param name="Items">The scores of every object of every video, or of every object of every image.</param>
public sealed record Report(
    string Kind, string Title, IReadOnlyDictionary<string, string> Settings, IReadOnlyDictionary<string, double> Metrics, IReadOnlyList<ReportItem> Items)
{
    /// <summary>The kind of reports of predictions from elsewhere.</summary>
    public const string ScoreKind = "score";

    /// <summary>How fast it was and how much memory it took: the model, or where predictions come from elsewhere, scoring them.</summary>
    public EvaluationSpeed? Speed { get; init; }

    /// <summary>The scores of every video or image that has objects, in the data set's order.</summary>
    public IReadOnlyList<ReportGroup> Videos { get; init; } = [];

    /// <summary>The scores of groups of objects.</summary>
    public IReadOnlyList<ReportBreakdown> Breakdowns { get; init; } = [];

    /// <summary>Charts of scores, such as over time or over clicks.</summary>
    public IReadOnlyList<ReportChart> Charts { get; init; } = [];

    /// <summary>Where it went most wrong, worst first; at most one frame per object.</summary>
    public IReadOnlyList<WorstCase> WorstCases { get; init; } = [];

    /// <summary>Whether predictions from elsewhere were scored, whose own speed isn't known.</summary>
    internal bool IsOfPredictions => Kind == ScoreKind;

    /// <summary>The line that every evaluation ends with, such as <c>J&amp;F 54.64  J 50.11  F 59.17</c>.</summary>
    public string Headline() => string.Join("  ", new[] { MetricNames.JAndF, MetricNames.J, MetricNames.F }
        .Select(name => $"{name} {ReportNumber.Format(Metrics[name])}"));
}

/// <summary>The scores of one object.</summary>
/// <param name="Video">The video or image.</param>
/// <param name="Object">The object's name in it.</param>
/// <param name="Values">The scores in percent, and facts such as its size, by name.</param>
public sealed record ReportItem(string Video, string Object, IReadOnlyDictionary<string, double> Values);

/// <summary>The scores of a group of objects.</summary>
/// <param name="Name">The group.</param>
/// <param name="Objects">How many objects it has.</param>
/// <param name="Values">Their mean scores in percent, by name.</param>
public sealed record ReportGroup(string Name, int Objects, IReadOnlyDictionary<string, double> Values);

/// <summary>Scores of groups of objects.</summary>
/// <param name="Name">What the groups differ in.</param>
/// <param name="Groups">The groups that have objects.</param>
public sealed record ReportBreakdown(string Name, IReadOnlyList<ReportGroup> Groups);

/// <summary>A chart's numbers.</summary>
/// <param name="Title">What is shown.</param>
/// <param name="XLabel">What the horizontal axis measures.</param>
/// <param name="YLabel">What the vertical axis measures.</param>
/// <param name="Series">The values.</param>
public sealed record ReportChart(string Title, string XLabel, string YLabel, IReadOnlyList<ChartSeries> Series)
{
    /// <summary>The chart as SVG.</summary>
    public string ToSvg() => new XyChart(Title, XLabel, YLabel, Series).ToSvg();
}

/// <summary>A frame on which an object was segmented badly.</summary>
/// <param name="Video">The video or image.</param>
/// <param name="Object">The object's name.</param>
/// <param name="Frame">The frame's name.</param>
/// <param name="J">Region similarity there, in percent.</param>
/// <param name="F">Boundary accuracy there, in percent.</param>
public sealed record WorstCase(string Video, string Object, string Frame, double J, double F);

/// <summary>The names of scores in reports.</summary>
public static class MetricNames
{
    /// <summary>The mean of J and F.</summary>
    public const string JAndF = "J&F";

    /// <summary>Region similarity.</summary>
    public const string J = "J";

    /// <summary>Boundary accuracy.</summary>
    public const string F = "F";

    /// <summary>How much J falls over the length of a video.</summary>
    public const string JDecay = "J decay";

    /// <summary>The part of frames with J above 0.5.</summary>
    public const string JRecall = "J recall";
}

/// <summary>Reports and intermediate results as JSON. Numbers survive exactly: doubles are written so that reading gives the same.</summary>
public static class ReportJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
    };

    private static readonly JsonSerializerOptions Compact = new(Options) { WriteIndented = false };

    /// <summary>Reads a value from a file.</summary>
    /// <exception cref="DatasetException">The file is missing or holds something else; the message names it.</exception>
    public static T Read<T>(string path)
        where T : class
    {
        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize<T>(stream, Options) ?? throw new JsonException("it is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{path} can't be read: {e.Message}", e);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            throw new DatasetException($"{path} is not what an evaluation writes{PlaceOf(e)}. If an evaluation wrote it, delete it to have it made anew.", e);
        }
    }

    /// <summary>Where the file is wrong. What is wrong there JSON's own messages only say in terms of .NET's types.</summary>
    private static string PlaceOf(Exception e) => e is JsonException { LineNumber: { } line, BytePositionInLine: { } at } wrong
        ? $" (line {line + 1}, byte {at + 1}{(wrong.Path is { Length: > 1 } place ? $", {place.TrimStart('$', '.')}" : "")})"
        : "";

    /// <summary>Writes a value to a file, completely or not at all.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="value">The value.</param>
    /// <param name="compact">Whether to do without line breaks.</param>
    /// <exception cref="DatasetException">The file can't be written.</exception>
    public static void Write<T>(string path, T value, bool compact = false) => ReportFile.Write(
        path, stream => JsonSerializer.Serialize(stream, value, compact ? Compact : Options));
}

/// <summary>Writes the files of a report completely or not at all.</summary>
internal static class ReportFile
{
    /// <exception cref="DatasetException">The file can't be written.</exception>
    public static void Write(string path, Action<Stream> write) => AtomicFile.Write(
        path, write, e => new DatasetException($"{path} can't be written: {e.Message}", e));

    /// <exception cref="DatasetException">The file can't be written.</exception>
    public static void Write(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
