namespace Sam2.Torch.Prediction;

/// <summary>What a <see cref="VideoMaskGenerator"/> thinks of a masklet.</summary>
public enum MaskletVerdict
{
    /// <summary>It is worth keeping.</summary>
    Keep,

    /// <summary>It shows the same object as another one.</summary>
    Duplicate,

    /// <summary>It is visible on too few frames.</summary>
    TooShort,

    /// <summary>Its masks depend too much on the threshold.</summary>
    Unstable,
}
