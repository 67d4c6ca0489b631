using System.Diagnostics;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>The work on one video: makes passes, and collects what each round of annotations gave.</summary>
internal sealed class InteractiveJob
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

    public CancellationToken Cancellation => _observer.Cancellation;

    public long FramesTracked { get; private set; }

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
            _observer.Progress?.Invoke(Math.Min(0.99, _done));
        }, Cancellation);
        FramesTracked += pass.FramesTracked - before;
    }

    /// <summary>The true masks of a frame; none for a frame that isn't annotated.</summary>
    public IReadOnlyDictionary<int, BinaryMask> Truth(int frame) => AnnotationReader.Read(Video, frame, Frames.Width, Frames.Height);

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
                pass.Masks.GetValueOrDefault(frame)?.ToDictionary(m => m.Key, m => m.Value.Decode()) ?? []);
        }

        return scorer.Frames.ToDictionary(o => o.Key, o => new ObjectFrames(ObjectScorer.NameOf(Video, o.Key), o.Value)
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
            _observer.Predictions.Write(frame, PredictionLayout.AsStored(masks, Video, Frames.Height, Frames.Width));
        }
    }

    public IReadOnlyList<RoundResult> Conclude() => [.. _rounds.Select((objects, i) =>
        new RoundResult(i + 1, [.. objects.OrderBy(o => o.Object.Length).ThenBy(o => o.Object, StringComparer.Ordinal)]))];
}
