using Sam2.Torch.Data;

namespace Sam2.Torch.Training.Batches;

/// <summary>
/// Chooses a clip's frames and objects (training/dataset/vos_sampler.py, <c>RandomUniformSampler</c>): annotated frames that follow
/// each other from a random start, maybe backwards, and some of the objects that are visible on the first of them.
/// </summary>
internal sealed record FrameChoice(IReadOnlyList<int> Frames, IReadOnlyList<int> Objects)
{
    /// <summary>How many starts are tried in one video before it is given up.</summary>
    private const int Attempts = 20;

    /// <summary>A choice; null if none of the starts that were tried shows an object, which is nothing unusual.</summary>
    /// <exception cref="DatasetException">The video is too short.</exception>
    public static FrameChoice? Draw(IAnnotatedVideo video, ClipSampling sampling, TrainingRandom random)
    {
        var annotated = Enumerable.Range(0, video.FrameCount).Where(video.IsAnnotated).ToList();
        if (annotated.Count < sampling.Span)
            throw new DatasetException($"{video.Name} has {annotated.Count} annotated frames, but clips need {sampling.Span}; lower frames or stride.");
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var start = random.Below(annotated.Count - sampling.Span + 1);
            var frames = Enumerable.Range(0, sampling.Frames).Select(i => annotated[start + (i * sampling.Stride)]).ToArray();
            if (random.Chance(sampling.ReverseProbability))
                Array.Reverse(frames);
            var visible = video.VisibleObjects(frames[0]);
            if (visible.Count > 0)
                return new FrameChoice(frames, random.Choose(visible, sampling.MaxObjects));
        }
        return null;
    }
}
