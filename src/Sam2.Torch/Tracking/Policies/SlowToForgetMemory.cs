using System.Text.Json;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Tracking.Policies;

/// <summary>The constants of <see cref="SlowToForgetMemory"/>.</summary>
public sealed record SlowToForgetOptions
{
    /// <summary>Frames that are attended to because they are the last ones on which the object was surely seen.</summary>
    public int Recent { get; init; } = 3;

    /// <summary>Frames that are attended to because they are spread over all the time for which the object was seen.</summary>
    public int Spread { get; init; } = 3;

    /// <summary>Frames on which the object is seen from one candidate for the spread ones to the next.</summary>
    public int Interval { get; init; } = 4;

    /// <summary>Predicted IoU above which the object is surely seen.</summary>
    public double MinIou { get; init; } = 0.5;

    /// <summary>Logit of the object being visible above which it is surely seen.</summary>
    public double MinObjectScore { get; init; }

    /// <summary>An object that was hidden for as many frames …</summary>
    public int Hidden { get; init; } = 5;

    /// <summary>… has to be seen on as many in a row before what is seen is remembered: it may be something else.</summary>
    public int Confirm { get; init; } = 3;
}

/// <summary>
/// This project's own memory for objects that hide for long: time passes only while the object is seen. Hidden frames leave nothing behind, neither
/// memories nor object pointers, so after a thousand of them a frame attends to what the one after the object's disappearance attended to. Half of the
/// memories are the last frames on which the object was surely seen, the others are spread over all of its visible time.
/// </summary>
/// <remarks>
/// The spread frames thin out with their age: when there is one too many, that one goes whose neighbours are closest to one another, measured by its age,
/// so that ages grow geometrically; the first and the last stay. Object pointers count frames on which the object was seen as their
/// distance. How well it does is in docs/memory.md.
/// </remarks>
public sealed class SlowToForgetMemory : ScoredMemoryBank
{
    private readonly SlowToForgetOptions _options;

    // Frames on which the object was surely seen, and how many such frames there were before.
    private readonly SortedDictionary<int, long> _seen = [];
    private readonly List<int> _spread = [];
    private long _clock;
    private int _hiddenFor;
    private int _confirmed;

    /// <summary>Creates an empty memory.</summary>
    /// <param name="config">The model's architecture.</param>
    /// <param name="options">The constants; the defaults when null.</param>
    /// <exception cref="ArgumentException">A constant is out of range; the message names it.</exception>
    public SlowToForgetMemory(Sam2Config config, SlowToForgetOptions? options = null)
        : base(config)
    {
        _options = options ?? new();
        PolicyRange.Require(nameof(SlowToForgetOptions.Recent), _options.Recent, 1, 64);
        PolicyRange.Require(nameof(SlowToForgetOptions.Spread), _options.Spread, 0, 64);
        PolicyRange.Require(nameof(SlowToForgetOptions.Interval), _options.Interval, 1, 100_000);
        PolicyRange.Require(nameof(SlowToForgetOptions.MinIou), _options.MinIou, 0, 1);
        PolicyRange.Require(nameof(SlowToForgetOptions.MinObjectScore), _options.MinObjectScore, -1000, 1000);
        PolicyRange.Require(nameof(SlowToForgetOptions.Hidden), _options.Hidden, 1, 100_000);
        PolicyRange.Require(nameof(SlowToForgetOptions.Confirm), _options.Confirm, 1, 100_000);
    }

    /// <summary>The frames that are spread over the object's visible time, in the order in which they were seen.</summary>
    public IReadOnlyList<int> SpreadFrames => _spread;

    /// <inheritdoc/>
    public override void OnPrompted(int frame)
    {
        base.OnPrompted(frame);
        // The user has seen the object.
        (_hiddenFor, _confirmed) = (0, 0);
    }

    /// <inheritdoc/>
    public override MemorySelection Select(Sam2Config config, FramePosition at, bool training)
    {
        var seen = Behind(at).Where(_seen.ContainsKey).ToList();
        var recent = seen.Take(Math.Min(_options.Recent, MemorySlots)).ToList();
        var old = seen.Where(frame => _spread.Contains(frame) && !recent.Contains(frame)).Take(MemorySlots - recent.Count).ToList();
        var selection = Selection(at, [], [.. recent, .. old]);
        if (!Config.UseObjPtrsInEncoder) return selection;
        return selection with
        {
            Pointers =
            [
                .. selection.Pointers.Where(p => p.Conditioning),
                .. seen.Take(selection.MaxPointers - 1).Select((frame, i) => new MemoryReference(frame, Conditioning: false, i + 1)),
            ],
        };
    }

    /// <inheritdoc/>
    protected override void OnAdded(int frame, FrameScores scores)
    {
        _seen.Remove(frame);
        _spread.Remove(frame);
        if (scores.ObjectScore <= _options.MinObjectScore || scores.Iou <= _options.MinIou)
        {
            // A frame on which it isn't surely seen, once in a while, doesn't hide it.
            _hiddenFor++;
            _confirmed = 0;
            return;
        }

        if (_hiddenFor >= _options.Hidden && ++_confirmed < _options.Confirm) return;
        (_hiddenFor, _confirmed) = (0, 0);
        _seen[frame] = _clock++;
        if (_options.Spread == 0 || (_clock - 1) % _options.Interval != 0) return;
        _spread.Add(frame);
        if (_spread.Count > _options.Spread) _spread.RemoveAt(Crowded([.. _spread.Select(other => _seen[other])], _clock));
    }

    /// <inheritdoc/>
    protected override IEnumerable<int> KeptFrames(int newest)
    {
        foreach (var gone in _seen.Keys.Where(frame => !HasOther(frame)).ToList()) _seen.Remove(gone);
        _spread.RemoveAll(frame => !_seen.ContainsKey(frame));
        // Pointers of as many frames are attended to, whichever way tracking goes.
        var kept = Math.Max(Config.MaxObjPtrsInEncoder - 1, _options.Recent);
        return [.. _spread, .. _seen.Keys.Where(frame => frame <= newest).TakeLast(kept), .. _seen.Keys.Where(frame => frame > newest).Take(kept)];
    }

    /// <inheritdoc/>
    protected override string SaveOwnState() => JsonSerializer.Serialize(new SavedState(
        [.. _seen.Keys], [.. _seen.Values], [.. _spread], _clock, _hiddenFor, _confirmed));

    /// <inheritdoc/>
    protected override void RestoreOwnState(string text)
    {
        var saved = JsonSerializer.Deserialize<SavedState>(text)!;
        _seen.Clear();
        for (var i = 0; i < saved.Seen.Length; i++) _seen[saved.Seen[i]] = saved.Times[i];
        _spread.Clear();
        _spread.AddRange(saved.Spread);
        (_clock, _hiddenFor, _confirmed) = (saved.Clock, saved.HiddenFor, saved.Confirmed);
    }

    /// <summary>Which of several times, ascending, is to go: the one whose neighbours are closest to one another, measured by its age.</summary>
    internal static int Crowded(IReadOnlyList<long> times, long now) => times.Count < 3
        ? 0
        : Enumerable.Range(1, times.Count - 2).MinBy(i => (double)(times[i + 1] - times[i - 1]) / (now - times[i] + 1));

    private sealed record SavedState(int[] Seen, long[] Times, int[] Spread, long Clock, int HiddenFor, int Confirmed);
}
