namespace Sam2.Cli;

/// <summary>One line on the terminal that is overwritten as work proceeds, and gone when it is disposed. Silent where there is no terminal.</summary>
internal sealed class ProgressLine : IDisposable
{
    private const string EraseLine = "\r\u001b[2K";

    private readonly CommandContext _context;
    private long _lastShown;
    private bool _dirty;

    public ProgressLine(CommandContext context) => _context = context;

    /// <summary>Shows a step that has begun.</summary>
    public void Step(string text)
    {
        if (!_context.ErrorIsTerminal)
        {
            return;
        }

        _context.Error.Write(EraseLine + text);
        _context.Error.Flush();
        _dirty = true;
    }

    /// <summary>Shows a state that changes fast, no more often than <see cref="CommandContext.ProgressInterval"/> allows.</summary>
    public void Update(Func<string> text)
    {
        var now = Environment.TickCount64;
        if (!_context.ErrorIsTerminal || now - _lastShown < _context.ProgressInterval.TotalMilliseconds)
        {
            return;
        }

        _lastShown = now;
        Step(text());
    }

    public void Dispose()
    {
        if (_dirty)
        {
            _context.Error.Write(EraseLine);
            _context.Error.Flush();
            _dirty = false;
        }
    }
}
