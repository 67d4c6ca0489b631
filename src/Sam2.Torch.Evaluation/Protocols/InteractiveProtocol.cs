using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using Sam2.Torch.Tracking.Policies;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>What the paper says, and leaves open, about interactive segmentation of videos.</summary>
public sealed record InteractiveOptions
{
    /// <summary>On how many frames each object is annotated at most; the paper's 8.</summary>
    public int AnnotatedFrames { get; init; } = 8;

    /// <summary>Clicks on each annotated frame, each at the centre of the largest error; the paper's 3.</summary>
    public int ClicksPerFrame { get; init; } = 3;

    /// <summary>Online: the IoU below which the pass stops for a correction; the paper's 0.75.</summary>
    public double Threshold { get; init; } = 0.75;

    /// <summary>
    /// Whether corrected frames become conditioning frames like the first one, which the model attends to from everywhere. It is what
    /// the paper's memory of prompted frames says; the original's predictor has it as an option that is off.
    /// </summary>
    public bool CorrectedFramesCondition { get; init; } = true;

    /// <summary>Whether frames on which the object isn't visible are corrected too, with background clicks on what was predicted there.</summary>
    public bool CorrectAbsent { get; init; }

    /// <summary>Holes of at most this area are filled, in pixels of the low-resolution mask. The original's evaluations fill none.</summary>
    public int FillHoleArea { get; init; }

    /// <summary>
    /// On how many frames each object's answer is kept, at 0.8 MB each for 1024×1024 pixels; null for all frames of the video, so
    /// that a correction anywhere starts from the answer there. With fewer, corrections on earlier frames start without an answer.
    /// </summary>
    public int? RememberedFrames { get; init; }

    /// <summary>How objects are remembered; as SAM 2 does when null. Another memory decides by itself how many frames it keeps.</summary>
    public MemoryChoice? Memory { get; init; }

    /// <summary>Refuses what makes no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range; the message names it.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(AnnotatedFrames, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ClicksPerFrame, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Threshold, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Threshold, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(FillHoleArea);
        ArgumentOutOfRangeException.ThrowIfLessThan(RememberedFrames ?? 1, 1, nameof(RememberedFrames));
    }
}

/// <summary>
/// What the two interactive protocols share: objects are grouped by the frame on which they appear, every round of annotations is
/// measured on all annotated frames, and the last round's masks are handed out. Every object is measured on its own, whatever covers it.
/// </summary>
public abstract class InteractiveProtocol : IVideoProtocol
{
    /// <summary>Creates the protocol.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    protected InteractiveProtocol(InteractiveOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        Options = options;
    }

    /// <summary>How the annotator works.</summary>
    protected InteractiveOptions Options { get; }

    /// <inheritdoc/>
    public VideoResult Run(Sam2Model model, IAnnotatedVideo video, VideoObserver observer)
    {
        ArgumentNullException.ThrowIfNull(video);
        ArgumentNullException.ThrowIfNull(observer);
        using var job = new InteractiveJob(model, video, Options, observer);
        foreach (var group in FirstFrames(video, job.Frames).GroupBy(o => o.Frame).OrderBy(g => g.Key))
        {
            Annotate(job, group.Key, [.. group.Select(o => o.Id)]);
        }

        job.WriteLastRound();
        return new VideoResult(video.Name, job.Conclude())
        {
            Speed = new EvaluationSpeed(job.FramesTracked, job.Watch.Elapsed.TotalSeconds, observer.PeakMemory?.Invoke() ?? 0),
        };
    }

    /// <summary>Annotates the objects of one group in rounds and adds each round to the job.</summary>
    private protected abstract void Annotate(InteractiveJob job, int start, IReadOnlyList<int> objects);

    /// <summary>The frame on which each object is first visible.</summary>
    private static IEnumerable<(int Id, int Frame)> FirstFrames(IAnnotatedVideo video, AnnotatedFrames frames)
    {
        var first = new SortedDictionary<int, int>();
        for (int frame = 0; frame < video.FrameCount; frame++)
        {
            foreach (var (id, mask) in video.ReadTruth(frame, frames.Width, frames.Height))
            {
                if (mask.Area > 0) first.TryAdd(id, frame);
            }
        }

        return first.Select(o => (o.Key, o.Value));
    }
}

/// <summary>
/// Interactive, offline (paper, section 6.1): pass after pass over the whole video; after each, every object is corrected on the frame
/// where its IoU is worst.
/// </summary>
public sealed class OfflineProtocol(InteractiveOptions options) : InteractiveProtocol(options)
{
    private protected override void Annotate(InteractiveJob job, int start, IReadOnlyList<int> objects)
    {
        using var pass = job.Begin(start, objects);
        for (int round = 0; round < Options.AnnotatedFrames; round++)
        {
            job.Track(pass);
            var measured = job.Measure(pass);
            var worst = round + 1 < Options.AnnotatedFrames
                ? [.. objects.Select(id => (id, frame: WorstFrame(job, pass, id, measured[id]))).Where(w => w.frame is not null)]
                : new List<(int id, int? frame)>();
            job.AddRound(round, isLast: worst.Count == 0, pass, measured);
            if (worst.Count == 0) return;
            foreach (var (id, frame) in worst)
            {
                pass.Annotate(frame!.Value, id, job.Truth(frame.Value)[id], pass.Masks[frame.Value][id].Decode());
            }
        }
    }

    /// <summary>The frame with the lowest IoU that wasn't annotated yet, the first of equals; null if nothing is wrong anywhere.</summary>
    private int? WorstFrame(InteractiveJob job, InteractivePass pass, int id, ObjectFrames measured)
    {
        var scores = measured.Frames.ToDictionary(f => f.Frame);
        (int Frame, double J)? worst = null;
        for (int frame = pass.Start; frame < job.Video.FrameCount; frame++)
        {
            if (!job.Video.IsAnnotated(frame) || pass.Annotated[id].Contains(frame)) continue;
            var score = scores[job.Video.FrameName(frame)];
            if ((score.IsVisible || Options.CorrectAbsent) && score.J < (worst?.J ?? 1)) worst = (frame, score.J);
        }

        return worst?.Frame;
    }
}

/// <summary>
/// Interactive, online (paper, section 6.1): one pass over the video, which stops where an object's IoU falls below a threshold,
/// gets corrective clicks, and goes on. Each number of annotated frames is measured by a pass of its own that allows that many.
/// </summary>
public sealed class OnlineProtocol(InteractiveOptions options) : InteractiveProtocol(options)
{
    private protected override void Annotate(InteractiveJob job, int start, IReadOnlyList<int> objects)
    {
        for (int budget = 1; budget <= Options.AnnotatedFrames; budget++)
        {
            using var pass = job.Begin(start, objects);
            int allowed = budget;
            bool isLast = true;
            job.Track(pass, (frame, truth, masks) =>
            {
                foreach (int id in objects.Where(id => NeedsCorrection(pass, frame, truth.GetValueOrDefault(id), masks[id])))
                {
                    // An object that never needs more than the budget gets the same masks from a larger one.
                    if (pass.Annotated[id].Count == allowed) isLast = false;
                    else masks[id] = pass.Annotate(frame, id, truth.GetValueOrDefault(id) ?? Nothing(masks[id]), masks[id]);
                }
            });
            job.AddRound(budget - 1, isLast, pass, job.Measure(pass));
            if (isLast) return;
        }
    }

    private bool NeedsCorrection(InteractivePass pass, int frame, BinaryMask? truth, BinaryMask predicted)
    {
        truth ??= Nothing(predicted);
        return frame != pass.Start && (truth.Area > 0 || Options.CorrectAbsent) && MaskMetrics.RegionSimilarity(predicted, truth) < Options.Threshold;
    }

    private static BinaryMask Nothing(BinaryMask like) => new(like.Height, like.Width);
}
