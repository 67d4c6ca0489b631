using static TorchSharp.torch;

namespace Sam2.Torch.Training.Batches;

/// <summary>
/// The batches of a training run, one after the other. <see cref="BatchMixture"/> takes them from <see cref="IClipSampler"/>s; a source
/// of your own goes straight into <see cref="Trainer"/>.
/// </summary>
public interface IBatchSource : IDisposable
{
    /// <summary>
    /// Batches handed out so far. The batch at a position must depend on nothing but the source's settings, so that a resumed run
    /// sees what an uninterrupted one would have seen.
    /// </summary>
    long Position { get; }

    /// <summary>Goes to a position.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such position.</exception>
    void Seek(long position);

    /// <summary>The next batch, which the caller disposes.</summary>
    /// <param name="cancellationToken">Stops waiting for it.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled; the position stays as it was.</exception>
    ClipBatch Next(CancellationToken cancellationToken = default);
}

/// <summary>
/// Makes the batches of a <see cref="BatchMixture"/>, which asks for them ahead of time on several threads.
/// <see cref="ClipSampler"/> takes them out of annotated videos.
/// </summary>
public interface IClipSampler
{
    /// <summary>Makes a batch.</summary>
    /// <param name="number">Which one, from 0. The batch must depend on nothing else, so that a resumed run sees the same.</param>
    /// <param name="progress">Told, on this thread, of samples that were skipped; null if nobody listens.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>A batch outside of any dispose scope (<c>DetachFromDisposeScope</c>), on the CPU; the caller disposes it.</returns>
    ClipBatch Draw(long number, IProgress<string>? progress = null, CancellationToken cancellationToken = default);
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
    public int FrameCount => checked((int)Images.size(0));

    /// <summary>B, the number of clips.</summary>
    public int ClipCount => checked((int)Images.size(1));

    /// <summary>O, the number of objects in all clips.</summary>
    public int ObjectCount => checked((int)Masks.size(1));

    /// <inheritdoc/>
    public void Dispose()
    {
        Images.Dispose();
        Masks.Dispose();
    }
}
