using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Sam2.Torch.Media;

/// <summary>
/// Reads frames on a thread of its own, a few ahead of whoever takes them, so that decoding goes on while the model computes: the pipe from
/// a decoder alone holds less than a frame. Frames and errors come in their order; memory is bounded.
/// </summary>
internal sealed class FramesAhead : IFrameStream
{
    /// <summary>Frames that wait, in bytes, unless one alone is larger.</summary>
    private const long WaitingBytes = 32 << 20;

    private const int MostWaiting = 8;

    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenSource _stop;
    private readonly IFrameStream _frames;
    private readonly BlockingCollection<TimedImage> _waiting;
    private readonly Task _reader;
    private ExceptionDispatchInfo? _failure;
    private bool _disposed;

    /// <summary>Begins to read.</summary>
    /// <param name="open">Opens the frames. They must end soon when the token is cancelled.</param>
    /// <param name="capacity">How many frames may wait, at least 1.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    public FramesAhead(Func<CancellationToken, IFrameStream> open, int capacity, CancellationToken cancellationToken)
    {
        _cancellation = cancellationToken;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            _frames = open(_stop.Token);
        }
        catch
        {
            _stop.Dispose();
            throw;
        }

        _waiting = new BlockingCollection<TimedImage>(capacity);
        _reader = Task.Factory.StartNew(ReadAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>How many frames of a size may wait.</summary>
    public static int CapacityFor(int width, int height) => (int)Math.Clamp(WaitingBytes / (3L * width * height), 1, MostWaiting);

    /// <inheritdoc/>
    public TimedImage? Next()
    {
        _cancellation.ThrowIfCancellationRequested();
        if (_waiting.TryTake(out var frame, Timeout.Infinite)) return frame;
        _failure?.Throw();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        try
        {
            _stop.Cancel();
        }
        catch (AggregateException)
        {
            // A decoder that has ended by itself can't be asked to.
        }

        _reader.GetAwaiter().GetResult();
        _frames.Dispose();
        _waiting.Dispose();
        _stop.Dispose();
    }

    private void ReadAll()
    {
        try
        {
            while (_frames.Next() is { } frame) _waiting.Add(frame, _stop.Token);
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            _waiting.CompleteAdding();
        }
    }
}
