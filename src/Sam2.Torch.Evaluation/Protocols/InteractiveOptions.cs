namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>What the paper says, and leaves open, about interactive segmentation of videos.</summary>
public sealed record InteractiveOptions
{
    /// <summary>On how many frames each object is annotated at most; the paper's 8.</summary>
    public int AnnotatedFrames { get; init; } = 8;

    /// <summary>Clicks on each annotated frame, each at the centre of the largest error; the paper's 3.</summary>
    public int ClicksPerFrame { get; init; } = 3;

    /// <summary>Online: the IoU below which the pass stops for a correction; the paper's 0.75.</summary>
    public double Threshold { get; init; } = 0.75;

    /// <summary>
    /// Whether corrected frames become conditioning frames like the first one, which the model attends to from everywhere. It is what
    /// the paper's memory of prompted frames says; the original's predictor has it as an option that is off.
    /// </summary>
    public bool CorrectedFramesCondition { get; init; } = true;

    /// <summary>Whether frames on which the object isn't visible are corrected too, with background clicks on what was predicted there.</summary>
    public bool CorrectAbsent { get; init; }

    /// <summary>Holes of at most this area are filled, in pixels of the low-resolution mask. The original's evaluations fill none.</summary>
    public int FillHoleArea { get; init; }

    /// <summary>
    /// On how many frames each object's answer is kept, at 0.8 MB each for 1024×1024 pixels; null for all frames of the video, so
    /// that a correction anywhere starts from the answer there. With fewer, corrections farther from the end of a pass start from nothing.
    /// </summary>
    public int? RememberedFrames { get; init; }

    /// <summary>Refuses what makes no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range; the message names it.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(AnnotatedFrames, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ClicksPerFrame, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Threshold, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Threshold, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(FillHoleArea);
        ArgumentOutOfRangeException.ThrowIfLessThan(RememberedFrames ?? 1, 1, nameof(RememberedFrames));
    }
}
