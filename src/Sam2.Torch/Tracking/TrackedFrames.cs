namespace Sam2.Torch.Tracking;

/// <summary>
/// Which frames an object was tracked on, and in which direction: runs of frames rather than frames, so that two hours of video take
/// no more room than a minute.
/// </summary>
internal sealed class TrackedFrames
{
    private readonly List<Run> _runs = [];

    /// <summary>Frames in a row that were tracked in one direction, ascending.</summary>
    public IReadOnlyList<Run> Runs => _runs;

    /// <summary>Whether a frame was tracked, and whether that was backwards.</summary>
    public bool TryGetDirection(int frame, out bool reverse)
    {
        foreach (var run in _runs)
        {
            if (frame < run.First || frame > run.Last) continue;
            reverse = run.Reverse;
            return true;
        }

        reverse = false;
        return false;
    }

    /// <summary>Notes a frame; the last note counts.</summary>
    public void Add(int frame, bool reverse)
    {
        if (TryGetDirection(frame, out var known) && known == reverse) return;
        Remove(frame);
        var at = _runs.FindIndex(r => r.First > frame);
        if (at < 0) at = _runs.Count;
        var run = new Run(frame, frame, reverse);
        if (at < _runs.Count && _runs[at].Reverse == reverse && _runs[at].First == frame + 1)
        {
            run = run with { Last = _runs[at].Last };
            _runs.RemoveAt(at);
        }

        if (at > 0 && _runs[at - 1].Reverse == reverse && _runs[at - 1].Last == frame - 1)
        {
            run = run with { First = _runs[at - 1].First };
            _runs.RemoveAt(--at);
        }

        _runs.Insert(at, run);
    }

    /// <summary>Takes a note back.</summary>
    public void Remove(int frame)
    {
        var at = _runs.FindIndex(r => frame >= r.First && frame <= r.Last);
        if (at < 0) return;
        var run = _runs[at];
        _runs.RemoveAt(at);
        if (frame < run.Last) _runs.Insert(at, run with { First = frame + 1 });
        if (frame > run.First) _runs.Insert(at, run with { Last = frame - 1 });
    }

    /// <summary>Takes over the runs of a saved state.</summary>
    public void Restore(IEnumerable<Run> runs)
    {
        _runs.Clear();
        _runs.AddRange(runs);
    }

    /// <summary>Frames from <paramref name="First"/> to <paramref name="Last"/>, both included.</summary>
    internal readonly record struct Run(int First, int Last, bool Reverse);
}
