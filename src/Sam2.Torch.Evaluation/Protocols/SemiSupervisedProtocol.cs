using System.Diagnostics;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking.Policies;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>What the paper leaves open about semi-supervised tracking.</summary>
public sealed record SemiSupervisedOptions
{
    /// <summary>What the model is told of an object on the first frame that shows it.</summary>
    public PromptKind Prompt { get; init; } = PromptKind.Mask;

    /// <summary>
    /// Whether a pixel goes to the object with the highest logit only, as in the original's tools/vos_inference.py for data sets whose
    /// pictures hold all objects. Otherwise objects are independent, and where a picture has to hold them all, the lower id is on top.
    /// </summary>
    public bool NonOverlappingMasks { get; init; }

    /// <summary>Holes of at most this area are filled, in pixels of the low-resolution mask. The original's evaluations fill none.</summary>
    public int FillHoleArea { get; init; }

    /// <summary>How objects are remembered; as SAM 2 does when null.</summary>
    public MemoryChoice? Memory { get; init; }
}

/// <summary>
/// Semi-supervised tracking (tools/vos_inference.py): every object is prompted on the first frame that shows it and followed to the
/// end, in one pass over the video.
/// </summary>
public sealed class SemiSupervisedProtocol(SemiSupervisedOptions options) : IVideoProtocol
{
    /// <inheritdoc/>
    public VideoResult Run(Sam2Model model, IAnnotatedVideo video, VideoObserver observer)
    {
        ArgumentNullException.ThrowIfNull(video);
        ArgumentNullException.ThrowIfNull(observer);
        var watch = Stopwatch.StartNew();
        using var frames = new AnnotatedFrames(video);
        using var session = new VideoSession(model, frames, new VideoSessionOptions
        {
            FillHoleArea = options.FillHoleArea,
            NonOverlappingMasks = options.NonOverlappingMasks,
            Memory = options.Memory?.For(model.Config),
        });
        watch.Stop();

        var scores = new ObjectScorer(video);
        IEnumerator<FrameMasks>? pass = null;
        try
        {
            for (int frame = 0; frame < video.FrameCount; frame++)
            {
                observer.CancellationToken.ThrowIfCancellationRequested();
                var truth = video.ReadTruth(frame, frames.Width, frames.Height);

                // Prompts on a frame that the session hasn't come to yet count from that frame on.
                watch.Start();
                foreach (var (id, mask) in truth.Where(o => o.Value.Area > 0 && !session.ObjectIds.Contains(o.Key)))
                {
                    SimulatedUser.Prompt(session, frame, id, mask, options.Prompt);
                    scores.Prompted(id, frame);
                }

                if (session.ObjectIds.Count > 0) pass ??= session.Propagate(frame).GetEnumerator();
                var masks = pass is not null && pass.MoveNext() ? pass.Current.Objects.ToDictionary(o => o.ObjectId, o => o.Mask) : [];
                watch.Stop();

                var stored = video.AsStored(masks, frames.Height, frames.Width);
                observer.Predictions?.Write(frame, stored);
                if (video.IsAnnotated(frame)) scores.Add(frame, truth, stored);
                observer.Progress?.Report((frame + 1.0) / video.FrameCount);
            }
        }
        finally
        {
            pass?.Dispose();
        }

        return new VideoResult(video.Name, [new RoundResult(1, scores.Conclude())])
        {
            Speed = new EvaluationSpeed(video.FrameCount, watch.Elapsed.TotalSeconds, observer.PeakMemory?.Invoke() ?? 0),
        };
    }
}

/// <summary>Measures a protocol's masks of one video and remembers which frames were prompted.</summary>
internal sealed class ObjectScorer(IAnnotatedVideo video)
{
    private readonly VideoScorer _scorer = new(video.Name);
    private readonly Dictionary<int, List<string>> _prompted = [];

    /// <summary>Remembers that an object was prompted on a frame.</summary>
    public void Prompted(int id, int frame)
    {
        if (!_prompted.TryGetValue(id, out var frames)) _prompted[id] = frames = [];
        frames.Add(video.FrameName(frame));
    }

    /// <summary>Measures an annotated frame.</summary>
    public void Add(int frame, IReadOnlyDictionary<int, BinaryMask> truth, IReadOnlyDictionary<int, BinaryMask> predicted) =>
        _scorer.Add(video.FrameName(frame), truth, predicted, video.ReadVoid(frame));

    /// <summary>What was measured of each object, under the names by which the data set's layout knows them.</summary>
    public IReadOnlyList<ObjectFrames> Conclude() => [.. _scorer.Frames.OrderBy(o => o.Key).Select(o =>
        new ObjectFrames(video.NameInScores(o.Key), o.Value) { Prompted = _prompted.GetValueOrDefault(o.Key) ?? [] })];
}
