using System.Diagnostics;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>The work of an <see cref="InteractiveProtocol"/> on one video: makes passes and collects what each round of annotations gave.</summary>
internal sealed class InteractiveJob : IDisposable
{
    private readonly Sam2Model _model;
    private readonly VideoObserver _observer;
    private readonly InteractiveOptions _options;
    private readonly List<List<ObjectFrames>> _rounds;
    private readonly SortedDictionary<int, Dictionary<int, CocoRle>> _last = [];
    private double _done;

    public InteractiveJob(Sam2Model model, IAnnotatedVideo video, InteractiveOptions options, VideoObserver observer)
    {
        (_model, _options, _observer) = (model, options, observer);
        Video = video;
        Watch.Start();
        Frames = new AnnotatedFrames(video);
        Watch.Stop();
        _rounds = [.. Enumerable.Range(0, options.AnnotatedFrames).Select(_ => new List<ObjectFrames>())];
    }

    public IAnnotatedVideo Video { get; }

    public AnnotatedFrames Frames { get; }

    public Stopwatch Watch { get; } = new();

    public long FramesTracked { get; private set; }

    public void Dispose() => Frames.Dispose();

    /// <summary>Opens a session on some objects and annotates the frame on which they appear.</summary>
    public InteractivePass Begin(int start, IReadOnlyList<int> objects)
    {
        var pass = new InteractivePass(_model, Video, Frames, _options, start, objects, Watch);
        try
        {
            pass.Begin();
            return pass;
        }
        catch
        {
            pass.Dispose();
            throw;
        }
    }

    /// <summary>Goes over the video once more.</summary>
    public void Track(InteractivePass pass, Action<int, IReadOnlyDictionary<int, BinaryMask>, Dictionary<int, BinaryMask>>? correct = null)
    {
        long before = pass.FramesTracked;
        pass.Track(correct, () =>
        {
            // A guess that never exceeds 1: every group of objects could need all rounds.
            _done += 1.0 / ((double)Video.FrameCount * _options.AnnotatedFrames);
            _observer.Progress?.Report(Math.Min(0.99, _done));
        }, _observer.CancellationToken);
        FramesTracked += pass.FramesTracked - before;
    }

    /// <summary>The true masks of a frame; none for a frame that isn't annotated.</summary>
    public IReadOnlyDictionary<int, BinaryMask> Truth(int frame) => Video.ReadTruth(frame, Frames.Width, Frames.Height);

    /// <summary>Measures what the latest pass gave for every object, on every annotated frame.</summary>
    public IReadOnlyDictionary<int, ObjectFrames> Measure(InteractivePass pass)
    {
        var scorer = new VideoScorer(Video.Name);
        for (int frame = 0; frame < Video.FrameCount; frame++)
        {
            if (!Video.IsAnnotated(frame)) continue;
            var truth = Truth(frame);
            scorer.Add(
                Video.FrameName(frame),
                truth.Where(o => pass.Objects.Contains(o.Key)).ToDictionary(),
                pass.Masks.GetValueOrDefault(frame)?.ToDictionary(m => m.Key, m => m.Value.Decode()) ?? [],
                Video.ReadVoid(frame));
        }

        return scorer.Frames.ToDictionary(o => o.Key, o => new ObjectFrames(Video.NameInScores(o.Key), o.Value)
        {
            Prompted = [.. pass.Annotated[o.Key].Select(Video.FrameName)],
        });
    }

    /// <summary>Adds a round, and all later ones if nothing is left to annotate; the masks of the last are kept.</summary>
    /// <param name="index">The round, from 0.</param>
    /// <param name="isLast">Whether later rounds would give the same.</param>
    /// <param name="pass">The pass.</param>
    /// <param name="measured">What was measured.</param>
    public void AddRound(int index, bool isLast, InteractivePass pass, IReadOnlyDictionary<int, ObjectFrames> measured)
    {
        foreach (var round in isLast ? _rounds.Skip(index) : _rounds.Skip(index).Take(1)) round.AddRange(measured.Values);
        if (!isLast && index < _rounds.Count - 1) return;
        foreach (var (frame, masks) in pass.Masks)
        {
            if (!_last.TryGetValue(frame, out var all)) _last[frame] = all = [];
            foreach (var (id, mask) in masks) all[id] = mask;
        }
    }

    /// <summary>Hands out the masks of the last round.</summary>
    public void WriteLastRound()
    {
        if (_observer.Predictions is null) return;
        for (int frame = 0; frame < Video.FrameCount; frame++)
        {
            var masks = _last.GetValueOrDefault(frame)?.ToDictionary(m => m.Key, m => m.Value.Decode()) ?? [];
            _observer.Predictions.Write(frame, Video.AsStored(masks, Frames.Height, Frames.Width));
        }
    }

    public IReadOnlyList<RoundResult> Conclude() => [.. _rounds.Select((objects, i) =>
        new RoundResult(i + 1, [.. objects.OrderBy(o => o.Object.Length).ThenBy(o => o.Object, StringComparer.Ordinal)]))];
}

/// <summary>
/// The objects of a video that appear on the same frame, as an annotator works on them: the session that follows them, the frames that
/// were annotated, and the current masks. They share the cost of encoding frames, but don't influence each other.
/// </summary>
internal sealed class InteractivePass : IDisposable
{
    private readonly IAnnotatedVideo _video;
    private readonly AnnotatedFrames _frames;
    private readonly InteractiveOptions _options;
    private readonly VideoSession _session;
    private readonly Stopwatch _watch;

    /// <param name="model">The model.</param>
    /// <param name="video">The video.</param>
    /// <param name="frames">Its frames.</param>
    /// <param name="options">How the annotator works.</param>
    /// <param name="start">The frame on which the objects appear.</param>
    /// <param name="objects">The objects.</param>
    /// <param name="watch">Measures the model's time.</param>
    public InteractivePass(
        Sam2Model model, IAnnotatedVideo video, AnnotatedFrames frames, InteractiveOptions options, int start, IReadOnlyList<int> objects, Stopwatch watch)
    {
        (_video, _frames, _options, _watch) = (video, frames, options, watch);
        (Start, Objects) = (start, objects);
        _session = new VideoSession(model, frames, new VideoSessionOptions
        {
            FillHoleArea = options.FillHoleArea,
            CorrectedFramesCondition = options.CorrectedFramesCondition,
            RememberedFrames = options.RememberedFrames ?? video.FrameCount,
            Memory = options.Memory?.For(model.Config),
        });
    }

    /// <summary>The frame on which the objects appear.</summary>
    public int Start { get; }

    /// <summary>The objects.</summary>
    public IReadOnlyList<int> Objects { get; }

    /// <summary>The frames that were annotated, by object, in order of the annotations.</summary>
    public Dictionary<int, List<int>> Annotated { get; } = [];

    /// <summary>The masks of the latest pass, by frame and object.</summary>
    public Dictionary<int, Dictionary<int, CocoRle>> Masks { get; } = [];

    /// <summary>How many frames passes have gone over.</summary>
    public long FramesTracked { get; private set; }

    /// <summary>Clicks on an object until the answer is right or the clicks are used up.</summary>
    /// <returns>The answer on this frame.</returns>
    public BinaryMask Annotate(int frame, int id, BinaryMask truth, BinaryMask? predicted)
    {
        _watch.Start();
        var answer = SimulatedUser.Click(_session, frame, id, truth, predicted, _options.ClicksPerFrame);
        _watch.Stop();
        if (!Annotated.TryGetValue(id, out var frames)) Annotated[id] = frames = [];
        frames.Add(frame);
        return answer;
    }

    /// <summary>Annotates all objects on the frame on which they appear.</summary>
    public void Begin()
    {
        var truth = _video.ReadTruth(Start, _frames.Width, _frames.Height);
        foreach (int id in Objects) Annotate(Start, id, truth[id], predicted: null);
    }

    /// <summary>Goes over the video once.</summary>
    /// <param name="correct">May correct masks of an annotated frame before they are kept: gets frame, truth and masks.</param>
    /// <param name="progress">Told of every frame.</param>
    /// <param name="cancellationToken">Ends the pass between two frames.</param>
    public void Track(
        Action<int, IReadOnlyDictionary<int, BinaryMask>, Dictionary<int, BinaryMask>>? correct, Action progress, CancellationToken cancellationToken)
    {
        Masks.Clear();
        _watch.Start();
        try
        {
            foreach (var frame in _session.Propagate(Start, cancellationToken: cancellationToken))
            {
                _watch.Stop();
                FramesTracked++;
                var masks = frame.Objects.ToDictionary(o => o.ObjectId, o => o.Mask);
                if (correct is not null && _video.IsAnnotated(frame.Frame))
                {
                    correct(frame.Frame, _video.ReadTruth(frame.Frame, _frames.Width, _frames.Height), masks);
                }

                Masks[frame.Frame] = masks.ToDictionary(m => m.Key, m => CocoRle.Encode(m.Value));
                progress();
                _watch.Start();
            }
        }
        finally
        {
            _watch.Stop();
        }
    }

    public void Dispose() => _session.Dispose();
}
