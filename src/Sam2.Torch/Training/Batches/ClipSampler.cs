using Sam2.Torch.Datasets;
using Sam2.Torch.Masks;
using Sam2.Torch.Prediction;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Batches;

/// <summary>
/// Takes clips out of videos (training/dataset/vos_sampler.py, <c>RandomUniformSampler</c>): consecutive frames from a random start, and
/// some of the objects that are visible on the first of them.
/// </summary>
/// <param name="videos">The videos.</param>
/// <param name="sampling">How clips are taken.</param>
/// <param name="imageSize">Side of the model's input.</param>
internal sealed class ClipSampler(IReadOnlyList<IAnnotatedVideo> videos, ClipSampling sampling, int imageSize)
{
    private const int Attempts = 1000;

    /// <summary>A batch that depends on nothing but the random numbers; may be called by several threads.</summary>
    /// <exception cref="DatasetException">There seem to be no videos that are long enough and show an object.</exception>
    public ClipBatch Draw(TrainingRandom random, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var (images, masks, objectClip, names) = (new List<Tensor>(), new List<Tensor>(), new List<int>(), new List<string>());
        for (var clip = 0; clip < sampling.Clips; clip++)
        {
            cancellation.ThrowIfCancellationRequested();
            var (video, frames, objects) = Choose(random);
            var flip = random.Chance(sampling.FlipProbability);
            images.Add(stack([.. frames.Select(frame => Image(video, frame, flip))]));
            masks.Add(stack([.. frames.Select(frame => Masks(video, frame, objects, flip))]));
            objectClip.AddRange(objects.Select(_ => clip));
            names.Add($"{video.Name}@{frames[0]}");
        }
        return new ClipBatch(stack([.. images], 1).DetachFromDisposeScope(), cat([.. masks], 1).DetachFromDisposeScope(), objectClip, names);
    }

    private (IAnnotatedVideo Video, int[] Frames, List<int> Objects) Choose(TrainingRandom random)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var video = videos[random.Below(videos.Count)];
            if (video.FrameCount < sampling.Frames)
                continue;
            var start = random.Below(video.FrameCount - sampling.Frames + 1);
            var frames = Enumerable.Range(start, sampling.Frames).ToArray();
            if (random.Chance(sampling.ReverseProbability))
                Array.Reverse(frames);
            var visible = video.ReadMasks(frames[0]).Where(mask => mask.Value.Area > 0).Select(mask => mask.Key).Order().ToList();
            if (visible.Count > 0)
                return (video, frames, random.Choose(visible, sampling.MaxObjects));
        }
        throw new DatasetException($"Among {Attempts} random clips of {sampling.Frames} frames none shows an object on its first frame; look at the data set, or lower the number of frames.");
    }

    private Tensor Image(IAnnotatedVideo video, int frame, bool flip)
    {
        using var scope = NewDisposeScope();
        var image = ImageTransform.ToModelInput(video.ReadFrame(frame).ToTensor(), imageSize);
        return (flip ? image.flip(2) : image).MoveToOuterDisposeScope();
    }

    /// <summary>[O, S, S], bool.</summary>
    private Tensor Masks(IAnnotatedVideo video, int frame, List<int> objects, bool flip)
    {
        using var scope = NewDisposeScope();
        var truth = video.ReadMasks(frame);
        var masks = stack([.. objects.Select(id => truth.TryGetValue(id, out var mask) ? Resized(mask) : zeros([imageSize, imageSize], dtype: ScalarType.Bool))]);
        return (flip ? masks.flip(2) : masks).MoveToOuterDisposeScope();
    }

    private Tensor Resized(BinaryMask mask) => mask.Height == imageSize && mask.Width == imageSize
        ? mask.ToTensor()
        : nn.functional.interpolate(mask.ToTensor().to(float32).view(1, 1, mask.Height, mask.Width), size: [imageSize, imageSize], mode: InterpolationMode.Nearest)
            .view(imageSize, imageSize) > 0.5f;
}
