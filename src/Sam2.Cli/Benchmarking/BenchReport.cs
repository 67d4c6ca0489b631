using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sam2.Cli.Benchmarking;

/// <summary>What <c>sam2 bench</c> prints: a table for people, one JSON line for programs, and a comparison with an earlier run.</summary>
/// <param name="Model">Name or path of the model.</param>
/// <param name="Device">Where it ran.</param>
/// <param name="Precision">In which precision.</param>
/// <param name="Threads">On how many threads.</param>
/// <param name="Repeat">Repetitions, of which the best counts.</param>
/// <param name="Run">The figures.</param>
public sealed record BenchReport(string Model, string Device, string Precision, int Threads, int Repeat, BenchmarkRun Run)
{
    /// <summary>The table, one line per figure.</summary>
    public string ToTable()
    {
        var text = new StringBuilder();
        Line($"{Model}, {Precision} on {Device}, {Threads} thread{(Threads == 1 ? "" : "s")}, best of {Repeat}");
        Line($"1 sg = one 2048x2048x2048 fp32 product = {Run.ReferenceSeconds:0.0000} s");
        Line($"{"",-36}{"seconds",10}{"sg",10}{"peak MB",10}");
        foreach (var figure in Run.Measurements)
            Line($"{figure.Title,-36}{figure.Seconds,10:0.0000}{Run.Sg(figure),10:0.00}{figure.PeakMemoryBytes / 1e6,10:0}");
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

    /// <summary>Reads what a run printed: the JSON line, alone or after the table.</summary>
    /// <param name="path">A file.</param>
    /// <exception cref="CliException">It can't be read, or is no report.</exception>
    public static BenchReport Read(string path)
    {
        try
        {
            var line = File.ReadLines(path).LastOrDefault(line => line.StartsWith('{')) ?? throw new JsonException("it has no line of JSON");
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            var figures = root.GetProperty("figures").EnumerateObject().Select(figure => new Measurement(
                figure.Name, figure.Name, figure.Value.GetProperty("seconds").GetDouble(), figure.Value.GetProperty("peak_memory_bytes").GetInt64()));
            return new(
                Text("model"), Text("device"), Text("precision"), root.GetProperty("threads").GetInt32(), root.GetProperty("repeat").GetInt32(),
                new BenchmarkRun(root.GetProperty("sg_seconds").GetDouble(), figures.ToList()));

            string Text(string name) => root.GetProperty(name).GetString() ?? throw new JsonException($"{name} is null");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CliException($"'{path}' is not what sam2 bench prints; save its output, or the last line of it, to compare with", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException($"'{path}' does not exist", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(Directory.Exists(path) ? $"'{path}' is a folder, not a file" : $"'{path}' can't be read: {e.Message}", e);
        }
    }

    /// <summary>Prints each figure's ratio to that of an earlier run: time in sg, so that the machines may differ, and peak memory.</summary>
    /// <param name="old">The earlier run.</param>
    /// <param name="tolerance">The share by which a figure may grow.</param>
    /// <param name="output">Receives the table.</param>
    /// <returns>What got worse, in words.</returns>
    /// <exception cref="CliException">The runs measured different things.</exception>
    public IReadOnlyList<string> Compare(BenchReport old, double tolerance, TextWriter output)
    {
        if ((Model, Device, Precision, Threads) != (old.Model, old.Device, old.Precision, old.Threads))
        {
            throw new CliException(
                $"the runs measured different things: now {Model} in {Precision} on {Device} with {Threads} threads, " +
                $"then {old.Model} in {old.Precision} on {old.Device} with {old.Threads}");
        }

        var worse = new List<string>();
        output.Write($"{"to the earlier run",-36}{"time",10}{"memory",20}\n");
        foreach (var now in Run.Measurements)
        {
            if (old.Run.Measurements.FirstOrDefault(then => then.Name == now.Name) is not { } then) continue;
            var (time, memory) = (Run.Sg(now) / old.Run.Sg(then), now.PeakMemoryBytes / (double)then.PeakMemoryBytes);
            output.Write(string.Create(CultureInfo.InvariantCulture, $"{now.Title,-36}{time,10:0.000}{memory,20:0.000}\n"));
            if (time > 1 + tolerance) worse.Add(string.Create(CultureInfo.InvariantCulture, $"{now.Name} takes {time:0.00} times as long"));
            // 0 where the system doesn't tell.
            if (then.PeakMemoryBytes > 0 && memory > 1 + tolerance) worse.Add(string.Create(CultureInfo.InvariantCulture, $"{now.Name} takes {memory:0.00} times the memory"));
        }

        return worse;
    }
}
