using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sam2.Torch.Evaluation.Reports;

namespace Sam2.Cli.Benchmarking;

/// <summary>What <c>sam2 compare</c> has found out about a model.</summary>
/// <param name="Name">The model, as the user named it.</param>
/// <param name="Kind">What kind of model it is.</param>
/// <param name="FileBytes">Size of the file, in bytes.</param>
/// <param name="Parameters">The number of weights.</param>
/// <param name="ImageSize">Side of the square that the network gets, in pixels.</param>
/// <param name="Run">What was timed.</param>
/// <param name="Agreement">IoU of its masks with the first model's, one per click.</param>
public sealed record ModelComparison(
    string Name, string Kind, long FileBytes, long Parameters, int ImageSize, BenchmarkRun Run, IReadOnlyList<double> Agreement)
{
    /// <summary>The mean of <see cref="Agreement"/>; NaN where no picture could be compared.</summary>
    public double MeanIou => Agreement.Count == 0 ? double.NaN : Agreement.Average();

    /// <summary>The time of a workload in seconds; null where the model has no such step.</summary>
    public double? Seconds(string workload) => Run.Measurements.FirstOrDefault(figure => figure.Name == workload)?.Seconds;
}

/// <summary>The report of <c>sam2 compare</c>: a table for people, and the same as JSON.</summary>
/// <param name="Pictures">The folder of pictures.</param>
/// <param name="PictureCount">How many were compared.</param>
/// <param name="Timed">The picture that was timed, and its size.</param>
/// <param name="Clicks">Clicks on each picture.</param>
/// <param name="Device">Where it ran.</param>
/// <param name="Precision">In which precision.</param>
/// <param name="Threads">On how many threads.</param>
/// <param name="Repeat">Repetitions, of which the best counts.</param>
/// <param name="Models">The models, in the order in which they were named.</param>
public sealed record ComparisonReport(
    string Pictures, int PictureCount, string Timed, int Clicks, string Device, string Precision, int Threads, int Repeat, IReadOnlyList<ModelComparison> Models)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Heading, table and what the columns mean, in Markdown that is readable as it is.</summary>
    public string ToMarkdown()
    {
        var table = new ReportTable(
            ["model", "kind", "input", "MB", "parameters, M", "encode, s", "click, s", "everything, s", "peak MB", "mean IoU"],
            [.. Models.Select(model => (IReadOnlyList<string>)
            [
                Path.GetFileName(model.Name), model.Kind, Number($"{model.ImageSize}"), Number($"{model.FileBytes / 1e6:0.0}"), Number($"{model.Parameters / 1e6:0.0}"),
                Seconds(model, "encode"), Seconds(model, "one_click"), Seconds(model, "everything"),
                Number($"{model.Run.Measurements.Max(figure => figure.PeakMemoryBytes) / 1e6:0}"), double.IsNaN(model.MeanIou) ? "–" : Number($"{model.MeanIou:0.000}"),
            ])]);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Models.Count} models on {PictureCount} pictures of {Pictures}, {Precision} on {Device}, {Threads} thread{(Threads == 1 ? "" : "s")}\n\n");
        text.Append(table.ToMarkdown());
        text.Append(CultureInfo.InvariantCulture, $"\nTimes are the best of {Repeat} after a warm-up, of everything the best of 2 at most, on {Timed}.\n");
        text.Append(CultureInfo.InvariantCulture, $"Mean IoU: masks of the same {Clicks} clicks on each picture against those of {Path.GetFileName(Models[0].Name)};\nof a model without prompts, the mask that fits best.\n");
        return text.ToString();

        static string Seconds(ModelComparison model, string workload) => model.Seconds(workload) is { } seconds ? Number($"{seconds:0.000}") : "–";
        static string Number(FormattableString number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The same as JSON, with the IoU of every click.</summary>
    public string ToJson() => new JsonObject
    {
        ["pictures"] = Pictures,
        ["picture_count"] = PictureCount,
        ["timed"] = Timed,
        ["clicks"] = Clicks,
        ["device"] = Device,
        ["precision"] = Precision,
        ["threads"] = Threads,
        ["repeat"] = Repeat,
        ["models"] = new JsonArray([.. Models.Select(model => new JsonObject
        {
            ["model"] = model.Name,
            ["kind"] = model.Kind,
            ["image_size"] = model.ImageSize,
            ["file_bytes"] = model.FileBytes,
            ["parameters"] = model.Parameters,
            ["figures"] = new JsonObject(model.Run.Measurements.Select(figure => KeyValuePair.Create<string, JsonNode?>(figure.Name, new JsonObject
            {
                ["seconds"] = Math.Round(figure.Seconds, 6),
                ["peak_memory_bytes"] = figure.PeakMemoryBytes,
            }))),
            ["mean_iou"] = double.IsNaN(model.MeanIou) ? null : Math.Round(model.MeanIou, 4),
            ["ious"] = new JsonArray([.. model.Agreement.Select(iou => (JsonNode)Math.Round(iou, 4))]),
        })]),
    }.ToJsonString(Indented);
}
