using System.Text;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Data;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Evaluation.Runs;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using Sam2.Torch.Training.Logging;
using TorchSharp;

namespace Sam2.Fuzz.Targets;

/// <summary>What an interrupted run left behind and a later one reads, and checkpoints.</summary>
internal static class RunTargets
{
    private static readonly Dictionary<string, string> Settings = new() { ["model"] = "tiny", ["protocol"] = "mask" };

    private static readonly Lazy<Sam2Model> Model = new(() =>
    {
        var model = new Sam2Model(Sam2Presets.Nano);
        model.eval();
        return model;
    });

    private static readonly FrameList Frames = new([new RgbImage(32, 24), new RgbImage(32, 24)]);

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
            Makers = FuzzTargets.JsonLines,
            Tokens = [.. FuzzTargets.JsonWords, .. FuzzTargets.Words("\n", "}\n{", "{\"file_name\":\"a.jpg\",\"width\":4,\"height\":3,\"objects\":[]}\n")],
        },
        new("run-log", "log.jsonl", (path, _) => ContinueLog(path), typeof(Torch.Training.TrainingException))
        {
            What = "the log of a training run that is resumed",
            Makers = FuzzTargets.JsonLines,
            Tokens = [.. FuzzTargets.JsonWords, .. FuzzTargets.Words("\n", "}\n{", "{\"kind\":\"step\",\"step\":3}\n")],
        },
        new("run-video", "state.json", ResumeVideo, typeof(CheckpointException))
        {
            What = "the state of segmenting everything in a video",
            Makers = FuzzTargets.Json,
            Tokens = FuzzTargets.JsonWords,
            Wanted = 100_000,
        },
        new("safetensors", "model.safetensors", (path, _) => ReadCheckpoint(path), typeof(CheckpointException))
        {
            What = "checkpoints as safetensors",
            Makers = [new ByteMutator(), new SafetensorsMaker(), new SafetensorsMaker()],
            Tokens = [.. FuzzTargets.JsonWords, .. FuzzTargets.Words("\"dtype\":\"F32\"", "\"shape\":[", "\"data_offsets\":[", "__metadata__", "BF16", "I64")],
            Wanted = 100_000,
        },
        new("index", "model.safetensors.index.json", ReadIndex, typeof(CheckpointException))
        {
            What = "indices of checkpoints in several safetensors files",
            Makers = FuzzTargets.Json,
            Tokens = [.. FuzzTargets.JsonWords, .. FuzzTargets.Words("\"weight_map\":", "\"metadata\":", "\"a.safetensors\"", "\"../a.safetensors\"", "\"/etc/passwd\"", "\"index.json\"")],
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

    /// <summary>Puts the state into a checkpoint with the memories of an object on two frames, as a run leaves it.</summary>
    private static void ResumeVideo(string path, byte[] input)
    {
        string state = Path.ChangeExtension(path, ".pt");
        var model = Model.Value; // Made outside of the scope, which ends.
        using var scope = torch.NewDisposeScope();
        var tensors = new Dictionary<string, torch.Tensor>();
        foreach (int frame in new[] { 0, 1 })
        {
            foreach (string part in new[] { "mask_logits", "object_pointer", "object_score", "memory" })
            {
                tensors.Add($"object.1.frame.{frame}.{part}", torch.zeros(1, 1));
            }
        }

        CheckpointWriter.Save(state, tensors, new PlainDictionary([new KeyValuePair<string, object?>("video_mask_generator", Encoding.UTF8.GetString(input))]));
        try
        {
            VideoMaskGenerator.Resume(state, model, Frames).Dispose();
        }
        catch (InvalidOperationException e) when (e.Message.StartsWith("Object ", StringComparison.Ordinal))
        {
            // As documented, where the memory policy forgets frames that were saved.
        }
    }

    /// <summary>Reads an index beside the two files that its seeds name.</summary>
    private static void ReadIndex(string path, byte[] input)
    {
        foreach (string name in new[] { "a", "b" })
        {
            string shard = Path.Combine(Path.GetDirectoryName(path)!, name + ".safetensors");
            if (!File.Exists(shard))
            {
                using var scope = torch.NewDisposeScope();
                CheckpointWriter.Save(shard, new Dictionary<string, torch.Tensor> { [name + ".weight"] = torch.zeros(2, 3), [name + ".bias"] = torch.zeros(3) });
            }
        }

        ReadCheckpoint(path);
    }

    private static void ReadCheckpoint(string path)
    {
        using var checkpoint = Checkpoint.Open(path);
        checkpoint.Verify();
    }
}
