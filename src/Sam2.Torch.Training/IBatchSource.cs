namespace Sam2.Torch.Training;

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
