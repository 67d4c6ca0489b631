using System.Text.Json;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Cli.Tests.Faults;

/// <summary>A command that is killed again and again: its arguments, and what counts as its result.</summary>
/// <param name="Arguments">The arguments, for results below a folder.</param>
/// <param name="Begin">Prepares the folder, as an interrupted run would have left it for example.</param>
/// <param name="Environment">Variables of the process.</param>
/// <param name="Result">What has to be equal in the end, by file: as it is, or in a form without times.</param>
internal sealed record KilledCommand(
    Func<string, string[]> Arguments, Action<string> Begin, IReadOnlyDictionary<string, string> Environment, Func<string, string> Result)
{
    private const string Model = "sam2.1_hiera_micro";

    private const string Recipe = """
        seed: 5
        steps: 6
        threads: 1
        model: {architecture: sam2.1_hiera_nano, settings: {image_size: 64}}
        data:
          train: [{dataset: {kind: procedural, seed: 1}, frames: 2, clips: 1}]
          validation: {images: {seed: 3, count: 1}}
        optimizer: {lr: [{scheduler: cosine, start_value: 1e-3, end_value: 1e-4}], layer_decay: null}
        log: {every: 1}
        checkpoint: {every: 1}
        validation: {every: 3}
        """;

    private static readonly string[] EverythingSettings =
    [
        "--model", Model, "--points-per-side", "4", "--crops", "0", "--pred-iou", "0.6", "--stability", "0.6", "--track-stability", "0.6", "--interval", "3",
        "--max-objects", "4", "--min-length", "2",
    ];

    /// <summary>All that can be killed here, by name.</summary>
    public static IReadOnlyList<string> Names { get; } = ["convert", "download", "annotate coco", "annotate png", "everything", "train", "eval"];

    /// <summary>Draws what a command needs.</summary>
    public static KilledCommand Create(string name, TemporaryFolder folder, Uri server) => name switch
    {
        "convert" => new(output => ["convert", Model, Path.Combine(output, "m.safetensors")], Nothing, None, Bytes),
        "download" => new(
            output => ["download", "sam2.1_hiera_tiny", "--out", output], Nothing, new Dictionary<string, string> { [CheckpointDownload.MirrorVariable] = new Uri(server, ".").ToString() }, Bytes),
        "annotate coco" => Annotate(folder, "coco"),
        "annotate png" => Annotate(folder, "png"),
        "everything" => Everything(folder),
        "train" => Train(folder),
        _ => new(
            output => ["eval", "vos", RepositoryFiles.At("tests", "Sam2.Torch.Tests", "Golden", "evaluation"), "--model", Model, "--out", output], Nothing, None, WithoutTimes),
    };

    private static readonly Dictionary<string, string> None = [];

    private static void Nothing(string folder)
    {
    }

    private static KilledCommand Annotate(TemporaryFolder folder, string format)
    {
        var (pictures, labels) = (folder.At("pictures"), folder.At("labels"));
        Directory.CreateDirectory(labels);
        for (var i = 0; i < 8; i++)
        {
            Directory.CreateDirectory(pictures);
            ImageFile.Write(Path.Combine(pictures, $"{i}.png"), DemoScene.Create(120, 90).Render(i).Image);
            File.WriteAllText(Path.Combine(labels, $"{i}.txt"), "0 0.24 0.42 0.22 0.3\n1 0.81 0.67 0.2 0.28\n");
        }

        return new(output => ["annotate", pictures, "--model", Model, "--boxes", labels, "--format", format, "--out", output], Nothing, None, Bytes);
    }

    private static KilledCommand Everything(TemporaryFolder folder)
    {
        var video = folder.At("clip");
        DemoClip.Write(video, 120, 90, 8);
        string[] Arguments(string output) => ["everything", video, "--format", "sav", "--save", "cutout", "--out", output, .. EverythingSettings];

        // A state is saved each minute, or when a run is cancelled: this is one that goes on from a state.
        void Begin(string output) => CommandLine.RunUntil("frame 3 of 8,", Arguments(output));
        return new(Arguments, Begin, None, Bytes);
    }

    private static KilledCommand Train(TemporaryFolder folder)
    {
        File.WriteAllText(folder.At("tiny.yaml"), Recipe);
        return new(
            output => ["train", folder.At("tiny.yaml"), "--resume", "--out", output], Nothing, None,
            file => Path.GetFileName(file) switch
            {
                // The state says how long the run has taken.
                "checkpoint.pt" => Valid(file),
                "log.jsonl" => string.Join('\n', File.ReadLines(file).Select(line => JsonDocument.Parse(line).RootElement).Select(line => $"{line.GetProperty("kind")} {line.GetProperty("step")}")),
                var other => other.StartsWith("events", StringComparison.Ordinal) ? "" : Bytes(file),
            });
    }

    private static string Valid(string checkpoint)
    {
        using var open = Checkpoint.Open(checkpoint);
        open.Verify();
        return "valid";
    }

    private static string WithoutTimes(string file)
    {
        if (Path.GetExtension(file) is ".html" or ".md") return File.ReadAllText(file).Length > 100 ? "" : "empty";
        if (Path.GetExtension(file) != ".json") return Bytes(file);
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        return Path.GetFileName(file) == "report.json" ? $"{json.RootElement.GetProperty("metrics")} {json.RootElement.GetProperty("items")}" : "";
    }

    private static string Bytes(string file) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)));
}
