using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Augmentations;

/// <summary>An augmentation that changes each frame by parameters that chance draws, once for the clip or anew for every frame.</summary>
/// <typeparam name="TParameters">What is drawn.</typeparam>
internal abstract record FrameAugmentation<TParameters> : IClipAugmentation
{
    /// <summary>Whether all frames of a clip change alike; if not, each draws parameters of its own.</summary>
    public bool ConsistentTransform { get; init; } = true;

    /// <inheritdoc/>
    public virtual IReadOnlyList<ClipFrame> Apply(IReadOnlyList<ClipFrame> clip, TrainingRandom random) => Change(clip, DrawAll(clip, random));

    /// <inheritdoc/>
    public abstract void Check();

    /// <summary>Draws parameters for a frame.</summary>
    protected abstract TParameters Draw(ClipFrame frame, TrainingRandom random);

    /// <summary>Changes a frame. Called in a dispose scope of its own.</summary>
    protected abstract ClipFrame Change(ClipFrame frame, TParameters parameters);

    /// <summary>The parameters of every frame.</summary>
    protected IReadOnlyList<TParameters> DrawAll(IReadOnlyList<ClipFrame> clip, TrainingRandom random)
    {
        if (!ConsistentTransform)
            return [.. clip.Select(frame => Draw(frame, random))];
        var parameters = Draw(clip[0], random);
        return [.. clip.Select(_ => parameters)];
    }

    /// <summary>Changes all frames.</summary>
    protected IReadOnlyList<ClipFrame> Change(IReadOnlyList<ClipFrame> clip, IReadOnlyList<TParameters> parameters) => [.. clip.Zip(parameters, (frame, drawn) =>
    {
        using var scope = NewDisposeScope();
        var changed = Change(frame, drawn);
        return ReferenceEquals(changed, frame) ? frame : changed.MoveToOuterDisposeScope();
    })];

    /// <summary>Refuses a setting out of range.</summary>
    protected static void RequireRange(string name, double value, double low, double high)
    {
        if (!(value >= low && value <= high))
            throw new ArgumentOutOfRangeException(name, value, $"{Spelling.InFiles(name)} is {value}, but must be from {low} to {high}.");
    }
}
