namespace Sam2.Torch.Checkpoints;

/// <summary>How a checkpoint file is laid out.</summary>
public enum CheckpointFormat
{
    /// <summary>What <c>torch.save</c> has written since PyTorch 1.6: a zip archive of a pickle and one stored entry per storage.</summary>
    TorchZip,

    /// <summary>What <c>torch.save</c> wrote before: a stream of pickles followed by the storages.</summary>
    TorchLegacy,

    /// <summary>safetensors: a JSON header followed by the tensors.</summary>
    Safetensors,
}
