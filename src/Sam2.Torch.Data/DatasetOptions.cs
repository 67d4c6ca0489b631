using Sam2.Torch.Media;

namespace Sam2.Torch.Data;

/// <summary>What is read of a data set.</summary>
public sealed record DatasetOptions
{
    /// <summary>
    /// The part of the data set, such as <c>train</c> or <c>val</c>: the name of a list in DAVIS's <c>ImageSets</c>, of a list or folder in
    /// the data set's folder, or of COCO's annotation file. Null for everything that is there.
    /// </summary>
    public string? Split { get; init; }

    /// <summary>The videos (or pictures) to use, in this order; null for all, sorted. <see cref="VideoListFile"/> reads lists.</summary>
    public IReadOnlyList<string>? Videos { get; init; }

    /// <summary>Videos (or pictures) that are left out.</summary>
    public IReadOnlyList<string> ExcludedVideos { get; init; } = [];

    /// <summary>How many of the remaining videos are used, from the first on; at least 1. Null for all.</summary>
    public int? MaxVideos { get; init; }

    /// <summary>The folder of the frames, relative to the data set's; null for the usual place.</summary>
    public string? Frames { get; init; }

    /// <summary>The folder (for COCO the file) of the annotations, relative to the data set's folder; null for the usual place.</summary>
    public string? Annotations { get; init; }

    /// <summary>Limits on the size of pictures.</summary>
    public MediaLimits Limits { get; init; } = MediaLimits.Default;

    /// <summary>
    /// A number in pictures of masks that is no object but says that nobody knows what is there, such as 255 in some files of DAVIS, from 1
    /// to 65535. Its pixels belong to no object (<see cref="IAnnotatedVideo.ReadVoid"/>). Null where every number is an object.
    /// </summary>
    public int? VoidNumber { get; init; }

    /// <summary>Which masklets of SA-V train are used.</summary>
    public MaskletKind Masklets { get; init; } = MaskletKind.Manual;

    /// <summary>SA-1B and COCO: masks that cover more than this share of their picture are left out, in (0, 1].</summary>
    public double MaxMaskArea { get; init; } = 1;

    /// <summary>SA-1B: masks with a lower stability score are left out, in [0, 1].</summary>
    public double MinStability { get; init; }

    /// <summary>Stride between the frames of a video that are used, at least 1: 2 takes every second frame.</summary>
    public int FrameStride { get; init; } = 1;

    /// <summary>How many frames of a video are considered before the stride is applied, from the first on; at least 1. Null for all.</summary>
    public int? MaxFrames { get; init; }

    /// <summary>Whether frames that are not annotated are left out, as in training.</summary>
    public bool AnnotatedFramesOnly { get; init; }

    /// <summary>Checks the ranges of the options.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range; the message names the option.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(FrameStride, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxVideos ?? 1, 1, nameof(MaxVideos));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFrames ?? 1, 1, nameof(MaxFrames));
        ArgumentOutOfRangeException.ThrowIfLessThan(VoidNumber ?? 1, 1, nameof(VoidNumber));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(VoidNumber ?? 1, ushort.MaxValue, nameof(VoidNumber));
        if (!(MaxMaskArea is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(MaxMaskArea), MaxMaskArea, $"{nameof(MaxMaskArea)} is {MaxMaskArea}, but must be above 0 and at most 1.");
        }

        if (!(MinStability is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(MinStability), MinStability, $"{nameof(MinStability)} is {MinStability}, but must be from 0 to 1.");
        }
    }
}

/// <summary>Which masklets of SA-V train are used.</summary>
public enum MaskletKind
{
    /// <summary>Those that people made, in <c>VIDEO_manual.json</c>.</summary>
    Manual,

    /// <summary>Those that the model made, in <c>VIDEO_auto.json</c>.</summary>
    Auto,

    /// <summary>Both, the manual ones first.</summary>
    All,
}
