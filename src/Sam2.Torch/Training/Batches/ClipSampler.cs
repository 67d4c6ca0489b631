using Sam2.Torch.Datasets;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Batches;

/// <summary>
/// Makes batches of clips. A batch is a function of the seed and its number, so it may be made by any thread at any time. Samples that
/// can't be read are reported and replaced by others (training/dataset/vos_dataset.py, <c>VOSDataset._get_datapoint</c>).
/// </summary>
internal sealed class ClipSampler
{
    private const int Attempts = 100;

    // Uses of the seed.
    private const ulong OrderStream = 0, ClipStream = 1;

    private readonly IReadOnlyList<WeightedDataset> _datasets;
    private readonly ClipSampling _sampling;
    private readonly int _imageSize;
    private readonly ulong _seed;
    private readonly VideoOrder _order;

    /// <summary>A sampler.</summary>
    /// <param name="datasets">Where videos come from.</param>
    /// <param name="sampling">How clips are taken.</param>
    /// <param name="imageSize">Side of the model's input.</param>
    /// <param name="seed">Decides everything.</param>
    /// <exception cref="ArgumentException">There is no video.</exception>
    public ClipSampler(IReadOnlyList<WeightedDataset> datasets, ClipSampling sampling, int imageSize, ulong seed)
    {
        (_datasets, _sampling, _imageSize, _seed) = (datasets, sampling, imageSize, seed);
        _order = new VideoOrder(TrainingRandom.For(seed, OrderStream).NextBits(), [.. datasets.Select(set => (set.Videos.Count, set.Repeat))]);
    }

    /// <summary>A batch.</summary>
    /// <param name="number">Which one.</param>
    /// <param name="report">Told of samples that were skipped.</param>
    /// <param name="cancellation">Stops between clips.</param>
    /// <exception cref="DatasetException">No sample could be read.</exception>
    public ClipBatch Draw(long number, Action<string> report, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var (images, masks, objectClip, names) = (new List<Tensor>(), new List<Tensor>(), new List<int>(), new List<string>());
        for (var clip = 0; clip < _sampling.Clips; clip++)
        {
            cancellation.ThrowIfCancellationRequested();
            var (image, mask, name) = DrawClip((number * _sampling.Clips) + clip, report);
            images.Add(image);
            masks.Add(mask);
            objectClip.AddRange(Enumerable.Repeat(clip, (int)mask.shape[1]));
            names.Add(name);
        }
        return new ClipBatch(stack([.. images], 1).DetachFromDisposeScope(), cat([.. masks], 1).DetachFromDisposeScope(), objectClip, names);
    }

    /// <summary>[T, 3, S, S] and [T, O, S, S].</summary>
    private (Tensor Images, Tensor Masks, string Name) DrawClip(long sample, Action<string> report)
    {
        var random = TrainingRandom.For(_seed, ClipStream, (ulong)sample);
        Exception? last = null;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (set, index) = _order[attempt == 0 ? sample : (long)(random.NextDouble() * _order.EpochLength)];
            try
            {
                var video = _datasets[set].Videos[index];
                return Load(video, FrameChoice.Draw(video, _sampling, random), random.Chance(_sampling.FlipProbability));
            }
            catch (Exception e) when (e is IOException or MediaException or UnauthorizedAccessException)
            {
                last = e;
                report($"skipped a sample: {e.Message}");
            }
        }
        throw new DatasetException($"Of {Attempts} samples in a row none could be used, the last because: {last!.Message} Look at the data set.", last);
    }

    private (Tensor Images, Tensor Masks, string Name) Load(IAnnotatedVideo video, FrameChoice choice, bool flip)
    {
        using var scope = NewDisposeScope();
        var (images, masks) = (new List<Tensor>(), new List<Tensor>());
        foreach (var frame in choice.Frames)
        {
            // Masks right after the picture: what draws or decodes both at once keeps the last frame.
            images.Add(ImageTransform.ToModelInput(video.ReadFrame(frame).ToTensor(), _imageSize));
            var truth = video.ReadMasks(frame, choice.Objects);
            masks.Add(stack([.. choice.Objects.Select(id => truth.TryGetValue(id, out var mask) ? Resized(mask) : Absent())]));
        }
        var (clip, objects) = (stack([.. images]), stack([.. masks]));
        return (
            (flip ? clip.flip(3) : clip).MoveToOuterDisposeScope(), (flip ? objects.flip(3) : objects).MoveToOuterDisposeScope(),
            $"{video.Name}@{choice.Frames[0]}");
    }

    private Tensor Absent() => zeros([_imageSize, _imageSize], dtype: ScalarType.Bool);

    private Tensor Resized(BinaryMask mask) => mask.Height == _imageSize && mask.Width == _imageSize
        ? mask.ToTensor()
        : nn.functional.interpolate(mask.ToTensor().to(float32).view(1, 1, mask.Height, mask.Width), size: [_imageSize, _imageSize], mode: InterpolationMode.Nearest)
            .view(_imageSize, _imageSize) > 0.5f;
}
