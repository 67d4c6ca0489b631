namespace Sam2.Torch.Prediction;

/// <summary>How a <see cref="VideoMaskGenerator"/> finds and follows objects.</summary>
public sealed record VideoMaskGeneratorOptions
{
    /// <summary>
    /// How candidates are looked for on a frame. The paper's data engine (appendix, on automatically generated masklets) takes a
    /// grid of 32×32 points on the frame, 16×16 on each of 2×2 zoomed crops and 4×4 on each of 4×4: the default.
    /// </summary>
    public MaskGeneratorOptions Candidates { get; init; } = new()
    {
        CropLayers = 2,
        PointGrids = [PointGrid.Build(32), PointGrid.Build(16), PointGrid.Build(4)],
    };

    /// <summary>New objects are looked for every so many frames; 0 for the first frame only.</summary>
    public int SearchInterval { get; init; } = 30;

    /// <summary>Most objects that are tracked at a time. It bounds time and memory; the best candidates come first.</summary>
    public int MaxObjects { get; init; } = 32;

    /// <summary>
    /// Masks that overlap by more (IoU) show the same object: such a candidate isn't taken, and of two masklets that overlap so
    /// over all frames that they share, the younger is dropped.
    /// </summary>
    public double DuplicateIou { get; init; } = 0.7;

    /// <summary>Frames that two masklets must share before they can be found to be duplicates.</summary>
    public int DuplicateFrames { get; init; } = 4;

    /// <summary>
    /// After the first frame, candidates with a larger share of their pixels within tracked objects are parts of these, not new
    /// objects.
    /// </summary>
    public double MaxCovered { get; init; } = 0.8;

    /// <summary>An object that wasn't visible for so many frames is given up; if it comes back it is a new one.</summary>
    public int LostAfter { get; init; } = 24;

    /// <summary>Masklets that are visible on fewer frames are dropped.</summary>
    public int MinLength { get; init; } = 4;

    /// <summary>
    /// Masklets with a lower stability score, averaged over the frames on which they are visible, are dropped. Threshold and
    /// offset are those of <see cref="Candidates"/>.
    /// </summary>
    public double MinStability { get; init; } = 0.8;

    /// <summary>Islands and holes of the masks with fewer pixels are removed; the data engine removes those below 200. 0 keeps them.</summary>
    public int MinRegionArea { get; init; }

    /// <summary>How objects are tracked.</summary>
    public VideoSessionOptions Tracking { get; init; } = new() { RememberedFrames = 16, RememberedAroundFirst = 0 };

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it.</exception>
    internal void Validate()
    {
        Candidates.Validate();
        Require(SearchInterval >= 0, nameof(SearchInterval), SearchInterval, "0 or more");
        Require(MaxObjects >= 1, nameof(MaxObjects), MaxObjects, "at least 1");
        Require(DuplicateIou is > 0 and <= 1, nameof(DuplicateIou), DuplicateIou, "more than 0, and at most 1");
        Require(DuplicateFrames >= 1, nameof(DuplicateFrames), DuplicateFrames, "at least 1");
        Require(MaxCovered is >= 0 and <= 1, nameof(MaxCovered), MaxCovered, "0 to 1");
        Require(LostAfter >= 1, nameof(LostAfter), LostAfter, "at least 1");
        Require(MinLength >= 0, nameof(MinLength), MinLength, "0 or more");
        Require(MinStability is >= 0 and <= 1, nameof(MinStability), MinStability, "0 to 1");
        Require(MinRegionArea >= 0, nameof(MinRegionArea), MinRegionArea, "0 or more");
    }

    private static void Require(bool holds, string name, double value, string wanted)
    {
        if (!holds) throw new ArgumentException($"{name} is {value}; give {wanted}.");
    }
}
