using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>
/// Measures J and F of a video's objects, annotated frame by annotated frame, and sums them up as the benchmarks do
/// (sav_dataset/utils/sav_benchmark.py, which follows davis2017-evaluation).
/// </summary>
/// <example><code>
/// var scorer = new VideoScorer("bear");
/// foreach (var frame in annotated) scorer.Add(video.FrameName(frame), video.ReadMasks(frame), predicted[frame]);
/// Console.WriteLine(scorer.Conclude().JAndF);
/// </code></example>
public sealed class VideoScorer(string video)
{
    private readonly List<string> _frames = [];
    private readonly SortedDictionary<int, List<FrameScore>> _objects = [];

    /// <summary>Measures one frame.</summary>
    /// <param name="frame">The frame's name.</param>
    /// <param name="truth">True masks by object id; an object without an entry isn't visible.</param>
    /// <param name="predicted">Predicted masks by object id, of the same size; an object without an entry isn't predicted.</param>
    /// <param name="ignored">Pixels that don't count, so belong to no mask, as in davis2017-evaluation; null if all count.</param>
    /// <exception cref="ArgumentException">Sizes differ.</exception>
    public void Add(
        string frame, IReadOnlyDictionary<int, BinaryMask> truth, IReadOnlyDictionary<int, BinaryMask> predicted, BinaryMask? ignored = null)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(predicted);
        foreach (int id in truth.Keys.Union(predicted.Keys).Where(id => !_objects.ContainsKey(id)))
        {
            _objects[id] = [.. _frames.Select(FrameScore.Absent)];
        }

        _frames.Add(frame);
        foreach (var (id, scores) in _objects)
        {
            scores.Add(Measure(frame, Without(ignored, truth.GetValueOrDefault(id)), Without(ignored, predicted.GetValueOrDefault(id))));
        }
    }

    /// <summary>The scores of every object on every frame so far, by id; objects that are only predicted included.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<FrameScore>> Frames =>
        _objects.ToDictionary(o => o.Key, o => (IReadOnlyList<FrameScore>)o.Value);

    /// <summary>The video's score. Objects that are never visible on a frame that counts have none.</summary>
    /// <param name="skipFirstAndLast">Whether the first and the last annotated frame don't count, as is standard for semi-supervised tracking.</param>
    public VideoScore Conclude(bool skipFirstAndLast = true) => new(video, [.. _objects
        .Select(o => ObjectScore.From(o.Key.ToString(System.Globalization.CultureInfo.InvariantCulture), o.Value, skipFirstAndLast))
        .OfType<ObjectScore>()]);

    private static BinaryMask? Without(BinaryMask? ignored, BinaryMask? mask)
    {
        if (ignored is null || mask is null)
        {
            return mask;
        }

        if ((ignored.Width, ignored.Height) != (mask.Width, mask.Height))
        {
            throw new ArgumentException($"A mask of {mask.Width}×{mask.Height} doesn't fit ignored pixels of {ignored.Width}×{ignored.Height}.", nameof(ignored));
        }

        var rest = new BinaryMask(mask.Height, mask.Width);
        for (int i = 0; i < rest.Data.Length; i++)
        {
            rest.Data[i] = (byte)(mask.Data[i] & ~ignored.Data[i]);
        }

        return rest;
    }

    /// <summary>Measures one object on one frame; null stands for an empty mask.</summary>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static FrameScore Measure(string frame, BinaryMask? truth, BinaryMask? predicted)
    {
        truth ??= (predicted is null ? null : new BinaryMask(predicted.Height, predicted.Width));
        if (truth is null)
        {
            return FrameScore.Absent(frame);
        }

        predicted ??= new BinaryMask(truth.Height, truth.Width);
        return new FrameScore(
            frame, MaskMetrics.RegionSimilarity(predicted, truth), MaskMetrics.BoundaryAccuracy(predicted, truth), truth.Area, predicted.Area);
    }
}
