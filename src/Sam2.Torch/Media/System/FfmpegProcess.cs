using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Sam2.Torch.Media;

/// <summary>
/// One run of ffmpeg or ffprobe: arguments as an array, raw bytes over its standard streams, messages drained in the
/// background. A watchdog ends it when it makes no progress, cancellation ends it at once, and disposing never leaves it behind.
/// </summary>
internal sealed class FfmpegProcess : IMediaPipe
{
    private const int KeptMessages = 1 << 14;

    private readonly string _path;
    private readonly Process _process;
    private readonly bool _writes;
    private readonly StringBuilder _messages = new();
    private readonly Task _drain;
    private readonly TimeSpan _timeout;
    private readonly Timer _watchdog;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _registration;
    private volatile bool _timedOut;
    private bool _disposed;

    private FfmpegProcess(string path, Process process, bool writes, TimeSpan timeout, CancellationToken cancellation)
    {
        _path = path;
        _process = process;
        _writes = writes;
        _timeout = timeout;
        _cancellation = cancellation;
        _drain = Task.Run(DrainMessages);
        _watchdog = new Timer(_ => OnTimeout(), null, timeout, System.Threading.Timeout.InfiniteTimeSpan);
        _registration = cancellation.Register(Kill);
    }

    /// <summary>What the process writes.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>What the process reads.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <inheritdoc/>
    public Stream Stream => _writes ? Input : Output;

    /// <summary>The last kilobytes of its messages.</summary>
    public string Messages
    {
        get
        {
            lock (_messages)
            {
                return _messages.ToString();
            }
        }
    }

    /// <summary>Starts a tool.</summary>
    /// <param name="tool"><c>ffmpeg</c> or <c>ffprobe</c>.</param>
    /// <param name="path">The file concerned, for messages.</param>
    /// <param name="arguments">The arguments, one element each.</param>
    /// <param name="timeout">How long it may go without <see cref="Watch"/>.</param>
    /// <param name="writes">True to feed its standard input.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="MediaException">The tool is missing or cannot be started.</exception>
    public static FfmpegProcess Start(
        string tool, string path, IEnumerable<string> arguments, TimeSpan timeout, bool writes, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var start = new ProcessStartInfo(Ffmpeg.Locate(tool, path))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            var process = Process.Start(start)!;
            if (!writes)
            {
                process.StandardInput.Close();
            }

            return new FfmpegProcess(path, process, writes, timeout, cancellation);
        }
        catch (Win32Exception e)
        {
            throw new MediaException(path, $"needs {tool}, which cannot be started ({e.Message})", "Check its installation", e);
        }
    }

    /// <inheritdoc/>
    public void Watch() => _watchdog.Change(_timeout, System.Threading.Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public void Unwatch() => _watchdog.Change(System.Threading.Timeout.InfiniteTimeSpan, System.Threading.Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public (int ExitCode, string Messages) Finish()
    {
        if (_writes)
        {
            CloseInput();
        }

        Watch();
        _process.WaitForExit();
        _drain.Wait();
        _cancellation.ThrowIfCancellationRequested();
        if (_timedOut)
        {
            throw new MediaException(_path, $"kept ffmpeg silent for {_timeout.TotalSeconds:0} s, so it was stopped", "The file may be damaged");
        }

        return (_process.ExitCode, Messages);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _registration.Dispose();
        _watchdog.Dispose();
        Kill();
        _process.WaitForExit();
        _drain.Wait();
        _process.Dispose();
    }

    private void OnTimeout()
    {
        _timedOut = true;
        Kill();
    }

    private void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or NotSupportedException)
        {
            // It has ended already.
        }
    }

    private void CloseInput()
    {
        try
        {
            Input.Close();
        }
        catch (IOException)
        {
            // It has ended already; its exit code tells why.
        }
    }

    private void DrainMessages()
    {
        var buffer = new char[1024];
        int got;
        while ((got = _process.StandardError.Read(buffer, 0, buffer.Length)) > 0)
        {
            lock (_messages)
            {
                _messages.Append(buffer, 0, got);
                if (_messages.Length > KeptMessages)
                {
                    _messages.Remove(0, _messages.Length - KeptMessages);
                }
            }
        }
    }
}
