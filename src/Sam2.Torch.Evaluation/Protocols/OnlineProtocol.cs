using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>
/// Interactive, online (paper, section 6.1): one pass over the video, which stops where an object's IoU falls below a threshold,
/// gets corrective clicks, and goes on. What a number of annotated frames is worth is measured by a pass that allows so many.
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
                    // Who never wants more than is allowed gets the same from a larger budget.
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
        return frame != pass.Start && (truth.Area > 0 || Options.CorrectAbsent) && RegionSimilarity.Of(predicted, truth) < Options.Threshold;
    }

    private static BinaryMask Nothing(BinaryMask like) => new(like.Height, like.Width);
}
