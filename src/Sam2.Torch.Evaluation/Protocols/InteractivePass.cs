using System.Diagnostics;
using Sam2.Torch.Data;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>
/// One object of a video in the hands of an annotator: the session that follows it, the frames that were annotated, and the
/// current masks. Objects that appear on the same frame share a session, and so the cost of encoding frames; they don't influence each other.
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
        var truth = AnnotationReader.Read(_video, Start, _frames.Width, _frames.Height);
        foreach (int id in Objects) Annotate(Start, id, truth[id], predicted: null);
    }

    /// <summary>Goes over the video once.</summary>
    /// <param name="correct">May correct masks of an annotated frame before they are kept: gets frame, truth and masks.</param>
    /// <param name="progress">Told of every frame.</param>
    /// <param name="cancellation">Ends the pass between two frames.</param>
    public void Track(
        Action<int, IReadOnlyDictionary<int, BinaryMask>, Dictionary<int, BinaryMask>>? correct, Action progress, CancellationToken cancellation)
    {
        Masks.Clear();
        _watch.Start();
        try
        {
            foreach (var frame in _session.Propagate(Start, cancellationToken: cancellation))
            {
                _watch.Stop();
                FramesTracked++;
                var masks = frame.Objects.ToDictionary(o => o.ObjectId, o => o.Mask);
                if (correct is not null && _video.IsAnnotated(frame.Frame))
                {
                    correct(frame.Frame, AnnotationReader.Read(_video, frame.Frame, _frames.Width, _frames.Height), masks);
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
