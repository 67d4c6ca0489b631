namespace Sam2.Torch.Configuration;

/// <summary>
/// Switches of the mask decoder at inference (<c>sam_mask_decoder_extra_args</c>). The defaults are those that the
/// original's builder sets for its predictors; they have no effect in training mode.
/// </summary>
public sealed record MaskDecoderConfig
{
    /// <summary>Whether an unstable single mask is replaced by the best of the three multimask outputs.</summary>
    public bool DynamicMultimaskViaStability { get; init; } = true;

    /// <summary>Offset, in logits, of the two thresholds whose IoU is the stability.</summary>
    public double DynamicMultimaskStabilityDelta { get; init; } = 0.05;

    /// <summary>Stability, in [0, 1], below which a mask counts as unstable.</summary>
    public double DynamicMultimaskStabilityThresh { get; init; } = 0.98;
}
