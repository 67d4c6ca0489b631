using System.IO.Pipelines;
using System.Text;
using FFMpegCore;

namespace Sam2.Torch.Media;

/// <summary>
/// One run of ffmpeg with one raw stream: what it decodes, or what it is to encode. FFMpegCore pushes bytes until ffmpeg ends; this
/// turns it into a stream that is pulled a frame at a time (or the other way round), with a watchdog for an ffmpeg that hangs.
/// </summary>
internal sealed class FfmpegPipe : IDisposable
{
    private const int KeptMessages = 1 << 14;

    /// <summary>Size of the buffer between ffmpeg and this process: enough to keep both busy, small beside a frame.</summary>
    private const int Buffered = 1 << 20;

    private readonly string _path;
    private readonly bool _writes;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenRegistration _cancelled;
    private readonly Timer _watchdog;
    private readonly Stream _inner;
    private readonly StringBuilder _messages = new();
    private readonly Task<FFMpegResult> _run;
    private volatile bool _timedOut;
    private bool _closed;
    private bool _disposed;

    /// <summary>Starts a run.</summary>
    /// <param name="path">The file concerned, for messages.</param>
    /// <param name="writes">True to encode, false to decode.</param>
    /// <param name="timeout">How long it may stay silent while it is watched.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="start">Starts FFMpegCore with the other end of the stream, a token that stops it and a sink for messages.</param>
    public FfmpegPipe(
        string path, bool writes, TimeSpan timeout, CancellationToken cancellationToken,
        Func<Stream, CancellationToken, Action<string>, Task<FFMpegResult>> start)
    {
        cancellationToken.ThrowIfCancellationRequested();
        (_path, _writes, _timeout, _cancellation) = (path, writes, timeout, cancellationToken);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: Buffered, resumeWriterThreshold: Buffered / 2, useSynchronizationContext: false));
        (Stream, _inner) = writes
            ? (pipe.Writer.AsStream(), pipe.Reader.AsStream())
            : (pipe.Reader.AsStream(), pipe.Writer.AsStream());
        _watchdog = new Timer(_ => OnTimeout(), null, timeout, System.Threading.Timeout.InfiniteTimeSpan);
        _cancelled = cancellationToken.Register(StopProgram);
        _run = Task.Run(async () =>
        {
            try
            {
                return await start(_inner, _stop.Token, Note).ConfigureAwait(false);
            }
            finally
            {
                // The other end must see that the stream has ended, or that nothing reads it any more.
                await _inner.DisposeAsync().ConfigureAwait(false);
            }
        });
    }

    /// <summary>The raw bytes: to be read from a decoder, to be written to an encoder.</summary>
    public Stream Stream { get; }

    /// <summary>Starts the watchdog, or tells it that bytes flow. Called before and while waiting for ffmpeg.</summary>
    /// <exception cref="IOException">The encoder has ended early.</exception>
    public void Watch()
    {
        // Without this check, writing into a pipe that nothing reads any more would go unnoticed.
        if (_writes && _run.IsCompleted && !_closed)
        {
            throw new IOException("ffmpeg has ended early.");
        }

        _watchdog.Change(_timeout, System.Threading.Timeout.InfiniteTimeSpan);
    }

    /// <summary>Pauses the watchdog while the caller is busy.</summary>
    public void Unwatch() => _watchdog.Change(System.Threading.Timeout.InfiniteTimeSpan, System.Threading.Timeout.InfiniteTimeSpan);

    /// <summary>Closes the stream, waits for the end and returns the exit code and what ffmpeg said.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="MediaException">It made no progress for too long.</exception>
    public (int ExitCode, string Messages) Finish()
    {
        _closed = true;
        if (_writes)
        {
            Stream.Dispose();
        }

        Watch();
        int exitCode = -1;
        try
        {
            exitCode = _run.GetAwaiter().GetResult().ExitCode;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or FFMpegCore.Exceptions.FFMpegException)
        {
            Note(e.Message);
        }

        _cancellation.ThrowIfCancellationRequested();
        if (_timedOut)
        {
            throw new MediaException(_path, $"kept ffmpeg silent for {_timeout.TotalSeconds:0} s, so it was stopped", "The file may be damaged");
        }

        lock (_messages)
        {
            return (exitCode, _messages.ToString());
        }
    }

    /// <summary>Ends ffmpeg if it still runs, and waits until it has exited.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;

        // Its callback may be running, and must not find the source disposed.
        using (var idle = new ManualResetEvent(false))
        {
            if (_watchdog.Dispose(idle))
            {
                idle.WaitOne();
            }
        }

        _cancelled.Dispose();
        StopProgram();
        Stream.Dispose();
        _run.ContinueWith(t => t.Exception, TaskScheduler.Default).GetAwaiter().GetResult();
        _stop.Dispose();
    }

    private void OnTimeout()
    {
        _timedOut = true;
        StopProgram();
    }

    /// <summary>
    /// Asks the program to end. FFMpegCore writes to it for that, which fails where it has ended by itself; the error must
    /// reach neither a timer's thread, where it would end the process, nor whoever cancels.
    /// </summary>
    private void StopProgram()
    {
        try
        {
            _stop.Cancel();
        }
        catch (AggregateException)
        {
            // It has ended, which was the aim.
        }
    }

    private void Note(string line)
    {
        lock (_messages)
        {
            _messages.Append(line).Append('\n');
            if (_messages.Length > KeptMessages)
            {
                _messages.Remove(0, _messages.Length - KeptMessages);
            }
        }
    }
}
