using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Batches;

/// <summary>Where the batches of a training run come from.</summary>
public interface IBatchSource : IDisposable
{
    /// <summary>
    /// Batches handed out so far. The batch at a position depends on nothing else but the source's settings, so that a run that
    /// is resumed sees what an uninterrupted one would have seen.
    /// </summary>
    long Position { get; }

    /// <summary>Goes to a position.</summary>
    void Seek(long position);

    /// <summary>The next batch, which the caller disposes.</summary>
    /// <param name="cancellation">Stops waiting for it.</param>
    ClipBatch Next(CancellationToken cancellation);
}

/// <summary>
/// Clips of equal length as one training step sees them: T frames of B clips at the model's resolution, with O objects
/// in all. An object keeps its position o through all frames. Owns its tensors.
/// </summary>
/// <param name="Images">[T, B, 3, S, S], normalised float32.</param>
/// <param name="Masks">[T, O, S, S], bool; all false where an object can't be seen.</param>
/// <param name="ObjectClip">For each of the O objects the clip (0 … B−1) that it is in.</param>
/// <param name="Names">For each clip where it comes from (data set, video, first frame), for messages.</param>
public sealed record ClipBatch(Tensor Images, Tensor Masks, IReadOnlyList<int> ObjectClip, IReadOnlyList<string> Names) : IDisposable
{
    /// <summary>T, the number of frames.</summary>
    public int FrameCount => checked((int)Images.shape[0]);

    /// <summary>B, the number of clips.</summary>
    public int ClipCount => checked((int)Images.shape[1]);

    /// <summary>O, the number of objects in all clips.</summary>
    public int ObjectCount => checked((int)Masks.shape[1]);

    /// <inheritdoc/>
    public void Dispose()
    {
        Images.Dispose();
        Masks.Dispose();
    }
}
