using Sam2.Torch.Datasets;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Validation;

/// <summary>
/// Semi-supervised tracking (paper, section 6.1): objects are given on the first frame and followed to the last. Objects that
/// are not visible on the first frame are left out.
/// </summary>
internal static class VideoValidation
{
    /// <summary>J and F over all objects of the videos; the first and the last frame don't count.</summary>
    /// <param name="model">The model, in evaluation mode.</param>
    /// <param name="videos">Videos of at least three frames.</param>
    /// <param name="prompt">How objects are given.</param>
    /// <param name="cancellation">Stops it.</param>
    public static DatasetScore Score(Sam2Model model, IEnumerable<IAnnotatedVideo> videos, VideoPrompt prompt, CancellationToken cancellation) =>
        new([.. videos.Select(video => Score(model, video, prompt, cancellation))]);

    private static VideoScore Score(Sam2Model model, IAnnotatedVideo video, VideoPrompt prompt, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var scorer = new VideoScorer(video.Name);
        var objects = video.ReadMasks(0).Where(o => o.Value.Area > 0).ToDictionary();
        if (objects.Count == 0)
            return scorer.Conclude();
        var frames = Enumerable.Range(0, video.FrameCount).Select(video.ReadFrame).ToList();
        using var session = new VideoSession(model, new FrameList(frames));
        foreach (var (id, mask) in objects)
        {
            if (prompt == VideoPrompt.Mask)
                session.AddMask(0, id, mask);
            else
                session.AddPoints(0, id, Click(mask));
        }
        foreach (var masks in session.Propagate(cancellationToken: cancellation))
        {
            if (!video.IsAnnotated(masks.Frame))
                continue;
            var truth = video.ReadMasks(masks.Frame);
            scorer.Add(
                video.FrameName(masks.Frame), objects.Keys.Where(truth.ContainsKey).ToDictionary(id => id, id => truth[id]),
                masks.Objects.ToDictionary(o => o.ObjectId, o => o.Mask));
        }
        return scorer.Conclude();
    }

    private static PointPrompt Click(BinaryMask mask)
    {
        var (x, y, foreground) = PromptSampler.CentreOfError(mask, new BinaryMask(mask.Height, mask.Width));
        return new PointPrompt(x, y, foreground);
    }
}
