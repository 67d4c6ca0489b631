using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Evaluation.Runs;
using Sam2.Torch.Training.Logging;

namespace Sam2.Fuzz.Targets;

/// <summary>What an interrupted run left behind and a later one reads, and checkpoints.</summary>
internal static class RunTargets
{
    private static readonly Dictionary<string, string> Settings = new() { ["model"] = "tiny", ["protocol"] = "mask" };

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("run-settings", "run.json", (path, _) => RunFolder.Open(Path.GetDirectoryName(path)!, Settings), typeof(DatasetException))
        {
            What = "settings in the folder of an evaluation",
            Makers = FuzzTargets.Json,
            Tokens = FuzzTargets.JsonWords,
        },
        new("run-result", "clip.json", (path, _) => ReadResults(path), typeof(DatasetException))
        {
            What = "results of a video in the folder of an evaluation, and reports that are compared",
            Makers = FuzzTargets.Json,
            Tokens = FuzzTargets.JsonWords,
        },
        new("run-journal", "annotations.json.journal", (path, _) => ContinueAnnotations(path), typeof(AnnotationException))
        {
            What = "the journal of annotations that are being written",
            Makers = FuzzTargets.Json,
            Tokens = [.. FuzzTargets.JsonWords, .. FuzzTargets.Words("\n", "}\n{", "{\"file_name\":\"a.jpg\",\"width\":4,\"height\":3,\"objects\":[]}\n")],
        },
        new("run-log", "log.jsonl", (path, _) => ContinueLog(path), typeof(Torch.Training.TrainingException))
        {
            What = "the log of a training run that is resumed",
            Makers = FuzzTargets.Json,
            Tokens = [.. FuzzTargets.JsonWords, .. FuzzTargets.Words("\n", "}\n{", "{\"kind\":\"step\",\"step\":3}\n")],
        },
        new("safetensors", "model.safetensors", (path, _) => ReadCheckpoint(path), typeof(CheckpointException))
        {
            What = "checkpoints as safetensors",
            Makers = [new ByteMutator(), new SafetensorsMaker(), new SafetensorsMaker()],
            Tokens = [.. FuzzTargets.JsonWords, .. FuzzTargets.Words("\"dtype\":\"F32\"", "\"shape\":[", "\"data_offsets\":[", "__metadata__", "BF16", "I64")],
            Wanted = 100_000,
        },
        new("checkpoint", "model.pt", (path, _) => ReadCheckpoint(path), typeof(CheckpointException))
        {
            What = "checkpoints of PyTorch",
            Makers = [new ByteMutator(Checksums.RepairZip)],
            Wanted = 100_000,
        },
    ];

    private static void ReadResults(string path)
    {
        foreach (var read in new Action[] { () => ReportJson.Read<VideoResult>(path), () => ReportJson.Read<ImageResult>(path), () => ReportJson.Read<Report>(path) })
        {
            try
            {
                read();
            }
            catch (DatasetException e) when (!e.Message.Contains("System.", StringComparison.Ordinal))
            {
                // Whichever of the three it is, the other two refuse it.
            }
        }
    }

    private static void ContinueAnnotations(string path)
    {
        string file = Path.ChangeExtension(path, null);
        File.Delete(file);
        using var writer = new CocoWriter(file, [new AnnotationCategory(1, "thing")]);
        writer.Complete();
        CocoReader.Read(file);
    }

    private static void ContinueLog(string path)
    {
        using var log = new JsonLinesLog(path);
        log.OnStart(step: 3);
    }

    private static void ReadCheckpoint(string path)
    {
        using var checkpoint = Checkpoint.Open(path);
        checkpoint.Verify();
    }
}
