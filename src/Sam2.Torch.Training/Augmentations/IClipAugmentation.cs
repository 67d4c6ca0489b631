using Sam2.Torch.Modeling;

namespace Sam2.Torch.Training.Augmentations;

/// <summary>A random change of a clip that leaves what its masks say true (training/dataset/transforms.py).</summary>
internal interface IClipAugmentation
{
    /// <summary>Changes a clip.</summary>
    /// <param name="clip">The frames; they stay as they are.</param>
    /// <param name="random">Decides how.</param>
    /// <returns>The new frames; those that do not change may be the old ones.</returns>
    IReadOnlyList<ClipFrame> Apply(IReadOnlyList<ClipFrame> clip, TrainingRandom random);

    /// <summary>Refuses settings that make no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range; the message names the setting.</exception>
    void Check();
}
