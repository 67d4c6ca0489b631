using System.Text.Json.Serialization;

namespace Sam2.Torch.Evaluation.Metrics;

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
