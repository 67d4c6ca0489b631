using Sam2.Torch.Training.Augmentations;

namespace Sam2.Torch.Training.Batches;

/// <summary>How clips are taken out of videos.</summary>
/// <param name="Clips">Clips per batch.</param>
/// <param name="Frames">Frames per clip; 1 for images.</param>
/// <param name="MaxObjects">Most objects per clip.</param>
/// <param name="FlipProbability">How often a clip is mirrored, in [0, 1].</param>
/// <param name="ReverseProbability">How often a clip runs backwards in time, in [0, 1].</param>
/// <param name="Stride">Every how manieth annotated frame a clip takes.</param>
internal sealed record ClipSampling(
    int Clips, int Frames, int MaxObjects, double FlipProbability, double ReverseProbability, int Stride = 1)
{
    /// <summary>Annotated frames from a clip's first to its last.</summary>
    public int Span => checked(((Frames - 1) * Stride) + 1);

    /// <summary>Random changes of clips, in their order.</summary>
    public IReadOnlyList<IClipAugmentation> Augmentations { get; init; } = [];
}
