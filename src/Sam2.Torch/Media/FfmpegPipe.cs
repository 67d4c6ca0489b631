using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Sam2.Torch.Media;

/// <summary>
/// One run of ffmpeg with one raw stream, its standard output or input: what it decodes, or what it is to encode. A watchdog ends an
/// ffmpeg that hangs. FFMpegCore makes the arguments, but doesn't run it: it can only ask a program to end, which one that hangs doesn't
/// hear, and then waits for it without end.
/// </summary>
internal sealed class FfmpegPipe : IDisposable
{
    private const int KeptMessages = 1 << 14;
    private const int LongestLine = 1 << 12;

    /// <summary>How long messages are waited for after the end; a program that ffmpeg has started may keep their stream open.</summary>
    private static readonly TimeSpan MessagesDelay = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly bool _writes;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _cancelled;
    private readonly Timer _watchdog;
    private readonly StringBuilder _messages = new();
    private readonly Process _process;
    private readonly Task _reading;
    private readonly FrameTimes? _times;
    private volatile bool _timedOut;
    private bool _closed;
    private bool _disposed;

    /// <summary>Starts a run.</summary>
    /// <param name="path">The file concerned, for messages.</param>
    /// <param name="writes">True to encode, false to decode.</param>
    /// <param name="program">The full path of ffmpeg.</param>
    /// <param name="arguments">Its arguments, as one text.</param>
    /// <param name="timeout">How long it may stay silent while it is watched.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="times">Gets the times of frames, if they are among the messages.</param>
    /// <exception cref="MediaException">It can't be started.</exception>
    public FfmpegPipe(
        string path, bool writes, string program, string arguments, TimeSpan timeout, CancellationToken cancellationToken, FrameTimes? times = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        (_path, _writes, _timeout, _cancellation, _times) = (path, writes, timeout, cancellationToken, times);
        _process = Start(path, program, arguments);
        _reading = Task.Run(ReadMessages, CancellationToken.None);
        if (writes)
        {
            Stream = _process.StandardInput.BaseStream;
        }
        else
        {
            // It must not read what is typed into a terminal.
            _process.StandardInput.Close();
            Stream = _process.StandardOutput.BaseStream;
        }

        _watchdog = new Timer(_ => OnTimeout(), null, timeout, System.Threading.Timeout.InfiniteTimeSpan);
        _cancelled = cancellationToken.Register(StopProgram);
    }

    /// <summary>The raw bytes: to be read from a decoder, to be written to an encoder.</summary>
    public Stream Stream { get; }

    /// <summary>Whether ffmpeg has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Starts the watchdog, or tells it that bytes flow. Called before and while waiting for ffmpeg.</summary>
    /// <exception cref="IOException">The encoder has ended early.</exception>
    public void Watch()
    {
        // What is written last would lie in the pipe unnoticed.
        if (_writes && !_closed && _process.HasExited)
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
            CloseInput();
        }

        Watch();
        WaitForEnd();
        _cancellation.ThrowIfCancellationRequested();
        if (_timedOut)
        {
            throw new MediaException(_path, $"kept ffmpeg silent for {_timeout.TotalSeconds:0} s, so it was stopped", "The file may be damaged");
        }

        _reading.Wait(MessagesDelay, CancellationToken.None);
        lock (_messages)
        {
            return (_process.ExitCode, _messages.ToString());
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

        // Its callback may be running, and must not find the process disposed.
        using (var idle = new ManualResetEvent(false))
        {
            if (_watchdog.Dispose(idle))
            {
                idle.WaitOne();
            }
        }

        _cancelled.Dispose();
        StopProgram();
        WaitForEnd();
        if (_writes)
        {
            CloseInput();
        }

        _process.Dispose();
    }

    private static Process Start(string path, string program, string arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardErrorEncoding = Encoding.UTF8,
            })!;
        }
        catch (Win32Exception e)
        {
            throw NotStarted(path, program, e);
        }
    }

    /// <summary>Says that a program of ffmpeg's doesn't start.</summary>
    public static MediaException NotStarted(string path, string program, Win32Exception e) => new(
        path, $"needs {program}, which can't be started ({e.NativeErrorCode}: {new Win32Exception(e.NativeErrorCode).Message.TrimEnd('.')})", "Check the installation of ffmpeg", e);

    private async Task ReadMessages()
    {
        try
        {
            var (buffer, line) = (new char[1024], new StringBuilder());
            int got;
            while ((got = await _process.StandardError.ReadAsync(buffer).ConfigureAwait(false)) > 0)
            {
                foreach (char c in buffer.AsSpan(0, got))
                {
                    if (c != '\n')
                    {
                        // ffmpeg also tells what is written in a file, which may be of any length.
                        _ = line.Length < LongestLine ? line.Append(c) : line;
                        continue;
                    }

                    Take(line);
                }
            }

            Take(line);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Nobody listens any more.
        }
        finally
        {
            _times?.Complete();
        }
    }

    /// <summary>Waits for the process alone: others may have inherited its streams. The watchdog limits how long that takes.</summary>
    private void WaitForEnd() => _process.WaitForExit(System.Threading.Timeout.InfiniteTimeSpan);

    private void CloseInput()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended; its exit code says more.
        }
    }

    private void OnTimeout()
    {
        _timedOut = true;
        StopProgram();
    }

    /// <summary>Ends the program and what it has started, which would keep its streams open.</summary>
    private void StopProgram()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or NotSupportedException or AggregateException)
        {
            // It has ended by itself, which was the aim. The error must reach neither a timer's thread nor whoever cancels.
        }
    }

    private void Take(StringBuilder read)
    {
        string line = read.ToString().TrimEnd('\r');
        read.Clear();
        if (line.Length == 0 || (_times is null ? line : _times.Take(line)) is not { } message)
        {
            return;
        }

        lock (_messages)
        {
            _messages.Append(message).Append('\n');
            if (_messages.Length > KeptMessages)
            {
                _messages.Remove(0, _messages.Length - KeptMessages);
            }
        }
    }
}
