using System.Runtime.CompilerServices;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Tracking;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

/// <summary>
/// Follows objects through a video (sam2/sam2_video_predictor.py, <c>SAM2VideoPredictor</c>). Objects are given by points, boxes or
/// masks on any frame, at any time; results are returned frame by frame and not kept, so a video of any length takes constant memory.
/// <para>
/// There are two kinds of session. With a frame source, <see cref="Propagate"/> walks over the video, forwards or backwards, as often as
/// needed. A live one (<see cref="Live"/>) gets its frames from <see cref="PushFrame"/>, one at a time.
/// </para>
/// </summary>
/// <remarks>Not safe for concurrent use; sessions of one model may run at the same time.</remarks>
/// <example><code>
/// using var session = new VideoSession(model, frames);
/// session.AddPoints(frame: 0, objectId: 1, [new PointPrompt(210, 350)]);
/// foreach (var masks in session.Propagate()) Draw(masks.Frame, masks[1].Mask);
/// </code></example>
public sealed class VideoSession : IDisposable
{
    private readonly Sam2Model _model;
    private readonly VideoSessionOptions _options;
    private readonly ObjectTracker _tracker;
    private readonly SessionFrames _frames;
    private readonly List<TrackedObject> _objects = [];
    private bool _disposed;

    /// <summary>Opens a session on a video.</summary>
    /// <param name="model">Stays the caller's and should be in evaluation mode.</param>
    /// <param name="source">The video. It stays the caller's and must live as long as the session.</param>
    /// <param name="options">How to track; the original's defaults when null.</param>
    /// <exception cref="ArgumentException">The model is in training mode or has no memory, or an option is out of range.</exception>
    public VideoSession(Sam2Model model, IFrameSource source, VideoSessionOptions? options = null)
        : this(options, model, source ?? throw new ArgumentNullException(nameof(source)))
    {
    }

    private VideoSession(VideoSessionOptions? options, Sam2Model model, IFrameSource? source)
    {
        ArgumentNullException.ThrowIfNull(model);
        _options = options ?? new();
        if (model.training) throw new ArgumentException("The model is in training mode; call eval() first.", nameof(model));
        if (model.Config.NumMaskmem < 1)
            throw new ArgumentException("The model has no memory (num_maskmem is 0): it can segment images, not track.", nameof(model));
        if (model.IsImageOnly)
            throw new ArgumentException("The model's checkpoint has the part for images only (transformers' Sam2Model saves that): it can segment images, not track. Use a checkpoint of the whole model.", nameof(model));
        _options.Validate();
        _model = model;
        _tracker = new ObjectTracker(model, _options);
        _frames = new SessionFrames(model, source, _options.CachedFrames);
    }

    /// <summary>Opens a session that gets its frames from <see cref="PushFrame"/>.</summary>
    /// <param name="model">Stays the caller's and should be in evaluation mode.</param>
    /// <param name="options">How to track; the original's defaults when null.</param>
    /// <exception cref="ArgumentException">The model is in training mode or has no memory, or an option is out of range.</exception>
    public static VideoSession Live(Sam2Model model, VideoSessionOptions? options = null) => new(options, model, source: null);

    /// <summary>Whether frames are pushed instead of read.</summary>
    public bool IsLive => _frames.IsLive;

    /// <summary>Number of frames of the video; null when unknown, as it always is for a live session.</summary>
    public int? FrameCount => _frames.Count;

    /// <summary>Width of the frames, in pixels; 0 before a live session's first frame.</summary>
    public int Width => _frames.Width;

    /// <summary>Height of the frames, in pixels; 0 before a live session's first frame.</summary>
    public int Height => _frames.Height;

    /// <summary>The objects, in the order in which they were added.</summary>
    public IReadOnlyList<int> ObjectIds => _objects.ConvertAll(o => o.Id);

    /// <summary>Prompts an object with points, a box or both, or with a mask alone.</summary>
    /// <inheritdoc cref="AddPoints(int, int, IReadOnlyList{PointPrompt}, BoxPrompt?, bool)"/>
    public FrameMasks AddPrompt(int frame, int objectId, ObjectPrompt prompt)
    {
        PromptValidation.RequireMaskOrPoints(prompt, objectId);
        return prompt.Mask is { } mask ? AddMask(frame, objectId, mask) : AddPoints(frame, objectId, prompt.Points, prompt.Box);
    }

    /// <summary>Prompts an object with points.</summary>
    /// <inheritdoc cref="AddPoints(int, int, IReadOnlyList{PointPrompt}, BoxPrompt?, bool)"/>
    public FrameMasks AddPoints(int frame, int objectId, params PointPrompt[] points) => AddPoints(frame, objectId, points, box: null);

    /// <summary>Prompts an object with a box.</summary>
    /// <inheritdoc cref="AddPoints(int, int, IReadOnlyList{PointPrompt}, BoxPrompt?, bool)"/>
    public FrameMasks AddBox(int frame, int objectId, BoxPrompt box) => AddPoints(frame, objectId, [], box);

    /// <summary>
    /// Prompts an object with points, a box or both. On a frame that was tracked already the prompt corrects the mask there.
    /// A new object id adds an object.
    /// </summary>
    /// <param name="frame">Index of the frame.</param>
    /// <param name="objectId">Any number; the caller's name of the object.</param>
    /// <param name="points">Points in pixels of the video.</param>
    /// <param name="box">A box in pixels of the video.</param>
    /// <param name="replace">
    /// Whether the points that the object has on this frame are replaced; else the new ones are added to them, which is not possible
    /// for a box.
    /// </param>
    /// <returns>The masks of all objects on this frame, as far as they are known.</returns>
    /// <exception cref="ArgumentException">The prompt is empty, not finite or outside the frame, or there is no such frame.</exception>
    /// <exception cref="InvalidOperationException">A live session doesn't have the frame any more.</exception>
    public FrameMasks AddPoints(int frame, int objectId, IReadOnlyList<PointPrompt> points, BoxPrompt? box = null, bool replace = true)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(points);
        if (box is not null && !replace)
            throw new ArgumentException("A box comes before all points, so it can't be added to a frame's points; replace them.", nameof(replace));

        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var prompt = new ObjectPrompt { Points = points, Box = box };
        if (Width > 0) PromptValidation.Check(prompt, Width, Height, _model.PromptEncoder.MaskInputSize);
        var features = _frames.Features(frame);

        var tracked = FindOrNew(objectId);
        var known = replace ? null : tracked.Points.GetValueOrDefault(frame);
        List<(float, float, int)> all = [.. known ?? [], .. prompt.ModelPoints(Width, Height, _model.Config.ImageSize)];
        var (initial, reverse, conditioning) = tracked.RoleOf(frame, _options.CorrectedFramesCondition);
        var output = _tracker.FromPoints(
            new FramePosition(frame, FrameCount, reverse), features, all, tracked.Find(frame)?.MaskLogits, initial ? null : tracked.Bank);
        // Only now: a prompt that fails leaves the session as it was.
        tracked.Points[frame] = all;
        tracked.AddPending(frame, conditioning, output);
        Keep(tracked);
        return Current(frame);
    }

    /// <summary>
    /// Prompts an object with a mask, which replaces the prompts that it has on this frame. A new object id adds an object.
    /// </summary>
    /// <param name="frame">Index of the frame.</param>
    /// <param name="objectId">Any number; the caller's name of the object.</param>
    /// <param name="mask">A mask, usually at the video's size; other sizes are resized.</param>
    /// <returns>The masks of all objects on this frame, as far as they are known.</returns>
    /// <exception cref="ArgumentException">There is no such frame.</exception>
    /// <exception cref="InvalidOperationException">A live session doesn't have the frame any more.</exception>
    public FrameMasks AddMask(int frame, int objectId, BinaryMask mask)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(mask);
        AnswerMask(frame, objectId, mask);
        using var inference = inference_mode();
        return Current(frame);
    }

    /// <summary><see cref="AddMask"/> without the masks of all objects, which cost time where there are many.</summary>
    /// <returns>Logit of the object being visible.</returns>
    internal float AddMaskOnly(int frame, int objectId, BinaryMask mask) => AnswerMask(frame, objectId, mask).ObjectScore.item<float>();

    private FrameOutput AnswerMask(int frame, int objectId, BinaryMask mask)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var features = _frames.Features(frame);
        var tracked = FindOrNew(objectId);
        var (initial, reverse, conditioning) = tracked.RoleOf(frame, _options.CorrectedFramesCondition);
        var output = _tracker.FromMask(
            new FramePosition(frame, FrameCount, reverse), features, MaskPrompt.ToModelInput(mask, _model.Config.ImageSize, _model.Device),
            initial ? null : tracked.Bank);
        tracked.Points.Remove(frame);
        tracked.AddPending(frame, conditioning, output);
        Keep(tracked);
        return output;
    }

    /// <summary>
    /// Tracks all objects from frame to frame. Masks come while it runs; prompts that are added meanwhile count from the next frame on.
    /// </summary>
    /// <param name="startFrame">First frame; the earliest prompted one when null.</param>
    /// <param name="maxFrames">How many frames to track beyond the first; all when null.</param>
    /// <param name="reverse">Whether to walk backwards in time. From frame 0 that is frame 0 alone, where the original gives nothing.</param>
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
        RememberPrompts();
        return Step(_frames.Push(image), reverse: false)!;
    }

    /// <summary>Takes back all prompts that an object has on a frame. What is known of the frame otherwise stays.</summary>
    /// <returns>The masks of all objects on this frame, as far as they are known.</returns>
    /// <exception cref="ArgumentException">There is no such object.</exception>
    public FrameMasks ClearPrompts(int frame, int objectId)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Find(objectId).ClearPrompts(frame);
        using var inference = inference_mode();
        return Current(frame);
    }

    /// <summary>Removes an object with everything that is known of it. The others stay.</summary>
    /// <exception cref="ArgumentException">There is no such object.</exception>
    public void RemoveObject(int objectId)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var tracked = Find(objectId);
        _objects.Remove(tracked);
        tracked.Dispose();
    }

    /// <summary>Removes all objects. The video, and a live session's place in it, stay.</summary>
    public void Reset()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (var tracked in _objects) tracked.Dispose();
        _objects.Clear();
    }

    /// <summary>Frees all memories and features. The model and the frame source stay the caller's.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        Reset();
        _frames.Dispose();
        _disposed = true;
    }

    /// <summary>
    /// Everything that tracking later frames depends on, except the video: the objects and their memories. A session that
    /// restores it goes on as this one does.
    /// </summary>
    /// <param name="tensors">Gets the memories, by names that <see cref="Restore"/> finds them under. They remain the session's.</param>
    internal IReadOnlyList<ObjectState> Save(IDictionary<string, Tensor> tensors)
    {
        using (inference_mode()) RememberPrompts();
        return _objects.ConvertAll(tracked => ObjectState.Save(tracked, tensors));
    }

    /// <summary>Puts a session without objects into a saved state.</summary>
    /// <param name="objects">What <see cref="Save"/> returned.</param>
    /// <param name="load">Loads a tensor by name, on any device, for the session to keep.</param>
    internal void Restore(IReadOnlyList<ObjectState> objects, Func<string, Tensor> load)
    {
        using var inference = inference_mode();
        foreach (var state in objects) state.Restore(Keep(FindOrNew(state.Id)), load, _model.Device);
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
        if (reverse) return (start, maxFrames is null ? 0 : Math.Max(start - maxFrames.Value, 0));
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
    private static void RequireStarted(int start, int end)
    {
        if (end == start) throw new ArgumentOutOfRangeException("startFrame", start, $"The video has no frame {start}.");
    }

    private static bool IsWithin(int frame, int? end, bool reverse) => end is null || (reverse ? frame >= end : frame <= end);

    /// <summary>Tracks all objects on a frame; null beyond the end of the video. Self-contained: nothing is left on the thread.</summary>
    private FrameMasks? Step(int frame, bool reverse)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        RememberPrompts();

        var (outputs, following) = (new FrameOutput?[_objects.Count], new List<int>());
        for (var i = 0; i < _objects.Count; i++)
        {
            var tracked = _objects[i];
            outputs[i] = tracked.FindConditioning(frame);
            if (outputs[i] is not null) tracked.Bank.OnPrompted(frame);
            else if (tracked.Bank.ConditioningFrames.Count > 0) following.Add(i);
        }

        if (FrameCount is { } count ? frame >= count : _frames.TryFeatures(frame) is null) return null;
        if (following.Count > 0)
        {
            var at = new FramePosition(frame, FrameCount, reverse);
            var tracked = _tracker.Track(at, _frames.Features(frame), following.ConvertAll(i => _objects[i].Bank));
            for (var i = 0; i < following.Count; i++) outputs[following[i]] = tracked[i];
        }

        // First the masks: a memory policy may drop what it is given.
        var masks = FrameOutput.OrFree(following.Select(i => outputs[i]), () => OutputMasks.OfFrame(
            _model, frame, outputs.Select((output, i) => (_objects[i].Id, output)).ToList(), Height, Width, _options));
        foreach (var i in following) _objects[i].Bank.Add(frame, outputs[i]!, conditioning: false);
        for (var i = 0; i < outputs.Length; i++)
            if (outputs[i] is not null) _objects[i].Tracked.Add(frame, reverse);
        return masks;
    }

    /// <summary>Encodes the answers to prompts into memories, from the features of their frames.</summary>
    private void RememberPrompts()
    {
        foreach (var tracked in _objects)
        {
            foreach (var (frame, output) in tracked.PendingFrames)
            {
                using var scope = NewDisposeScope();
                _tracker.Remember(_frames.Features(frame), output);
                tracked.MovePendingToBank(frame);
            }
        }
    }

    private TrackedObject FindOrNew(int objectId) => _objects.Find(o => o.Id == objectId)
        ?? new TrackedObject(objectId, _options.CreateMemory(objectId, _model.Config, IsLive));

    private TrackedObject Keep(TrackedObject tracked)
    {
        if (!_objects.Contains(tracked)) _objects.Add(tracked);
        return tracked;
    }

    private TrackedObject Find(int objectId) => _objects.Find(o => o.Id == objectId) ?? throw new ArgumentException(
        $"There is no object {objectId}; {(_objects.Count == 0 ? "no object was added yet" : $"there are {string.Join(", ", ObjectIds)}")}.",
        nameof(objectId));

    /// <summary>The masks on a frame as far as they are known, prompts that weren't propagated yet included.</summary>
    private FrameMasks Current(int frame) =>
        OutputMasks.OfFrame(_model, frame, _objects.ConvertAll(o => (o.Id, o.Find(frame))), Height, Width, _options);
}
