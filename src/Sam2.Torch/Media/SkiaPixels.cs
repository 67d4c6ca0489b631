using SkiaSharp;

namespace Sam2.Torch.Media;

/// <summary>Moves pixels between pictures, which have three bytes for each, and SkiaSharp, which has four.</summary>
internal static class SkiaPixels
{
    /// <summary>A bitmap with a copy of the pixels.</summary>
    /// <param name="image">The colours.</param>
    /// <param name="alpha">Opacity per pixel, not multiplied into the colours; null if all are opaque.</param>
    public static SKBitmap ToBitmap(RgbImage image, byte[]? alpha = null)
    {
        var kind = alpha is null ? SKAlphaType.Opaque : SKAlphaType.Unpremul;
        var bitmap = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, kind));
        var rgba = bitmap.GetPixelSpan();
        byte[] rgb = image.Pixels;
        for (int pixel = 0, from = 0, to = 0; from < rgb.Length; pixel++, from += 3, to += 4)
        {
            rgba[to] = rgb[from];
            rgba[to + 1] = rgb[from + 1];
            rgba[to + 2] = rgb[from + 2];
            rgba[to + 3] = alpha is null ? (byte)255 : alpha[pixel];
        }

        return bitmap;
    }

    /// <summary>A picture with a copy of a bitmap's colours, turned upright.</summary>
    public static RgbImage ToImage(SKBitmap bitmap, ImageOrientation orientation = ImageOrientation.Upright) =>
        Upright(bitmap.GetPixelSpan(), 4, bitmap.Width, bitmap.Height, orientation);

    /// <summary>The picture turned upright; the same object if there is nothing to do.</summary>
    public static RgbImage Upright(RgbImage stored, ImageOrientation orientation) => orientation == ImageOrientation.Upright
        ? stored
        : Upright(stored.Pixels, 3, stored.Width, stored.Height, orientation);

    private static RgbImage Upright(ReadOnlySpan<byte> source, int bytesPerPixel, int w, int h, ImageOrientation orientation)
    {
        bool swaps = orientation >= ImageOrientation.Transposed;
        var target = GC.AllocateUninitializedArray<byte>(checked(w * h * 3));
        var upright = new RgbImage(swaps ? h : w, swaps ? w : h, target);

        // The stored position of the upright pixel (x, y) is origin + x·stepX + y·stepY, counted in pixels.
        (long origin, long stepX, long stepY) = orientation switch
        {
            ImageOrientation.MirroredHorizontally => (w - 1, -1, w),
            ImageOrientation.Rotated180 => (((long)w * h) - 1, -1, -w),
            ImageOrientation.MirroredVertically => ((h - 1L) * w, 1, -w),
            ImageOrientation.Transposed => (0L, w, 1),
            ImageOrientation.TurnClockwise => ((h - 1L) * w, -w, 1),
            ImageOrientation.Transversed => (((long)w * h) - 1, -w, -1),
            ImageOrientation.TurnAnticlockwise => (w - 1L, w, -1),
            _ => (0L, 1, w),
        };
        int at = 0;
        for (int y = 0; y < upright.Height; y++)
        {
            int from = checked((int)((origin + (y * stepY)) * bytesPerPixel));
            int step = (int)(stepX * bytesPerPixel);
            for (int x = 0; x < upright.Width; x++, at += 3, from += step)
            {
                target[at] = source[from];
                target[at + 1] = source[from + 1];
                target[at + 2] = source[from + 2];
            }
        }

        return upright;
    }
}

/// <summary>
/// A file as Skia's decoders read it. SkiaSharp's own stream makes an array as long as a decoder asks for, and lets exceptions pass through native code, which
/// ends the process: a damaged bitmap of 130 bytes did either. Here a read gets what the file has, straight into the decoder's memory, and a file that can't be
/// read ends early.
/// </summary>
/// <param name="file">The file, which stays the caller's; it can seek.</param>
internal sealed unsafe class SkiaStream(Stream file) : SKAbstractManagedStream
{
    private const int LongestSpan = 1 << 20;

    protected override IntPtr OnRead(IntPtr buffer, IntPtr size) => Guard(() => Read(buffer, size));

    protected override IntPtr OnPeek(IntPtr buffer, IntPtr size) => Guard(() =>
    {
        long start = file.Position;
        var read = Read(buffer, size);
        file.Position = start;
        return read;
    });

    protected override bool OnIsAtEnd() => Guard(() => file.Position >= file.Length, atFailure: true);

    protected override bool OnHasPosition() => true;

    protected override bool OnHasLength() => true;

    protected override bool OnRewind() => OnSeek(0);

    protected override IntPtr OnGetPosition() => Guard(() => checked((nint)file.Position));

    protected override IntPtr OnGetLength() => Guard(() => checked((nint)file.Length));

    protected override bool OnSeek(IntPtr position) => Guard(() =>
    {
        // Sizes have no sign in Skia: what is negative here is beyond any file.
        file.Position = position < 0 ? file.Length : Math.Min(position, file.Length);
        return true;
    });

    protected override bool OnMove(int offset) => Guard(() =>
    {
        file.Position = Math.Clamp(file.Position + offset, 0, file.Length);
        return true;
    });

    protected override IntPtr OnCreateNew() => IntPtr.Zero;

    private nint Read(IntPtr buffer, IntPtr size)
    {
        long left = Math.Max(0, file.Length - file.Position);
        long wanted = size < 0 ? left : Math.Min(size, left);
        if (buffer == IntPtr.Zero)
        {
            // Skia skips bytes by reading them to nowhere.
            file.Position += wanted;
            return checked((nint)wanted);
        }

        nint have = 0;
        int got;
        while (have < wanted && (got = file.Read(new Span<byte>((byte*)buffer + have, (int)Math.Min(wanted - have, LongestSpan)))) > 0)
        {
            have += got;
        }

        return have;
    }

    /// <summary>No exception may reach native code. A decoder reports what is missing.</summary>
    private static T Guard<T>(Func<T> read, T atFailure = default!)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException or OverflowException)
        {
            return atFailure;
        }
    }
}
