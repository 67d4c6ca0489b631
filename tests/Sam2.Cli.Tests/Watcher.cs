namespace Sam2.Cli.Tests;

/// <summary>
/// Cancels as soon as something is the case, which it looks at again and again on a thread of its own. Disposing waits for that thread:
/// a timer's callback can still be under way when timer and source are gone, and what it throws then ends the whole test run.
/// </summary>
internal sealed class Watcher : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly Func<bool> _isCase;
    private readonly Thread _thread;
    private volatile bool _ended;

    /// <param name="isCase">Looks, mostly into a folder in which somebody else works: an <see cref="IOException"/> means not yet.</param>
    public Watcher(Func<bool> isCase)
    {
        _isCase = isCase;
        _thread = new Thread(Watch) { IsBackground = true };
        _thread.Start();
    }

    public CancellationToken Token => _cancel.Token;

    public void Dispose()
    {
        _ended = true;
        _thread.Join();
        _cancel.Dispose();
    }

    private void Watch()
    {
        for (; !_ended; Thread.Sleep(1))
        {
            if (!IsCase()) continue;
            _cancel.Cancel();
            return;
        }
    }

    private bool IsCase()
    {
        try
        {
            return _isCase();
        }
        catch (IOException)
        {
            return false;
        }
    }
}
