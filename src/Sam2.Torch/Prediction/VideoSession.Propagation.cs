using System.Runtime.CompilerServices;
using Sam2.Torch.Media;
using Sam2.Torch.Tracking;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

public sealed partial class VideoSession
{
    /// <summary>
    /// Every so many frames the youngest garbage is collected. A frame leaves some 0.2 MB of it, and the runtime would let tens of MB
    /// gather over hundreds of frames; collecting it takes less than a millisecond.
    /// </summary>
    private const int FramesPerCollection = 32;

    private int _pushed;
    private int _steps;

    /// <summary>
    /// Tracks all objects from frame to frame. Masks come while it runs; prompts that are added meanwhile count from the next frame on.
    /// </summary>
    /// <param name="startFrame">First frame; the earliest prompted one when null.</param>
    /// <param name="maxFrames">How many frames to track beyond the first; all when null.</param>
    /// <param name="reverse">Whether to walk backwards in time. Backwards from frame 0 there is nothing to track.</param>
    /// <param name="cancellationToken">Ends tracking between two frames.</param>
    /// <returns>The masks of every frame, in tracking order.</returns>
    /// <exception cref="InvalidOperationException">The session is live, there is no object, or an object has no prompt.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame; while enumerating if the video's length isn't known before.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled. The session remains usable.</exception>
    public IEnumerable<FrameMasks> Propagate(
        int? startFrame = null, int? maxFrames = null, bool reverse = false, CancellationToken cancellationToken = default)
    {
        var (start, end) = Prepare(startFrame, maxFrames, reverse);
        return Walk(start, end, reverse, cancellationToken);
    }

    /// <summary><see cref="Propagate"/>, with the work of each frame on the thread pool.</summary>
    /// <inheritdoc cref="Propagate"/>
    public IAsyncEnumerable<FrameMasks> PropagateAsync(
        int? startFrame = null, int? maxFrames = null, bool reverse = false, CancellationToken cancellationToken = default)
    {
        var (start, end) = Prepare(startFrame, maxFrames, reverse);
        return WalkAsync(start, end, reverse, cancellationToken);
    }

    /// <summary>Gives a live session its next frame and tracks all objects on it.</summary>
    /// <param name="image">The frame; of the same size as the ones before.</param>
    /// <returns>The masks of all objects on this frame; its <see cref="FrameMasks.Frame"/> is what prompts on it refer to.</returns>
    /// <exception cref="InvalidOperationException">The session reads its frames from a source.</exception>
    /// <exception cref="ArgumentException">The frame has another size than the ones before.</exception>
    public FrameMasks PushFrame(RgbImage image)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(image);
        if (!IsLive) throw new InvalidOperationException($"The session reads its frames from a source; use {nameof(Propagate)}, or open it with {nameof(Live)}.");

        using var inference = inference_mode();
        if (_pushed == 0) (Width, Height) = (image.Width, image.Height);
        RememberPrompts();
        Encode(_pushed, image);
        return Step(_pushed++, reverse: false)!;
    }

    /// <summary>Checks the request and turns it into the first and the last frame; the last is null for the end of the video.</summary>
    private (int Start, int? End) Prepare(int? startFrame, int? maxFrames, bool reverse)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (IsLive) throw new InvalidOperationException($"A live session tracks with {nameof(PushFrame)}.");
        if (_objects.Count == 0) throw new InvalidOperationException("There is nothing to track: no object was prompted.");
        if (maxFrames < 0) throw new ArgumentOutOfRangeException(nameof(maxFrames), maxFrames, "Give 0 or more frames, or null for all.");
        if (startFrame < 0 || startFrame >= FrameCount)
            throw new ArgumentOutOfRangeException(nameof(startFrame), startFrame, $"The video has frames 0 to {FrameCount - 1}.");

        using (inference_mode()) RememberPrompts();
        foreach (var tracked in _objects)
        {
            if (tracked.Bank.ConditioningFrames.Count == 0)
                throw new InvalidOperationException($"Object {tracked.Id} has no prompt; prompt it or remove it before tracking.");
        }

        var start = startFrame ?? _objects.Min(o => o.Bank.ConditioningFrames.Min());
        if (reverse) return (start, start == 0 ? 1 : maxFrames is null ? 0 : Math.Max(start - maxFrames.Value, 0));
        return (start, maxFrames is null ? null : (int)Math.Min((long)start + maxFrames.Value, int.MaxValue));
    }

    private IEnumerable<FrameMasks> Walk(int start, int? end, bool reverse, CancellationToken cancellationToken)
    {
        for (var frame = start; IsWithin(frame, end, reverse); frame += reverse ? -1 : 1)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Step(frame, reverse) is not { } masks)
            {
                RequireStarted(start, frame);
                yield break;
            }

            yield return masks;
        }
    }

    private async IAsyncEnumerable<FrameMasks> WalkAsync(
        int start, int? end, bool reverse, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var frame = start; IsWithin(frame, end, reverse); frame += reverse ? -1 : 1)
        {
            var current = frame;
            if (await Task.Run(() => Step(current, reverse), cancellationToken).ConfigureAwait(false) is not { } masks)
            {
                RequireStarted(start, frame);
                yield break;
            }

            yield return masks;
        }
    }

    /// <summary>A video whose length isn't known when tracking is asked for may end before the first frame.</summary>
    private static void RequireStarted(int startFrame, int end)
    {
        if (end == startFrame) throw new ArgumentOutOfRangeException(nameof(startFrame), startFrame, "The video has no such frame.");
    }

    private static bool IsWithin(int frame, int? end, bool reverse) => end is null || (reverse ? frame >= end : frame <= end);

    /// <summary>Tracks all objects on a frame; null beyond the end of the video. Self-contained: nothing is left on the thread.</summary>
    private FrameMasks? Step(int frame, bool reverse)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (++_steps % FramesPerCollection == 0) GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        RememberPrompts();

        var outputs = new FrameOutput?[_objects.Count];
        var following = new List<int>();
        for (var i = 0; i < _objects.Count; i++)
        {
            var tracked = _objects[i];
            outputs[i] = tracked.Bank.FindConditioning(frame);
            if (outputs[i] is not null) ForgetAround(tracked, frame);
            else if (tracked.Bank.ConditioningFrames.Count > 0) following.Add(i);
        }

        if (FrameCount is { } count ? frame >= count : TryFeaturesOf(frame) is null) return null;
        if (following.Count > 0)
        {
            var tracked = _tracker.Track(frame, FeaturesOf(frame), following.ConvertAll(i => _objects[i].Bank), FrameCount, reverse);
            for (var i = 0; i < following.Count; i++)
            {
                outputs[following[i]] = tracked[i];
                _objects[following[i]].Bank.AddOther(frame, tracked[i]);
            }
        }

        for (var i = 0; i < outputs.Length; i++)
        {
            if (outputs[i] is not null) _objects[i].Tracked.Add(frame, reverse);
        }

        return Results(frame, outputs.Select((output, i) => (_objects[i].Id, output)).ToList());
    }

    /// <summary>Encodes the answers to prompts into memories, from the features of their frames.</summary>
    private void RememberPrompts()
    {
        foreach (var tracked in _objects)
        {
            foreach (var (frame, output) in tracked.PendingFrames)
            {
                using var scope = NewDisposeScope();
                _tracker.Remember(FeaturesOf(frame), output);
                tracked.MovePendingToBank(frame);
                ForgetAround(tracked, frame);
            }
        }
    }

    private void ForgetAround(TrackedObject tracked, int frame)
    {
        if (!_options.ForgetAroundPrompts) return;
        var reach = _model.Config.MemoryTemporalStrideForEval * _model.Config.NumMaskmem;
        tracked.Bank.ForgetOthers(frame - reach, frame - 1);
        tracked.Bank.ForgetOthers(frame + 1, frame + reach);
    }
}
