namespace Sam2.Torch.Media;

/// <summary>Turns stored pixels upright.</summary>
internal static class OrientationTransform
{
    /// <summary>The upright picture; the same object where nothing is to do.</summary>
    public static RgbImage Apply(RgbImage stored, ImageOrientation orientation)
    {
        if (orientation == ImageOrientation.Upright)
        {
            return stored;
        }

        int w = stored.Width;
        int h = stored.Height;
        bool swaps = orientation >= ImageOrientation.Transposed;
        var upright = new RgbImage(swaps ? h : w, swaps ? w : h, GC.AllocateUninitializedArray<byte>(stored.Pixels.Length));
        byte[] source = stored.Pixels;
        byte[] target = upright.Pixels;

        // The stored position of the upright pixel (x, y) is origin + x·stepX + y·stepY, counted in pixels.
        (int origin, int stepX, int stepY) = orientation switch
        {
            ImageOrientation.MirroredHorizontally => (w - 1, -1, w),
            ImageOrientation.Rotated180 => ((w * h) - 1, -1, -w),
            ImageOrientation.MirroredVertically => ((h - 1) * w, 1, -w),
            ImageOrientation.Transposed => (0, w, 1),
            ImageOrientation.TurnClockwise => ((h - 1) * w, -w, 1),
            ImageOrientation.Transversed => ((w * h) - 1, -w, -1),
            ImageOrientation.TurnAnticlockwise => (w - 1, w, -1),
            _ => (0, 1, w),
        };
        int at = 0;
        for (int y = 0; y < upright.Height; y++)
        {
            int from = (origin + (y * stepY)) * 3;
            for (int x = 0; x < upright.Width; x++, at += 3, from += stepX * 3)
            {
                target[at] = source[from];
                target[at + 1] = source[from + 1];
                target[at + 2] = source[from + 2];
            }
        }

        return upright;
    }
}
