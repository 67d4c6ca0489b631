using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sam2.Torch;
using Sam2.Torch.Evaluation.Charts;

namespace Sam2.Cli.Benchmarking;

/// <summary>How a model's cost grows: a table, <c>curves.json</c>, and a chart of time and one of memory.</summary>
/// <param name="Model">Name or path of the model.</param>
/// <param name="Device">Where it ran.</param>
/// <param name="Precision">In which precision.</param>
/// <param name="Threads">On how many threads.</param>
/// <param name="Curves">What was measured.</param>
public sealed record CurveReport(string Model, string Device, string Precision, int Threads, IReadOnlyList<GrowthCurve> Curves)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>A line per step, the exponent of each curve, and what grows worse than linear.</summary>
    public string ToTable()
    {
        var text = new StringBuilder();
        Line($"{Model}, {Precision} on {Device}, {Threads} thread{(Threads == 1 ? "" : "s")}");
        foreach (var curve in Curves)
        {
            Line($"{curve.Name,-24}{"seconds",12}{"peak MB",12}{"extra MB",12}");
            foreach (var point in curve.Points)
                Line($"  {point.Label,-22}{point.Seconds,12:0.0000}{point.PeakMemoryBytes / 1e6,12:0}{point.ExtraMemoryBytes / 1e6,12:0}");
            Line($"  {"exponent",-22}{curve.TimeExponent,12:0.00}{"",12}{curve.MemoryExponent,12:0.00}");
        }

        var worse = Curves.SelectMany(curve => curve.WorseThanLinear).ToList();
        Line($"worse than linear: {(worse.Count == 0 ? "nothing" : "")}");
        foreach (var step in worse) Line($"  {step}");
        return text.ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    /// <summary>The same as JSON.</summary>
    public string ToJson() => new JsonObject
    {
        ["model"] = Model,
        ["device"] = Device,
        ["precision"] = Precision,
        ["threads"] = Threads,
        ["curves"] = new JsonArray([.. Curves.Select(curve => new JsonObject
        {
            ["name"] = curve.Name,
            ["unit"] = curve.Unit,
            ["time_exponent"] = Number(curve.TimeExponent),
            ["memory_exponent"] = Number(curve.MemoryExponent),
            ["worse_than_linear"] = new JsonArray([.. curve.WorseThanLinear.Select(step => (JsonNode)step)]),
            ["points"] = new JsonArray([.. curve.Points.Select(point => new JsonObject
            {
                ["label"] = point.Label,
                ["size"] = point.Size,
                ["seconds"] = Math.Round(point.Seconds, 6),
                ["peak_memory_bytes"] = point.PeakMemoryBytes,
                ["extra_memory_bytes"] = point.ExtraMemoryBytes,
            })]),
        })]),
    }.ToJsonString(Indented);

    /// <summary>Time over size, both relative to each curve's first step, on logarithmic axes; a straight line shows linear growth.</summary>
    public string TimeChart() => Chart("How time grows", "time", point => point.Seconds);

    /// <summary>The same of memory beyond the model's.</summary>
    public string MemoryChart() => Chart("How memory grows", "memory beyond the model's", point => point.ExtraMemoryBytes);

    /// <summary>Writes <c>curves.json</c>, <c>time.svg</c> and <c>memory.svg</c>.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <exception cref="CliException">A file can't be written.</exception>
    public void Write(string folder)
    {
        foreach (var (name, content) in new[] { ("curves.json", ToJson() + "\n"), ("time.svg", TimeChart()), ("memory.svg", MemoryChart()) })
        {
            var path = Path.Combine(folder, name);
            AtomicFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(content)), e => new CliException($"{path} can't be written: {e.Message}", e));
        }
    }

    private string Chart(string title, string what, Func<CurvePoint, double> value)
    {
        var series = Curves.Select(curve => (curve.Name, Points: curve.Points.Where(point => value(point) > 0).ToList()))
            .Where(curve => curve.Points.Count > 0)
            .Select(curve => new ChartSeries(
                curve.Name,
                [.. curve.Points.Select(p => new ChartPoint(p.Size / curve.Points[0].Size, value(p) / value(curve.Points[0])))], Marks: true))
            .ToList();
        var largest = series.SelectMany(s => s.Points).Select(p => p.X).Append(1).Max();
        series.Add(new ChartSeries("linear", [new(1, 1), new(largest, largest)]));
        return new XyChart($"{title}: {Model}, {Precision}", "times the size of the first step", $"times its {what}", series)
        {
            LogarithmicX = true, LogarithmicY = true, Height = 420,
        }.ToSvg();
    }

    private static JsonNode? Number(double value) => double.IsFinite(value) ? Math.Round(value, 3) : null;
}
