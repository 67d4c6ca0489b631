using Sam2.Torch.Checkpoints;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

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
