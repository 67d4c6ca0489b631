using System.Numerics;
using Sam2.Torch.Data;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;
using Sam2.Torch.Training.Augmentations;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Batches;

/// <summary>How clips are cut out of videos.</summary>
/// <param name="Clips">Clips per batch.</param>
/// <param name="Frames">Frames per clip; 1 for images.</param>
/// <param name="MaxObjects">Maximum number of objects per clip.</param>
/// <param name="FlipProbability">Probability that a clip is mirrored, in [0, 1].</param>
/// <param name="ReverseProbability">Probability that a clip runs backwards in time, in [0, 1].</param>
/// <param name="Stride">Stride over the annotated frames: 1 takes every one, 2 every second one.</param>
public sealed record ClipSampling(
    int Clips, int Frames, int MaxObjects, double FlipProbability, double ReverseProbability, int Stride = 1)
{
    /// <summary>How many annotated frames a clip spans, from its first to its last.</summary>
    public int Span => checked(((Frames - 1) * Stride) + 1);

    /// <summary>Random changes of clips, in their order.</summary>
    public IReadOnlyList<IClipAugmentation> Augmentations { get; init; } = [];

    /// <summary>How many fixed variants of each video's frames there are (<see cref="Recipes.BatchSettings.Views"/>); null for no limit.</summary>
    public int? Views { get; init; }
}

/// <summary>A data set and how often each of its videos comes in an epoch.</summary>
/// <param name="Videos">The videos.</param>
/// <param name="Repeat">The repeat factor, above 0; 1 for every video once.</param>
public sealed record WeightedDataset(IReadOnlyList<IAnnotatedVideo> Videos, double Repeat = 1);

/// <summary>
/// Cuts batches of clips out of annotated videos. A batch is a function of the seed and its number, so any thread may make it at any
/// time. Samples that can't be read are reported and replaced by others (training/dataset/vos_dataset.py, <c>VOSDataset._get_datapoint</c>).
/// </summary>
public sealed class ClipSampler : IClipSampler
{
    private const int Attempts = 100;

    // Uses of the seed.
    private const ulong OrderStream = 0, ClipStream = 1, ViewStream = 2;

    private readonly IReadOnlyList<WeightedDataset> _datasets;
    private readonly ClipSampling _sampling;
    private readonly int _imageSize;
    private readonly ulong _seed;
    private readonly VideoOrder _order;

    /// <summary>Prepares a sampler.</summary>
    /// <param name="datasets">The videos.</param>
    /// <param name="sampling">How clips are cut out of them.</param>
    /// <param name="imageSize">Side of the model's input, in pixels.</param>
    /// <param name="seed">The seed of everything random.</param>
    /// <exception cref="ArgumentException">There is no video.</exception>
    public ClipSampler(IReadOnlyList<WeightedDataset> datasets, ClipSampling sampling, int imageSize, ulong seed)
    {
        (_datasets, _sampling, _imageSize, _seed) = (datasets, sampling, imageSize, seed);
        _order = new VideoOrder(TrainingRandom.For(seed, OrderStream).NextBits(), [.. datasets.Select(set => (set.Videos.Count, set.Repeat))]);
    }

    /// <inheritdoc/>
    /// <exception cref="DatasetException">None of many samples could be read.</exception>
    public ClipBatch Draw(long number, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        using var scope = NewDisposeScope();
        var (images, masks, objectClip, names) = (new List<Tensor>(), new List<Tensor>(), new List<int>(), new List<string>());
        for (var clip = 0; clip < _sampling.Clips; clip++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (image, mask, name) = DrawClip((number * _sampling.Clips) + clip, progress);
            images.Add(image);
            masks.Add(mask);
            objectClip.AddRange(Enumerable.Repeat(clip, (int)mask.size(1)));
            names.Add(name);
        }
        // Both first: if there is no memory for the second, the scope still owns the first.
        var (clips, objects) = (stack([.. images], 1), cat([.. masks], 1));
        return new ClipBatch(clips.DetachFromDisposeScope(), objects.DetachFromDisposeScope(), objectClip, names);
    }

    /// <summary>[T, 3, S, S] and [T, O, S, S].</summary>
    private (Tensor Images, Tensor Masks, string Name) DrawClip(long sample, IProgress<string>? progress)
    {
        var random = TrainingRandom.For(_seed, ClipStream, (ulong)sample);
        Exception? last = null;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (set, index) = _order[attempt == 0 ? sample : (long)(random.NextDouble() * _order.EpochLength)];
            try
            {
                var video = _datasets[set].Videos[index];
                if (FrameChoice.Draw(video, _sampling, random) is { } choice)
                    return Load(video, choice, Look(set, index, random));
                last = new DatasetException($"{video.Name} shows no object where clips were tried.");
            }
            catch (Exception e) when (e is DatasetException or MediaException or AnnotationException or IOException or UnauthorizedAccessException)
            {
                last = e;
                progress?.Report($"skipped a sample: {e.Message}");
            }
        }
        throw new DatasetException($"Of {Attempts} samples in a row none could be used, the last because: {last!.Message} Look at the data set.", last);
    }

    /// <summary>How a video's frames are changed: at random, or as one of its fixed views.</summary>
    private ClipLook Look(int set, int index, TrainingRandom random)
    {
        if (_sampling.Views is not { } views)
            return new(random.Chance(_sampling.FlipProbability), _sampling.Augmentations.Count > 0, random);
        var view = random.Below(views);
        var flips = _sampling.FlipProbability > 0;
        return new(
            flips && view % 2 == 1, _sampling.Augmentations.Count > 0 && view >= (flips ? 2 : 1),
            TrainingRandom.For(_seed, ViewStream, (ulong)set, (ulong)index, (ulong)view));
    }

    private (Tensor Images, Tensor Masks, string Name) Load(IAnnotatedVideo video, FrameChoice choice, ClipLook look)
    {
        using var scope = NewDisposeScope();
        var flip = look.IsMirrored;
        var frames = !look.IsAugmented
            ? choice.Frames.Select(frame => ReadInput(video, frame, choice.Objects)).ToList()
            : Augmented([.. choice.Frames.Select(frame => ReadFrame(video, frame, choice.Objects))], look.Random);
        var (clip, objects) = (stack([.. frames.Select(frame => frame.Image)]), stack([.. frames.Select(frame => frame.Masks)]));
        return (
            (flip ? clip.flip(3) : clip).MoveToOuterDisposeScope(), (flip ? objects.flip(3) : objects).MoveToOuterDisposeScope(),
            $"{video.Name}@{choice.Frames[0]}");
    }

    /// <summary>A frame as the model takes it.</summary>
    private ClipFrame ReadInput(IAnnotatedVideo video, int frame, IReadOnlyList<int> objects)
    {
        using var scope = NewDisposeScope();

        // Drawn videos make a frame and its masks together and keep only the last one, so the masks are read right after the picture.
        var image = video.ReadFrame(frame);
        var masks = ReadMasks(video, frame, objects, image);
        return new ClipFrame(ImageTransform.ToModelInput(image.ToTensor(), _imageSize), ClipFrame.ResizedMasks(masks, _imageSize, _imageSize)).MoveToOuterDisposeScope();
    }

    /// <summary>A frame at its size, for augmentations.</summary>
    private static ClipFrame ReadFrame(IAnnotatedVideo video, int frame, IReadOnlyList<int> objects)
    {
        using var scope = NewDisposeScope();
        var image = video.ReadFrame(frame);
        return new ClipFrame(image.ToPlanarTensor().to(float32).DividedBy(255), ReadMasks(video, frame, objects, image)).MoveToOuterDisposeScope();
    }

    private List<ClipFrame> Augmented(IReadOnlyList<ClipFrame> clip, TrainingRandom random)
    {
        foreach (var augmentation in _sampling.Augmentations)
            clip = augmentation.Apply(clip, random);
        return [.. clip.Select(frame => frame.ResizedTo(_imageSize, _imageSize)).Select(frame => frame with { Image = ImageTransform.Normalise(frame.Image) })];
    }

    /// <summary>[O, H, W], bool.</summary>
    private static Tensor ReadMasks(IAnnotatedVideo video, int frame, IReadOnlyList<int> objects, RgbImage image)
    {
        using var scope = NewDisposeScope();
        var truth = video.ReadMasks(frame, objects);
        return stack([.. objects.Select(id => truth.TryGetValue(id, out var mask) ? Fitting(mask, id) : zeros([image.Height, image.Width], dtype: ScalarType.Bool))])
            .MoveToOuterDisposeScope();

        Tensor Fitting(BinaryMask mask, int id) => mask.Height == image.Height && mask.Width == image.Width
            ? mask.ToTensor()
            : throw new DatasetException(
                $"The mask of object {id} on frame {video.FrameName(frame)} of video {video.Name} is {mask.Width}×{mask.Height}, but the frame is {image.Width}×{image.Height}; both need to be of one size.");
    }
}

/// <summary>How a clip is changed.</summary>
/// <param name="IsMirrored">Whether it is mirrored.</param>
/// <param name="IsAugmented">Whether augmentations apply.</param>
/// <param name="Random">The source of their randomness.</param>
internal readonly record struct ClipLook(bool IsMirrored, bool IsAugmented, TrainingRandom Random);

/// <summary>
/// Chooses a clip's frames and objects (training/dataset/vos_sampler.py, <c>RandomUniformSampler</c>): successive annotated frames
/// from a random start, sometimes backwards, and some of the objects that are visible on the first of them.
/// </summary>
internal sealed record FrameChoice(IReadOnlyList<int> Frames, IReadOnlyList<int> Objects)
{
    /// <summary>Number of starts that are tried in one video.</summary>
    private const int Attempts = 20;

    /// <summary>Draws a choice; null if no frame that was tried shows an object, which is not unusual.</summary>
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

/// <summary>
/// The order in which the videos of several data sets are used: all of them, shuffled, then all of them again in another order.
/// In an epoch, each video of a data set comes as often as the set's repeat factor says. If the factor is not whole, its fraction
/// of the videos comes once more, a different selection in each epoch (training/dataset/utils.py, <c>RepeatFactorWrapper</c>).
/// </summary>
internal sealed class VideoOrder
{
    private readonly ulong _seed;
    private readonly IReadOnlyList<(int Count, double Repeat)> _sets;
    private readonly long[] _starts;

    /// <summary>An order.</summary>
    /// <param name="seed">Chooses it.</param>
    /// <param name="sets">For each data set its number of videos and its repeat factor, above 0.</param>
    /// <exception cref="ArgumentException">No video is left.</exception>
    public VideoOrder(ulong seed, IReadOnlyList<(int Count, double Repeat)> sets)
    {
        (_seed, _sets, _starts) = (seed, sets, new long[sets.Count + 1]);
        for (var i = 0; i < sets.Count; i++)
            _starts[i + 1] = _starts[i] + (long)Math.Round(sets[i].Count * sets[i].Repeat);
        if (EpochLength == 0)
            throw new ArgumentException("There is no video to train on: the data sets are empty, or their repeat factors too small.", nameof(sets));
    }

    /// <summary>How many samples make an epoch.</summary>
    public long EpochLength => _starts[^1];

    /// <summary>Data set and video of a sample, counted from the beginning of the training.</summary>
    public (int Set, int Video) this[long sample]
    {
        get
        {
            var (epoch, place) = Math.DivRem(sample, EpochLength);
            place = Permutation(epoch, 0, EpochLength)[place];
            var set = 0;
            while (place >= _starts[set + 1])
                set++;
            // Copies of one video are neighbours: they all map to one place in the set's own order.
            var video = (long)((place - _starts[set]) / _sets[set].Repeat);
            return (set, (int)Permutation(epoch, set + 1, _sets[set].Count)[Math.Min(video, _sets[set].Count - 1)]);
        }
    }

    private IndexPermutation Permutation(long epoch, int set, long count) =>
        new(count, TrainingRandom.For(_seed, (ulong)epoch, (ulong)set).NextBits());
}

/// <summary>
/// A random order of 0 … count − 1 whose entries are computed one at a time, so that the order of a billion clips takes no
/// memory: a Feistel network over the next power of four, repeated until the result is in range (Black and Rogaway,
/// "Ciphers with Arbitrary Finite Domains", 2002).
/// </summary>
/// <param name="count">How many numbers are ordered, at least 1.</param>
/// <param name="key">Chooses the order.</param>
internal readonly struct IndexPermutation(long count, ulong key)
{
    private const int Rounds = 4;

    private readonly int _halfBits = Math.Max(1, (BitOperations.Log2((ulong)count) / 2) + 1);

    /// <summary>The number at a place of the order.</summary>
    public long this[long place]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(place);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(place, count);
            do
            {
                place = Encrypt((ulong)place);
            }
            while (place >= count);
            return place;
        }
    }

    private long Encrypt(ulong value)
    {
        ulong mask = (1UL << _halfBits) - 1;
        ulong left = value >> _halfBits, right = value & mask;
        for (var round = 0; round < Rounds; round++)
            (left, right) = (right, left ^ (SplitMix64.Mix(SplitMix64.Mix(key + (ulong)round) ^ right) & mask));
        return (long)((left << _halfBits) | right);
    }
}
