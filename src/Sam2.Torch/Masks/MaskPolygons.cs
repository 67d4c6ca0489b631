namespace Sam2.Torch.Masks;

/// <summary>
/// Traces the outlines of masks along the edges between pixels. Unlike contours through pixel centres (OpenCV's), which lose
/// half a pixel all around and make lines of narrow parts, these enclose exactly the mask's area, and
/// <see cref="PolygonRasteriser"/>, like pycocotools, fills them to exactly the mask.
/// </summary>
public static class MaskPolygons
{
    /// <summary>The connected parts of a mask; pixels that touch only at a corner are apart.</summary>
    /// <returns>In raster order of each part's first pixel; none for an empty mask.</returns>
    public static IReadOnlyList<MaskPolygon> Trace(BinaryMask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        var (left, top, width, height) = mask.BoundingBox;
        if (width == 0)
        {
            return [];
        }

        // A margin of one pixel lets the tracer look around itself without asking where the picture ends.
        int stride = width + 2;
        var pixels = new byte[stride * (height + 2)];
        for (int y = 0; y < height; y++)
        {
            mask.Row(top + y).Slice(left, width).CopyTo(pixels.AsSpan(((y + 1) * stride) + 1));
        }

        return new RingTracer(pixels, stride, height + 2, left - 1, top - 1).Trace();
    }

    /// <inheritdoc cref="Trace(BinaryMask)"/>
    public static IReadOnlyList<MaskPolygon> Trace(CocoRle mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return Trace(mask.Decode());
    }
}
