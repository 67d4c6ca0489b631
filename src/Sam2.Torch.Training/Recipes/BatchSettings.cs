using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Optimization;

namespace Sam2.Torch.Training.Recipes;

/// <summary>A source of training batches.</summary>
public sealed record BatchSettings
{
    /// <summary>The videos or images.</summary>
    public DatasetSettings Dataset { get; init; } = new();

    /// <summary>Several data sets instead of one: their videos are shuffled together, each set repeated by its own factor.</summary>
    public IReadOnlyList<DatasetSettings> Datasets { get; init; } = [];

    /// <summary>How often it is used, relative to the other sources: a number, or a schedule that changes over the run. Null: 1.</summary>
    public ScheduleSettings? Weight { get; init; }

    /// <summary>Clips per batch.</summary>
    public int Clips { get; init; } = 1;

    /// <summary>Frames per clip; 1 for images.</summary>
    public int Frames { get; init; } = 8;

    /// <summary>Every how manieth annotated frame a clip takes.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>Most objects per clip.</summary>
    public int MaxObjects { get; init; } = 3;

    /// <summary>How often a clip is mirrored, in [0, 1].</summary>
    public double FlipProbability { get; init; } = 0.5;

    /// <summary>
    /// How often a clip runs backwards in time, in [0, 1]: half of them in the paper (appendix D.2.2), none in the original's recipe for
    /// fine-tuning (<c>reverse_time_prob</c>).
    /// </summary>
    public double ReverseProbability { get; init; } = 0.5;

    /// <summary>
    /// Random changes of clips, in their order: a <c>kind</c> (horizontal_flip, affine, resize, color_jitter, grayscale, mosaic) and its
    /// settings, the original's (training/dataset/transforms.py), such as <c>{kind: affine, degrees: 25, shear: 20}</c>. With
    /// <c>consistent_transform: false</c> every frame changes by itself. Afterwards frames are resized to the model's square.
    /// </summary>
    public IReadOnlyList<PlainDictionary> Augmentations { get; init; } = [];
}
