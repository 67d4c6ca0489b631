namespace Sam2.Torch.Masks;

/// <summary>What a <see cref="LogitScan"/> finds.</summary>
/// <param name="Runs">The mask, until the next scan into the same runs.</param>
/// <param name="InnerArea">Pixels above the raised threshold.</param>
/// <param name="OuterArea">Pixels above the lowered threshold.</param>
internal readonly record struct ScannedMask(MaskRuns Runs, long InnerArea, long OuterArea)
{
    /// <summary>
    /// How little the mask changes when its threshold moves (<c>sam2/utils/amg.py</c>, <c>calculate_stability_score</c>), 0 to 1;
    /// 0 where nothing is above the lowered threshold, as in <see cref="StabilityScore"/>.
    /// </summary>
    public float Stability => (float)InnerArea / Math.Max(OuterArea, 1);
}
