using System.Text.Json;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

/// <summary>How a <see cref="VideoMaskGenerator"/> finds and follows objects.</summary>
public sealed record VideoMaskGeneratorOptions
{
    /// <summary>
    /// How candidates are looked for on a frame. The paper's data engine (appendix, on automatically generated masklets) takes a
    /// grid of 32×32 points on the frame, 16×16 on each of 2×2 zoomed crops and 4×4 on each of 4×4: the default.
    /// </summary>
    public MaskGeneratorOptions Candidates { get; init; } = new()
    {
        CropLayers = 2,
        PointGrids = [PointGrid.Build(32), PointGrid.Build(16), PointGrid.Build(4)],
    };

    /// <summary>Frames from one search for new objects to the next: 30 searches frames 0, 30, 60 …; 0 searches the first frame only.</summary>
    public int SearchInterval { get; init; } = 30;

    /// <summary>Most objects that are tracked at a time. It bounds time and memory; the best candidates come first.</summary>
    public int MaxObjects { get; init; } = 32;

    /// <summary>
    /// Masks that overlap by more (IoU) show the same object: such a candidate isn't taken, and of two masklets that overlap so
    /// over all frames that they share, the younger is dropped.
    /// </summary>
    public double DuplicateIou { get; init; } = 0.7;

    /// <summary>Frames that two masklets must share before they can be found to be duplicates.</summary>
    public int DuplicateFrames { get; init; } = 4;

    /// <summary>
    /// After the first frame, candidates with a larger share of their pixels within tracked objects are parts of these, not new
    /// objects.
    /// </summary>
    public double MaxCovered { get; init; } = 0.8;

    /// <summary>Tracking of an object ends once it hasn't been visible for this many frames; if it comes back it counts as a new object.</summary>
    public int LostAfter { get; init; } = 24;

    /// <summary>Masklets that are visible on fewer frames are dropped.</summary>
    public int MinLength { get; init; } = 4;

    /// <summary>
    /// Masklets with a lower stability score, averaged over the frames on which they are visible, are dropped. Threshold and
    /// offset are those of <see cref="Candidates"/>.
    /// </summary>
    public double MinStability { get; init; } = 0.8;

    /// <summary>Islands and holes of the masks with fewer pixels are removed; the data engine removes those below 200. 0 keeps them.</summary>
    public int MinRegionArea { get; init; }

    /// <summary>How objects are tracked.</summary>
    public VideoSessionOptions Tracking { get; init; } = new() { RememberedFrames = 16, RememberedAroundFirst = 0 };

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it.</exception>
    internal void Validate()
    {
        Candidates.Validate();
        Require(SearchInterval >= 0, nameof(SearchInterval), SearchInterval, "0 or more");
        Require(MaxObjects >= 1, nameof(MaxObjects), MaxObjects, "at least 1");
        Require(DuplicateIou is > 0 and <= 1, nameof(DuplicateIou), DuplicateIou, "more than 0, and at most 1");
        Require(DuplicateFrames >= 1, nameof(DuplicateFrames), DuplicateFrames, "at least 1");
        Require(MaxCovered is >= 0 and <= 1, nameof(MaxCovered), MaxCovered, "0 to 1");
        Require(LostAfter >= 1, nameof(LostAfter), LostAfter, "at least 1");
        Require(MinLength >= 0, nameof(MinLength), MinLength, "0 or more");
        Require(MinStability is >= 0 and <= 1, nameof(MinStability), MinStability, "0 to 1");
        Require(MinRegionArea >= 0, nameof(MinRegionArea), MinRegionArea, "0 or more");
    }

    private static void Require(bool holds, string name, double value, string wanted)
    {
        if (!holds) throw new ArgumentException($"{name} is {value}; give {wanted}.");
    }
}

/// <summary>
/// Finds the masklets of everything in a video without prompts, as the paper's data engine does: a <see cref="MaskGenerator"/> finds
/// candidates on the first frame and its zoomed crops, a <see cref="VideoSession"/> tracks them, new objects are looked for at an
/// interval, and masklets that are duplicates, too short or unstable are sorted out.
/// </summary>
/// <remarks>
/// Not safe for concurrent use. Frames are handed out and not kept, so memory doesn't grow with the length of the video, but for a
/// few numbers about every object that was ever found.
/// </remarks>
/// <example><code>
/// using var generator = new VideoMaskGenerator(model, frames);
/// foreach (var frame in generator.Generate()) Store(frame);
/// var kept = generator.Masklets.Where(m => m.Verdict == MaskletVerdict.Keep);
/// </code></example>
public sealed class VideoMaskGenerator : IDisposable
{
    private const string StateEntry = "video_mask_generator";
    private const int StateVersion = 1;
    private const string Remedy = "Delete it to begin anew";

    private readonly IFrameSource _source;
    private readonly VideoMaskGeneratorOptions _options;
    private readonly MaskGenerator _candidates;
    private readonly VideoSession _session;
    private readonly MaskletLedger _ledger;

    /// <summary>Prepares to go through a video from its first frame.</summary>
    /// <param name="model">Stays the caller's and should be in evaluation mode.</param>
    /// <param name="source">The video. It stays the caller's and must live as long as the generator.</param>
    /// <param name="options">How to find and follow objects.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the model can't track.</exception>
    public VideoMaskGenerator(Sam2Model model, IFrameSource source, VideoMaskGeneratorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        _options = options ?? new();
        _options.Validate();
        _source = source;
        _candidates = new MaskGenerator(model, _options.Candidates);
        _session = new VideoSession(model, source, _options.Tracking with { ReturnLogits = true });
        _ledger = new MaskletLedger(_options);
    }

    /// <summary>The frame that comes next.</summary>
    public int NextFrame { get; private set; }

    /// <summary>
    /// Every object that was found so far, in the order in which they were found. Verdicts may change while the video goes on.
    /// </summary>
    public IReadOnlyList<Masklet> Masklets => _ledger.Masklets;

    /// <summary>How many objects are being tracked.</summary>
    public int ActiveObjects => _ledger.Active.Count;

    /// <summary>
    /// Goes through the video, from <see cref="NextFrame"/> on. When the enumeration is left it can be taken up again by another call.
    /// </summary>
    /// <param name="progress">Gets reports of the search for candidates on a frame.</param>
    /// <param name="cancellationToken">Ends it between two frames, or two batches of points.</param>
    /// <returns>The visible objects of every frame.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled. Nothing of the frame that was interrupted counts.</exception>
    public IEnumerable<MaskletFrame> Generate(IProgress<MaskGeneratorProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        while (_source.Read(NextFrame) is { } image)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var frame = NextFrame;
            // First what may be cancelled, then what changes the state.
            IReadOnlyList<GeneratedMask> found = IsSearched(frame) && ActiveObjects < _options.MaxObjects
                ? _candidates.Generate(image, progress, cancellationToken)
                : [];
            var masks = Track(frame);
            masks.AddRange(AddNew(frame, found, masks));
            foreach (var id in _ledger.Update(frame, masks)) _session.RemoveObject(id);
            NextFrame = frame + 1;
            yield return new MaskletFrame(frame, masks);
        }
    }

    /// <summary>
    /// Saves the state after the last frame, so that another process can go on from there as this one would. The file takes up to
    /// 13 MB for each object that is being tracked at 1024×1024 pixels, and what memory policies of your own add. It appears complete or not at all.
    /// </summary>
    /// <param name="path">The file to create or replace.</param>
    /// <exception cref="CheckpointException">The file can't be written.</exception>
    public void Save(string path)
    {
        var tensors = new Dictionary<string, Tensor>();
        var state = new State(StateVersion, _source.Width, _source.Height, NextFrame, _ledger.Save(), _session.Save(tensors));
        CheckpointWriter.Save(path, tensors, new PlainDictionary { [StateEntry] = JsonSerializer.Serialize(state) });
    }

    /// <summary>Goes on where <see cref="Save"/> left off.</summary>
    /// <param name="path">The file that was saved.</param>
    /// <param name="model">The same model. Stays the caller's and should be in evaluation mode.</param>
    /// <param name="source">The same video. It stays the caller's and must live as long as the generator.</param>
    /// <param name="options">The same options.</param>
    /// <exception cref="CheckpointException">The file is missing or damaged, isn't such a state, or is of a video of another size.</exception>
    /// <exception cref="InvalidOperationException">
    /// The options make another memory policy, or one that has state of its own but is no <see cref="Tracking.IStatefulMemoryPolicy"/>.
    /// </exception>
    public static VideoMaskGenerator Resume(string path, Sam2Model model, IFrameSource source, VideoMaskGeneratorOptions? options = null)
    {
        using var checkpoint = Checkpoint.Open(path);
        var generator = new VideoMaskGenerator(model, source, options);
        try
        {
            var state = ReadState(path, checkpoint);
            if (state.Width != source.Width || state.Height != source.Height)
            {
                throw new CheckpointException(
                    path, $"is the state of a video of {state.Width}×{state.Height} pixels, not {source.Width}×{source.Height}", Remedy);
            }

            generator.NextFrame = state.NextFrame;
            generator._ledger.Restore(state.Ledger);
            generator._session.Restore(state.Objects, name => checkpoint.StateDict.TryGetValue(name, out var entry)
                ? entry.Load()
                : throw new CheckpointException(path, $"lacks {name}", Remedy));
            return generator;
        }
        catch
        {
            generator.Dispose();
            throw;
        }
    }

    /// <summary>Frees memories and features. The model and the frame source stay the caller's.</summary>
    public void Dispose() => _session.Dispose();

    private bool IsSearched(int frame) => frame == 0 || (_options.SearchInterval > 0 && frame % _options.SearchInterval == 0);

    /// <summary>Tracks what is known to a frame.</summary>
    private List<MaskletFrameMask> Track(int frame)
    {
        var masks = new List<MaskletFrameMask>();
        if (_session.ObjectIds.Count == 0) return masks;
        foreach (var tracked in _session.Propagate(frame, maxFrames: 0).Single().Objects)
        {
            if (tracked.ObjectScore is not > 0) continue;
            var mask = Clean(tracked.Mask);
            if (mask.Area > 0)
                masks.Add(new(tracked.ObjectId, CocoRle.Encode(mask), tracked.ObjectScore.Value, Stability(tracked.Logits!)));
        }

        return masks;
    }

    /// <summary>Begins to track the candidates that aren't tracked yet.</summary>
    private List<MaskletFrameMask> AddNew(int frame, IReadOnlyList<GeneratedMask> found, IReadOnlyList<MaskletFrameMask> tracked)
    {
        var added = new List<MaskletFrameMask>();
        var places = _options.MaxObjects - ActiveObjects;
        foreach (var candidate in NewObjects.Select(found, [.. tracked.Select(mask => mask.Mask)], places, _options))
        {
            var mask = Clean(candidate.Segmentation.Decode());
            if (mask.Area == 0) continue;
            var id = _ledger.Add(frame, candidate.PredictedIou);
            var score = _session.AddMaskOnly(frame, id, mask);
            added.Add(new(id, CocoRle.Encode(mask), score, candidate.StabilityScore));
        }

        return added;
    }

    private BinaryMask Clean(BinaryMask mask)
    {
        if (_options.MinRegionArea == 0) return mask;
        var filled = MaskCleanup.RemoveSmallRegions(mask, _options.MinRegionArea, SmallRegions.Holes).Mask;
        return MaskCleanup.RemoveSmallRegions(filled, _options.MinRegionArea, SmallRegions.Islands).Mask;
    }

    private float Stability(float[,] logits)
    {
        using var scope = NewDisposeScope();
        return StabilityScore.Compute(
            tensor(logits.Cast<float>().ToArray()).view(logits.GetLength(0), logits.GetLength(1)),
            _options.Candidates.MaskThreshold, _options.Candidates.StabilityScoreOffset).item<float>();
    }

    private static State ReadState(string path, Checkpoint checkpoint)
    {
        if (!checkpoint.Entries.TryGetValue(StateEntry, out var entry) || entry is not string json)
            throw new CheckpointException(path, "isn't a state of segmenting everything in a video", Remedy);
        try
        {
            var state = JsonSerializer.Deserialize<State>(json, Strict) ?? throw new JsonException();
            if (state.Version != StateVersion)
                throw new CheckpointException(path, $"is a state of version {state.Version}, not {StateVersion}", Remedy);
            return state.NextFrame >= 0 && state.Ledger.IsSound && state.Objects.All(o => o is { IsSound: true }) && state.Objects.DistinctBy(o => o.Id).Count() == state.Objects.Count
                ? state
                : throw new CheckpointException(path, "holds a state that contradicts itself", Remedy);
        }
        catch (JsonException e)
        {
            throw new CheckpointException(path, $"holds a damaged state{(e.Path is { Length: > 1 } place ? $" (at {place.TrimStart('$', '.')})" : "")}", Remedy, e);
        }
    }

    /// <summary>Refuses what is null or missing.</summary>
    private static readonly JsonSerializerOptions Strict = new() { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    private sealed record State(
        int Version, int Width, int Height, int NextFrame, MaskletLedger.Snapshot Ledger, IReadOnlyList<ObjectState> Objects);
}
