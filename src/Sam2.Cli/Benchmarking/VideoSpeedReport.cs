using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Sam2.Cli.Benchmarking;

/// <summary>What <c>sam2 bench --video</c> prints: frames per second in each precision, beside what Meta publishes.</summary>
/// <param name="Model">Name or path of the model.</param>
/// <param name="Device">Where it ran.</param>
/// <param name="Threads">On how many threads.</param>
/// <param name="Frames">Frames that were timed.</param>
/// <param name="Speeds">One per precision.</param>
/// <param name="Published">Meta's figure for this architecture on an A100; null if there is none.</param>
public sealed record VideoSpeedReport(string Model, string Device, int Threads, int Frames, IReadOnlyList<VideoSpeed> Speeds, double? Published)
{
    /// <summary>The table, one line per precision.</summary>
    public string ToTable()
    {
        var text = new StringBuilder();
        Line($"{Model} on {Device}, {Threads} thread{(Threads == 1 ? "" : "s")}: one object through {Frames} frames");
        Line($"{"",-12}{"frames/s",12}{"device MB",12}{"peak MB",12}");
        foreach (var speed in Speeds)
        {
            var device = speed.DeviceMemoryBytes is { } bytes ? (bytes / 1e6).ToString("0", CultureInfo.InvariantCulture) : "-";
            Line($"{speed.Precision,-12}{speed.FramesPerSecond,12:0.00}{device,12}{speed.PeakMemoryBytes / 1e6,12:0}");
        }

        if (Published is { } published) Line($"{"Meta, A100",-12}{published,12:0.00}");
        return text.ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    /// <summary>The same as one line of JSON.</summary>
    public string ToJsonLine() => new JsonObject
    {
        ["model"] = Model,
        ["device"] = Device,
        ["threads"] = Threads,
        ["frames"] = Frames,
        ["frames_per_second"] = new JsonObject([.. Speeds.Select(s => KeyValuePair.Create(s.Precision, (JsonNode?)Math.Round(s.FramesPerSecond, 3)))]),
        ["device_memory_bytes"] = new JsonObject([.. Speeds.Select(s => KeyValuePair.Create(s.Precision, (JsonNode?)s.DeviceMemoryBytes))]),
        ["peak_memory_bytes"] = Speeds.Max(s => s.PeakMemoryBytes),
        ["published_a100_frames_per_second"] = Published,
    }.ToJsonString();
}
