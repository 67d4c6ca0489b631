using System.Diagnostics;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking.Policies;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>What was measured on one video with several memory policies.</summary>
/// <param name="Policies">The results, in the order of the policies.</param>
public sealed record MemoryComparisonResult(IReadOnlyList<VideoResult> Policies);

/// <summary>What a step of tracking costs with a memory policy.</summary>
/// <param name="Memory">The policy.</param>
/// <param name="Seconds">Median time of a frame with one object, encoding and reading included.</param>
public sealed record MemoryCost(string Memory, double Seconds);

/// <summary>
/// Semi-supervised tracking with several memory policies at once: every object is followed as often as there are policies, in one pass, so that
/// frames are read and encoded once. Objects of a session don't influence each other, so the scores are those of <see cref="SemiSupervisedProtocol"/>.
/// </summary>
/// <param name="memories">The policies.</param>
/// <param name="options">How objects are prompted. Masks overlap, whatever is said of that, as objects of different policies lie on each other.</param>
public sealed class MemoryComparison(IReadOnlyList<MemoryChoice> memories, SemiSupervisedOptions options)
{
    /// <summary>The object with number n of policy p is number p · this + n of the session.</summary>
    private const int Stride = 1 << 20;

    /// <summary>Frames in a row for which an object has to be away to count as found again.</summary>
    public const int AbsenceFrames = 5;

    /// <summary>Tracks the objects of a video with every policy.</summary>
    /// <param name="model">The model, in evaluation mode.</param>
    /// <param name="video">The video with its true masks.</param>
    /// <param name="observer">Told of progress; predictions aren't handed out.</param>
    /// <exception cref="DatasetException">An annotation is missing or damaged, or an object's number is out of range.</exception>
    /// <exception cref="OperationCanceledException">The observer's token was cancelled.</exception>
    public MemoryComparisonResult Run(Sam2Model model, IAnnotatedVideo video, VideoObserver observer)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(video);
        ArgumentNullException.ThrowIfNull(observer);
        using var frames = new AnnotatedFrames(video);
        var create = memories.Select(memory => memory.For(model.Config)).ToList();
        using var session = new VideoSession(model, frames, new VideoSessionOptions
        {
            FillHoleArea = options.FillHoleArea,
            Memory = id => create[id / Stride](id % Stride),
        });

        var scorers = memories.Select(_ => new ObjectScorer(video)).ToList();
        IEnumerator<FrameMasks>? pass = null;
        try
        {
            for (int frame = 0; frame < video.FrameCount; frame++)
            {
                observer.CancellationToken.ThrowIfCancellationRequested();
                var truth = video.ReadTruth(frame, frames.Width, frames.Height);
                foreach (var (id, mask) in truth.Where(o => o.Value.Area > 0 && !session.ObjectIds.Contains(o.Key)))
                {
                    if (id is < 0 or >= Stride) throw new DatasetException($"{video.Name} has an object with the number {id}; numbers from 0 to {Stride - 1} can be compared.");
                    for (int policy = 0; policy < memories.Count; policy++)
                    {
                        SimulatedUser.Prompt(session, frame, (policy * Stride) + id, mask, options.Prompt);
                        scorers[policy].Prompted(id, frame);
                    }
                }

                if (session.ObjectIds.Count > 0) pass ??= session.Propagate(frame, cancellationToken: observer.CancellationToken).GetEnumerator();
                var masks = pass is not null && pass.MoveNext() ? pass.Current.Objects.ToLookup(o => o.ObjectId / Stride) : null;
                for (int policy = 0; policy < memories.Count; policy++)
                {
                    var own = masks?[policy].ToDictionary(o => o.ObjectId % Stride, o => o.Mask) ?? [];
                    if (video.IsAnnotated(frame)) scorers[policy].Add(frame, truth, video.AsStored(own, frames.Height, frames.Width));
                }

                observer.Progress?.Report((frame + 1.0) / video.FrameCount);
            }
        }
        finally
        {
            pass?.Dispose();
        }

        return new MemoryComparisonResult([.. scorers.Select(s => new VideoResult(video.Name, [new RoundResult(1, s.Conclude())]))]);
    }

    /// <summary>
    /// Measures what a step costs with each policy: one object is followed with each on its own, in turn from frame to frame, so that whatever else
    /// the machine does falls on all alike.
    /// </summary>
    /// <param name="model">The model, in evaluation mode.</param>
    /// <param name="video">A video that shows an object on its first frame.</param>
    /// <param name="frameCount">How many frames, at most.</param>
    /// <param name="cancellationToken">Ends the measurement between two frames.</param>
    /// <returns>One cost per policy, in their order.</returns>
    public IReadOnlyList<MemoryCost> MeasureCost(Sam2Model model, IAnnotatedVideo video, int frameCount, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(video);
        ArgumentOutOfRangeException.ThrowIfLessThan(frameCount, 1);
        using var frames = new AnnotatedFrames(video);
        var (id, mask) = video.ReadTruth(0, frames.Width, frames.Height).OrderBy(o => o.Key).FirstOrDefault(o => o.Value.Area > 0);
        if (mask is null) throw new DatasetException($"{video.Name} shows no object on its first frame, so no step can be measured on it; choose another video.");

        var sessions = new List<VideoSession>();
        var passes = new List<IEnumerator<FrameMasks>>();
        try
        {
            foreach (var memory in memories)
            {
                sessions.Add(new VideoSession(model, frames, new VideoSessionOptions { FillHoleArea = options.FillHoleArea, Memory = memory.For(model.Config) }));
                SimulatedUser.Prompt(sessions[^1], 0, id, mask, options.Prompt);
                passes.Add(sessions[^1].Propagate(cancellationToken: cancellationToken).GetEnumerator());
            }

            var times = memories.Select(_ => new List<double>()).ToList();
            for (int frame = 0; frame < Math.Min(frameCount, video.FrameCount); frame++)
            {
                for (int policy = 0; policy < passes.Count; policy++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var watch = Stopwatch.StartNew();
                    passes[policy].MoveNext();
                    times[policy].Add(watch.Elapsed.TotalSeconds);
                }
            }

            return [.. memories.Select((memory, policy) => new MemoryCost(memory.Text, Median(times[policy])))];
        }
        finally
        {
            foreach (var pass in passes) pass.Dispose();
            foreach (var session in sessions) session.Dispose();
        }
    }

    /// <summary>
    /// The mean of J and F, in percent, of the frames on which an object is visible after it was away for <see cref="AbsenceFrames"/> frames in a row or more:
    /// whether it was found again. Null for an object that never came back.
    /// </summary>
    public static double? FoundAgain(ObjectFrames frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        var (away, back, scores) = (0, false, new List<double>());
        foreach (var frame in frames.Frames.SkipWhile(f => !f.IsVisible))
        {
            if (!frame.IsVisible)
            {
                away++;
                continue;
            }

            back |= away >= AbsenceFrames;
            away = 0;
            if (back) scores.Add(50 * (frame.J + frame.F));
        }

        return scores.Count > 0 ? scores.Average() : null;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return (values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2;
    }
}
