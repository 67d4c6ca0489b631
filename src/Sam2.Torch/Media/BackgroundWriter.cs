using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Sam2.Torch.Media;

/// <summary>
/// Writes items on a thread of its own, one after the other in the order in which they come, while the caller computes the next ones. Few
/// items wait at a time, so memory stays bounded.
/// </summary>
/// <typeparam name="T">What is written, such as a frame and its masks. Nobody may change it afterwards.</typeparam>
/// <remarks>
/// If writing fails, the next call of <see cref="Add"/> or <see cref="Complete"/> throws what was thrown there, once, and nothing more is
/// written. To be used from one thread at a time.
/// </remarks>
public sealed class BackgroundWriter<T> : IDisposable
{
    private readonly Action<T> _write;
    private readonly BlockingCollection<T> _waiting;
    private readonly Task _worker;
    private volatile ExceptionDispatchInfo? _failure;
    private volatile bool _stopped;
    private bool _reported;

    /// <summary>Starts the thread.</summary>
    /// <param name="write">Writes one item. It is called from that thread alone.</param>
    /// <param name="capacity">How many items may wait, at least 1, beside the one that is being written.</param>
    public BackgroundWriter(Action<T> write, int capacity)
    {
        ArgumentNullException.ThrowIfNull(write);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _write = write;
        _waiting = new BlockingCollection<T>(capacity);
        _worker = Task.Factory.StartNew(WriteAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Hands an item over; waits while as many wait as may.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Complete"/> was called.</exception>
    public void Add(T item)
    {
        ThrowFailure();
        _waiting.Add(item);
    }

    /// <summary>Waits until everything is written, and ends the thread. A second call does nothing.</summary>
    public void Complete()
    {
        if (!_waiting.IsAddingCompleted) _waiting.CompleteAdding();
        _worker.GetAwaiter().GetResult();
        ThrowFailure();
    }

    /// <summary>Ends the thread. Without <see cref="Complete"/>, what still waits isn't written; the item that is being written is finished.</summary>
    public void Dispose()
    {
        if (!_waiting.IsAddingCompleted)
        {
            _stopped = true;
            _waiting.CompleteAdding();
        }

        _worker.GetAwaiter().GetResult();
        _waiting.Dispose();
    }

    private void WriteAll()
    {
        // After a failure items are taken and dropped, so that nobody waits for room.
        foreach (var item in _waiting.GetConsumingEnumerable())
        {
            if (_failure is not null || _stopped) continue;
            try
            {
                _write(item);
            }
            catch (Exception e)
            {
                _failure = ExceptionDispatchInfo.Capture(e);
            }
        }
    }

    private void ThrowFailure()
    {
        if (_failure is null || _reported) return;
        _reported = true;
        _failure.Throw();
    }
}
