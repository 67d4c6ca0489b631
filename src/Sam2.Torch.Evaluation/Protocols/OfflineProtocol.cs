using Sam2.Torch.Evaluation.Metrics;

namespace Sam2.Torch.Evaluation.Protocols;

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
