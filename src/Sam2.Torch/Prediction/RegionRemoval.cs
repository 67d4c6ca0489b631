namespace Sam2.Torch.Prediction;

/// <summary>What <see cref="MaskGeneratorOptions.MinMaskRegionArea"/> does. The original's answer depends on how it was installed.</summary>
public enum RegionRemoval
{
    /// <summary>
    /// Small islands and holes of the finished masks are removed, areas are pixels of the image, and a second non-maximum
    /// suppression drops masks that have become duplicates. What the original documents, and has in
    /// <c>postprocess_small_regions</c>.
    /// </summary>
    Finished,

    /// <summary>
    /// Islands and holes are removed from the low-resolution logits before masks are judged; areas are pixels there. What the
    /// original does where its CUDA extension is installed.
    /// </summary>
    LowResolution,

    /// <summary>Nothing. What the original does, with a warning, where its CUDA extension isn't installed.</summary>
    None,
}
