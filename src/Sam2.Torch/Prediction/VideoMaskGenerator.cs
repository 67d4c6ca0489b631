using System.Text.Json;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

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
    /// <param name="progress">Is told how far the search for candidates on a frame has come.</param>
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
    /// 13 MB for each object that is being tracked at 1024×1024 pixels. It appears complete or not at all.
    /// </summary>
    /// <param name="path">The file to create or replace.</param>
    /// <exception cref="CheckpointException">The file can't be written.</exception>
    public void Save(string path)
    {
        var tensors = new Dictionary<string, Tensor>();
        var state = new State(StateVersion, _source.Width, _source.Height, NextFrame, _ledger.Save(), _session.Save(tensors));
        CheckpointWriter.Save(path, tensors, new PlainDictionary([new KeyValuePair<string, object?>(StateEntry, JsonSerializer.Serialize(state))]));
    }

    /// <summary>Goes on where <see cref="Save"/> left off.</summary>
    /// <param name="path">The file that was saved.</param>
    /// <param name="model">The same model. Stays the caller's and should be in evaluation mode.</param>
    /// <param name="source">The same video. It stays the caller's and must live as long as the generator.</param>
    /// <param name="options">The same options.</param>
    /// <exception cref="CheckpointException">The file is missing or damaged, isn't such a state, or is of a video of another size.</exception>
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
            var state = JsonSerializer.Deserialize<State>(json);
            return state is { Version: StateVersion } ? state : throw new CheckpointException(
                path, $"is a state of version {state?.Version}, not {StateVersion}", Remedy);
        }
        catch (JsonException e)
        {
            throw new CheckpointException(path, $"holds a damaged state ({e.Message})", Remedy, e);
        }
    }

    private sealed record State(
        int Version, int Width, int Height, int NextFrame, MaskletLedger.Snapshot Ledger, IReadOnlyList<ObjectState> Objects);
}
