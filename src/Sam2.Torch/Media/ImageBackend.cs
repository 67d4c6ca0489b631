using SkiaSharp;

namespace Sam2.Torch.Media;

/// <summary>Picture codecs of the <c>nuget</c> stack: SkiaSharp.</summary>
internal static class ImageBackend
{
    /// <summary>Decodes a picture as stored; the caller has checked the header and turns it upright.</summary>
    public static RgbImage Decode(string path, ImageInfo info, MediaLimits limits, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var stream = ImageFile.OpenRead(path);
        using var codec = SKCodec.Create(stream, out var opened);
        if (codec is null)
        {
            throw new MediaException(path, $"cannot be opened as a picture ({opened})", "Convert it to PNG or JPEG, or copy it again");
        }

        limits.Check(path, codec.Info.Width, codec.Info.Height);
        var layout = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        using var bitmap = new SKBitmap(layout);
        var decoded = codec.GetPixels(layout, bitmap.GetPixels());
        if (decoded != SKCodecResult.Success)
        {
            throw new MediaException(path, $"cannot be decoded completely ({decoded})", "The file is damaged or cut off; copy it again");
        }

        var rgba = bitmap.GetPixelSpan();
        var image = new RgbImage(layout.Width, layout.Height);
        for (int from = 0, to = 0; to < image.Pixels.Length; from += 4, to += 3)
        {
            rgba.Slice(from, 3).CopyTo(image.Pixels.AsSpan(to));
        }

        return image;
    }

    /// <summary>Encodes a JPEG in memory.</summary>
    public static byte[] EncodeJpeg(string path, RgbImage image, int quality)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var rgba = bitmap.GetPixelSpan();
        for (int from = 0, to = 0; from < image.Pixels.Length; from += 3, to += 4)
        {
            image.Pixels.AsSpan(from, 3).CopyTo(rgba[to..]);
            rgba[to + 3] = 255;
        }

        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, quality)
            ?? throw new MediaException(path, "cannot be encoded as JPEG");
        return data.ToArray();
    }
}
