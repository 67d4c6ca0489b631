using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sam2.Cli.Benchmarking;

namespace Sam2.Cli.Output;

/// <summary>What <c>sam2 bench</c> prints: a table for people, one JSON line for programs.</summary>
internal sealed record BenchReport(string Model, string Device, string Precision, int Threads, int Repeat, BenchmarkRun Run)
{
    /// <summary>The table, one line per figure.</summary>
    public string ToTable()
    {
        var text = new StringBuilder();
        Line($"{Model}, {Precision} on {Device}, {Threads} thread{(Threads == 1 ? "" : "s")}, best of {Repeat}");
        Line($"1 sg = one 2048x2048x2048 fp32 product = {Run.ReferenceSeconds:0.0000} s");
        Line($"{"",-36}{"seconds",10}{"sg",10}{"peak MB",10}");
        foreach (var figure in Run.Measurements)
        {
            Line($"{figure.Title,-36}{figure.Seconds,10:0.0000}{Run.Sg(figure),10:0.00}{figure.PeakMemoryBytes / 1e6,10:0}");
        }

        return text.ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    /// <summary>The same as one line of JSON.</summary>
    public string ToJsonLine()
    {
        var figures = new JsonObject();
        foreach (var figure in Run.Measurements)
        {
            figures[figure.Name] = new JsonObject
            {
                ["seconds"] = Math.Round(figure.Seconds, 6),
                ["sg"] = Math.Round(Run.Sg(figure), 3),
                ["peak_memory_bytes"] = figure.PeakMemoryBytes,
            };
        }

        return new JsonObject
        {
            ["model"] = Model,
            ["device"] = Device,
            ["precision"] = Precision,
            ["threads"] = Threads,
            ["repeat"] = Repeat,
            ["sg_seconds"] = Math.Round(Run.ReferenceSeconds, 6),
            ["figures"] = figures,
            ["peak_memory_bytes"] = Run.Measurements.Max(figure => figure.PeakMemoryBytes),
        }.ToJsonString(new JsonSerializerOptions { WriteIndented = false });
    }
}
