using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Tracking;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

/// <summary>
/// Follows objects through a video (sam2/sam2_video_predictor.py, <c>SAM2VideoPredictor</c>). Objects are given by points, boxes or
/// masks on any frame, at any time; results are handed out frame by frame and not kept, so a video of any length takes constant memory.
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
public sealed partial class VideoSession : IDisposable
{
    private readonly Sam2Model _model;
    private readonly VideoSessionOptions _options;
    private readonly IFrameSource? _source;
    private readonly ObjectTracker _tracker;
    private readonly FeatureCache _features;
    private readonly List<TrackedObject> _objects = [];
    private bool _disposed;

    /// <summary>Opens a session on a video.</summary>
    /// <param name="model">Stays the caller's and should be in evaluation mode.</param>
    /// <param name="source">The video. It stays the caller's and must live as long as the session.</param>
    /// <param name="options">How to track; the original's defaults when null.</param>
    /// <exception cref="ArgumentException">The model is in training mode or has no memory, or an option is out of range.</exception>
    public VideoSession(Sam2Model model, IFrameSource source, VideoSessionOptions? options = null)
        : this(model, options)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        (Width, Height) = (source.Width, source.Height);
    }

    private VideoSession(Sam2Model model, VideoSessionOptions? options)
    {
        ArgumentNullException.ThrowIfNull(model);
        _options = options ?? new();
        if (model.training) throw new ArgumentException("The model is in training mode; call eval() first.", nameof(model));
        if (model.Config.NumMaskmem < 1)
            throw new ArgumentException("The model has no memory (num_maskmem is 0): it can segment images, not track.", nameof(model));
        RequirePositive(_options.RememberedFrames, nameof(options.RememberedFrames));
        if (_options.RememberedAroundFirst < 0)
            throw new ArgumentException($"{nameof(options.RememberedAroundFirst)} is {_options.RememberedAroundFirst}; give 0 for none.", nameof(options));
        RequirePositive(_options.CachedFrames, nameof(options.CachedFrames));
        RequirePositive(_options.ObjectBatch, nameof(options.ObjectBatch));
        if (_options.FillHoleArea < 0)
            throw new ArgumentException($"{nameof(options.FillHoleArea)} is {_options.FillHoleArea}; give 0 for none.", nameof(options));
        _model = model;
        _tracker = new ObjectTracker(model, _options);
        _features = new FeatureCache(_options.CachedFrames);
    }

    /// <summary>Opens a session that gets its frames from <see cref="PushFrame"/>.</summary>
    /// <param name="model">Stays the caller's and should be in evaluation mode.</param>
    /// <param name="options">How to track; the original's defaults when null.</param>
    /// <exception cref="ArgumentException">The model is in training mode or has no memory, or an option is out of range.</exception>
    public static VideoSession Live(Sam2Model model, VideoSessionOptions? options = null) => new(model, options);

    /// <summary>Whether frames are pushed instead of read.</summary>
    public bool IsLive => _source is null;

    /// <summary>Number of frames of the video; null when unknown, as it always is for a live session.</summary>
    public int? FrameCount => _source?.FrameCount;

    /// <summary>Width of the frames, in pixels; 0 before a live session's first frame.</summary>
    public int Width { get; private set; }

    /// <summary>Height of the frames, in pixels; 0 before a live session's first frame.</summary>
    public int Height { get; private set; }

    /// <summary>The objects, in the order in which they were added.</summary>
    public IReadOnlyList<int> ObjectIds => _objects.ConvertAll(o => o.Id);

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
        if (Width > 0) PromptValidation.Check(new ObjectPrompt { Points = points, Box = box }, Width, Height, _model.PromptEncoder.MaskInputSize);
        var features = FeaturesOf(frame);

        var tracked = FindOrAdd(objectId);
        var known = replace ? null : tracked.Points.GetValueOrDefault(frame);
        List<(float, float, int)> all = [.. known ?? [], .. ModelPrompts.Points(points, box, Width, Height, _model.Config.ImageSize)];
        tracked.Points[frame] = all;

        var (initial, reverse, conditioning) = RoleOf(tracked, frame);
        tracked.AddPending(frame, conditioning, _tracker.FromPoints(
            frame, features, all, tracked.Find(frame)?.MaskLogits, initial ? null : tracked.Bank, FrameCount, reverse));
        return Current(frame);
    }

    /// <summary>
    /// Prompts an object with a mask, which replaces the prompts that it has on this frame. A new object id adds an object.
    /// </summary>
    /// <param name="frame">Index of the frame.</param>
    /// <param name="objectId">Any number; the caller's name of the object.</param>
    /// <param name="mask">A mask, as a rule at the video's size; others are resized.</param>
    /// <returns>The masks of all objects on this frame, as far as they are known.</returns>
    /// <exception cref="ArgumentException">There is no such frame.</exception>
    /// <exception cref="InvalidOperationException">A live session doesn't have the frame any more.</exception>
    public FrameMasks AddMask(int frame, int objectId, BinaryMask mask)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(mask);
        AddMaskOnly(frame, objectId, mask);
        using var inference = inference_mode();
        return Current(frame);
    }

    /// <summary><see cref="AddMask"/> without the masks of all objects, which cost time where there are many.</summary>
    /// <returns>Logit of the object being visible.</returns>
    internal float AddMaskOnly(int frame, int objectId, BinaryMask mask)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var features = FeaturesOf(frame);
        var tracked = FindOrAdd(objectId);
        tracked.Points.Remove(frame);

        var (initial, reverse, conditioning) = RoleOf(tracked, frame);
        var output = _tracker.FromMask(
            frame, features, ModelPrompts.Mask(mask, _model.Config.ImageSize, _model.Device), initial ? null : tracked.Bank, FrameCount, reverse);
        tracked.AddPending(frame, conditioning, output);
        return output.ObjectScore.item<float>();
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
        _features.Dispose();
        _disposed = true;
    }

    /// <summary>
    /// What a prompt on a frame is: the object's beginning, or the correction of a frame that was tracked; and whether it will condition
    /// other frames. A correction of a conditioning frame replaces it.
    /// </summary>
    private (bool Initial, bool Reverse, bool Conditioning) RoleOf(TrackedObject tracked, int frame)
    {
        var initial = !tracked.Tracked.TryGetDirection(frame, out var reverse) || tracked.Bank.ConditioningFrames.Count == 0;
        var conditioning = initial || _options.CorrectedFramesCondition || tracked.Bank.FindConditioning(frame) is not null;
        return (initial, reverse, conditioning);
    }

    private TrackedObject FindOrAdd(int objectId)
    {
        var tracked = _objects.Find(o => o.Id == objectId);
        if (tracked is null) _objects.Add(tracked = new TrackedObject(objectId, NewBank()));
        return tracked;
    }

    /// <summary>An empty bank that holds at least what a frame can attend to. A live session never turns back.</summary>
    private MemoryBank NewBank()
    {
        // The frame before, and one of every r-th frame for the other places; a pointer to each of the frames before.
        var config = _model.Config;
        var memories = (config.NumMaskmem - 2) * config.MemoryTemporalStrideForEval + 1;
        var attended = Math.Max(memories, config.UseObjPtrsInEncoder ? config.MaxObjPtrsInEncoder - 1 : 0);
        return new MemoryBank(Math.Max(_options.RememberedFrames, attended), IsLive ? 0 : _options.RememberedAroundFirst);
    }

    private TrackedObject Find(int objectId) => _objects.Find(o => o.Id == objectId) ?? throw new ArgumentException(
        $"There is no object {objectId}; {(_objects.Count == 0 ? "no object was added yet" : $"there are {string.Join(", ", ObjectIds)}")}.",
        nameof(objectId));

    /// <summary>The features of a frame, from the cache if possible. They belong to the cache.</summary>
    private ImageFeatures FeaturesOf(int frame) => TryFeaturesOf(frame)
        ?? throw new ArgumentOutOfRangeException(nameof(frame), frame, FrameCount is { } count
            ? $"The video has {count} frames, 0 to {count - 1}."
            : "The video has no such frame.");

    private ImageFeatures? TryFeaturesOf(int frame)
    {
        if (_features.Find(frame) is { } cached) return cached;
        if (_source is null)
        {
            if (frame < 0 || frame >= _pushed) return null;
            throw new InvalidOperationException(
                $"Frame {frame} of the live session is gone; kept are {string.Join(", ", _features.Frames.Order())}. " +
                $"Prompt the latest frames, or raise {nameof(VideoSessionOptions.CachedFrames)}.");
        }

        if (frame < 0 || frame >= FrameCount) return null;
        if (_source.Read(frame) is { } image) return Encode(frame, image);
        // Reading beyond the end may be how the length became known.
        if (FrameCount is { } count && frame < count) throw new InvalidDataException($"Frame {frame} can't be read, though the video should have {count}.");
        return null;
    }

    private ImageFeatures Encode(int frame, RgbImage image)
    {
        if (image.Width != Width || image.Height != Height)
        {
            throw new ArgumentException(
                $"Frame {frame} is {image.Width}×{image.Height}, the video {Width}×{Height}; all frames must have one size.", nameof(image));
        }

        using var scope = NewDisposeScope();
        var features = _model.EncodeImage(FramePreprocessing.ToModelInput(image, _model.Config.ImageSize, _model.Device));
        _features.Add(frame, features);
        return features;
    }

    /// <summary>The masks on a frame as far as they are known, prompts that weren't propagated yet included.</summary>
    private FrameMasks Current(int frame) => Results(frame, _objects.ConvertAll(o => (o.Id, o.Find(frame))));

    /// <summary>Masks at the video's size from outputs; objects without one get an empty mask.</summary>
    private FrameMasks Results(int frame, IReadOnlyList<(int ObjectId, FrameOutput? Output)> outputs)
    {
        using var scope = NewDisposeScope();
        var masks = new Dictionary<int, BinaryMask>();
        var known = outputs.Where(o => o.Output is not null).ToList();
        if (_options.NonOverlappingMasks && known.Count > 1)
        {
            var logits = MaskResize.Logits(cat(known.Select(o => o.Output!.MaskLogits).ToArray(), 0), Height, Width);
            var apart = BinaryMask.FromTensors(NonOverlappingMasks.Apply(logits).gt(0));
            for (var i = 0; i < known.Count; i++) masks[known[i].ObjectId] = apart[i];
        }
        else
        {
            foreach (var (id, output) in known) masks[id] = OutputMasks.Binary(output!, Height, Width);
        }

        return new FrameMasks(frame, outputs.Select(o => OutputMasks.Create(
            o.ObjectId, o.Output, masks.GetValueOrDefault(o.ObjectId), Height, Width, _options.ReturnLogits)).ToList());
    }

    private static void RequirePositive(int value, string name)
    {
        if (value < 1) throw new ArgumentException($"{name} is {value}; it must be at least 1.");
    }
}
