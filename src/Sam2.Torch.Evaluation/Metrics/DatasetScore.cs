using System.Text.Json.Serialization;

namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>How well the objects of a data set were followed. Every object counts the same, however long or crowded its video.</summary>
/// <param name="Videos">The videos.</param>
public sealed record DatasetScore(IReadOnlyList<VideoScore> Videos)
{
    /// <summary>Every object that counts.</summary>
    public IEnumerable<ObjectScore> Objects => Videos.SelectMany(v => v.Objects);

    /// <summary>Mean region similarity, 0 to 1; NaN without objects.</summary>
    public double J => Mean(Objects, o => o.J);

    /// <summary>Mean boundary accuracy, 0 to 1; NaN without objects.</summary>
    public double F => Mean(Objects, o => o.F);

    /// <summary>The mean of the two.</summary>
    public double JAndF => (J + F) / 2;

    /// <summary>Mean decay of J over the length of a video; NaN without objects.</summary>
    public double JDecay => Mean(Objects, o => o.JDecay);

    /// <summary>Mean fraction of frames with J above 0.5; NaN without objects.</summary>
    public double JRecall => Mean(Objects, o => o.JRecall);

    internal static double Mean(IEnumerable<ObjectScore> objects, Func<ObjectScore, double> value) =>
        objects.Select(value).DefaultIfEmpty(double.NaN).Average();
}

/// <summary>How well the objects of one video were followed.</summary>
/// <param name="Video">The video's name.</param>
/// <param name="Objects">The objects that count; none if no object is visible on a frame that counts.</param>
public sealed record VideoScore(string Video, IReadOnlyList<ObjectScore> Objects)
{
    /// <summary>Mean region similarity of the objects, 0 to 1; NaN without objects.</summary>
    public double J => DatasetScore.Mean(Objects, o => o.J);

    /// <summary>Mean boundary accuracy of the objects, 0 to 1; NaN without objects.</summary>
    public double F => DatasetScore.Mean(Objects, o => o.F);

    /// <summary>The mean of the two.</summary>
    public double JAndF => (J + F) / 2;
}

/// <summary>How well one object was followed through a video. Values are fractions, 0 to 1, where reports show percent.</summary>
/// <param name="Object">The object's name: its number, or its folder's name.</param>
/// <param name="Frames">The frames that count, in order.</param>
public sealed record ObjectScore(string Object, IReadOnlyList<FrameScore> Frames)
{
    /// <summary>Mean region similarity.</summary>
    public double J { get; } = Frames.Average(f => f.J);

    /// <summary>Mean boundary accuracy.</summary>
    public double F { get; } = Frames.Average(f => f.F);

    /// <summary>The mean of the two.</summary>
    public double JAndF => (J + F) / 2;

    /// <summary>How much J falls from the first to the last quarter of the frames (DAVIS's decay); negative if it rises.</summary>
    public double JDecay { get; } = Metrics.JDecay.Of([.. Frames.Select(f => f.J)]);

    /// <summary>The fraction of frames with J above 0.5 (DAVIS's recall).</summary>
    public double JRecall { get; } = Frames.Average(f => f.J > 0.5 ? 1.0 : 0.0);

    /// <summary>
    /// The score of an object from what was measured on every annotated frame, as the benchmarks count it: not before the first frame
    /// on which it is visible or predicted, and not at all, with null, if it is never visible on the frames that count.
    /// </summary>
    /// <param name="name">The object's name.</param>
    /// <param name="frames">Every annotated frame, in order.</param>
    /// <param name="skipFirstAndLast">
    /// Whether the first and the last annotated frame don't count: the first is given to semi-supervised methods, and DAVIS
    /// leaves out the last as well.
    /// </param>
    public static ObjectScore? From(string name, IReadOnlyList<FrameScore> frames, bool skipFirstAndLast)
    {
        ArgumentNullException.ThrowIfNull(frames);
        var counted = (skipFirstAndLast ? frames.Skip(1).SkipLast(1) : frames).SkipWhile(f => !f.IsSeen).ToList();
        return counted.Exists(f => f.IsVisible) ? new ObjectScore(name, counted) : null;
    }
}

/// <summary>How well one object was segmented on one frame.</summary>
/// <param name="Frame">The frame's name.</param>
/// <param name="J">Region similarity, 0 to 1.</param>
/// <param name="F">Boundary accuracy, 0 to 1.</param>
/// <param name="TrueArea">Pixels of the true mask; 0 where the object isn't visible.</param>
/// <param name="PredictedArea">Pixels of the predicted mask.</param>
public readonly record struct FrameScore(string Frame, double J, double F, long TrueArea, long PredictedArea)
{
    /// <summary>Whether the object is visible in the true mask.</summary>
    [JsonIgnore]
    public bool IsVisible => TrueArea > 0;

    /// <summary>Whether the object is visible or anything was predicted for it.</summary>
    [JsonIgnore]
    public bool IsSeen => TrueArea > 0 || PredictedArea > 0;

    /// <summary>The score where there is nothing and nothing was predicted.</summary>
    public static FrameScore Absent(string frame) => new(frame, 1, 1, 0, 0);
}

/// <summary>
/// DAVIS's decay: how much is lost over the length of a video. The frames are cut into four parts that share their end frames
/// (davis2017-evaluation, <c>db_statistics</c>).
/// </summary>
public static class JDecay
{
    private const int Parts = 4;

    /// <summary>The mean over the first part minus the mean over the last; 0 for fewer than two values.</summary>
    /// <param name="values">One value per frame, in order.</param>
    public static double Of(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count < 2)
        {
            return 0;
        }

        // The original counts frames from 1, adds a tiny amount to each cut, and rounds halves to even.
        int Cut(int part) => (int)Math.Round(1 + ((values.Count - 1) * (part / (double)Parts)) + 1e-10, MidpointRounding.ToEven) - 1;
        double Mean(int first, int last) => Enumerable.Range(first, last - first + 1).Average(i => values[i]);
        return Mean(Cut(0), Cut(1)) - Mean(Cut(Parts - 1), Cut(Parts));
    }
}

/// <summary>What was measured of one object: every annotated frame, whichever of them count in the end.</summary>
/// <param name="Object">The object's name: its number, or its folder's name.</param>
/// <param name="Frames">The annotated frames, in order.</param>
public sealed record ObjectFrames(string Object, IReadOnlyList<FrameScore> Frames)
{
    /// <summary>The names of the frames on which the object was prompted, in the order of the prompts; empty where that isn't known.</summary>
    public IReadOnlyList<string> Prompted { get; init; } = [];

    /// <summary>The mean area of the true masks, in pixels, of the frames on which the object is visible; 0 if it never is.</summary>
    [JsonIgnore]
    public double MeanArea => Frames.Where(f => f.IsVisible).Select(f => (double)f.TrueArea).DefaultIfEmpty(0).Average();

    /// <summary>How often the object disappears or comes back after it was first visible, as SA-V counts it.</summary>
    [JsonIgnore]
    public int VisibilityChanges
    {
        get
        {
            var visible = Frames.SkipWhile(f => !f.IsVisible).Select(f => f.IsVisible).ToList();
            return visible.Zip(visible.Skip(1), (before, after) => before != after).Count(changed => changed);
        }
    }

    /// <summary>The object's score; null if it is never visible on a frame that counts.</summary>
    /// <inheritdoc cref="ObjectScore.From"/>
    public ObjectScore? Conclude(bool skipFirstAndLast) => ObjectScore.From(Object, Frames, skipFirstAndLast);
}

/// <summary>The groups by which scores are broken down.</summary>
public static class ObjectGroups
{
    /// <summary>The bucket of a mean mask area in pixels.</summary>
    public static SizeBucket SizeOf(double meanArea) => meanArea switch
    {
        < 32 * 32 => SizeBucket.Small,
        < 96 * 96 => SizeBucket.Medium,
        _ => SizeBucket.Large,
    };

    /// <summary>The group of a number of visibility changes: objects that stay, that leave or come back, that do so again and again.</summary>
    public static string VisibilityOf(int changes) => changes switch
    {
        0 => "0 changes",
        <= 2 => "1–2 changes",
        _ => "3 and more changes",
    };
}

/// <summary>How large an object is in its video (SA-V, <c>masklet_size_bucket</c>), by the mean area of its mask where it is visible.</summary>
public enum SizeBucket
{
    /// <summary>Below 32² pixels.</summary>
    Small,

    /// <summary>From 32² to below 96² pixels.</summary>
    Medium,

    /// <summary>96² pixels and more.</summary>
    Large,
}
