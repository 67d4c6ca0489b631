using System.Globalization;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>The files of a training run.</summary>
/// <param name="path">The folder, which is created with the first file.</param>
public sealed class TrainingFolder(string path)
{
    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>The state from which the run is resumed. It can be loaded as a model too, with the weights of the last step.</summary>
    public string Checkpoint => At("checkpoint.pt");

    /// <summary>The weights with the best validation score.</summary>
    public string Best => At("best.pt");

    /// <summary>The weights at the end of the run.</summary>
    public string Model => At("model.pt");

    /// <summary>The recipe with all settings.</summary>
    public string Recipe => At("recipe.yaml");

    /// <summary>The log for programs.</summary>
    public string JsonLines => At("log.jsonl");

    /// <summary>The folder of event files for TensorBoard.</summary>
    public string TensorBoard => At("tensorboard");

    /// <summary>The folder beside a checkpoint of the run for the low-rank updates (LoRA) that are merged into it, as PEFT saves them.</summary>
    /// <param name="checkpoint">The checkpoint, such as <see cref="Best"/>.</param>
    public static string AdapterOf(string checkpoint) => TrainedWeights.AdapterOf(checkpoint);

    /// <summary>The folder of pictures' features, which is there while the run is not at its end.</summary>
    public string Features => At("features");

    /// <summary>The weights of a step that the recipe keeps.</summary>
    public string WeightsOf(long step) => At(string.Create(CultureInfo.InvariantCulture, $"step_{step}.pt"));

    /// <summary>Creates the folder if it isn't there, and removes what a process left that was killed while it wrote.</summary>
    /// <exception cref="TrainingException">The folder can't be created or written to.</exception>
    internal void Create()
    {
        try
        {
            Directory.CreateDirectory(Path);
            RemoveLeftovers();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"the folder {Path} can't be created or written to: {e.Message.TrimEnd('.')}. Choose another one.", e);
        }
    }

    /// <summary>Removes the temporary files of a process that was killed while it wrote.</summary>
    public void RemoveLeftovers()
    {
        if (!Directory.Exists(Path))
            return;
        foreach (var file in Directory.EnumerateFiles(Path, ".*.tmp.*"))
            File.Delete(file);
    }

    private string At(string name) => System.IO.Path.Combine(Path, name);
}

/// <summary>
/// The weights of a run as it leaves them for use: a whole checkpoint, and where low-rank updates were trained, these alone beside it, as PEFT
/// saves them. In the checkpoint they are parts of the weights, so it loads everywhere; bottleneck adapters, which can't be, are named in it.
/// </summary>
internal static class TrainedWeights
{
    /// <summary>The folder beside a checkpoint for the low-rank updates that are merged into it.</summary>
    public static string AdapterOf(string path) => Path.ChangeExtension(path, null) + "_adapter";

    /// <summary>Writes them.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="weights">The state dict, with all adapters' parameters.</param>
    /// <param name="model">The model that is trained.</param>
    /// <param name="start">The checkpoint that training began with; null for none.</param>
    /// <exception cref="CheckpointException">A file can't be written.</exception>
    public static void Save(string path, IReadOnlyDictionary<string, Tensor> weights, Sam2Model model, string? start)
    {
        var entries = ConfigValues.EntriesFor(model.Config);
        if (model.Parts.Adapters is not { } adapters)
        {
            CheckpointWriter.Save(path, weights, entries);
            return;
        }

        CheckpointWriter.Save(path, adapters.Merged(weights), AdapterValues.EntriesFor(adapters with { Lora = null }, entries));
        if (adapters.Lora is not { } lora)
            return;
        // What was trained beside the updates belongs to them: without it the start is another model.
        var trained = model.named_parameters().Where(p => p.parameter.requires_grad).Select(p => p.name).ToHashSet();
        LoraWriter.Save(AdapterOf(path), weights.Where(w => trained.Contains(w.Key) || IsMatrix(w.Key)).ToDictionary(w => w.Key, w => w.Value), lora, start);
    }

    private static bool IsMatrix(string name) => name.Contains(".lora_", StringComparison.Ordinal);
}
