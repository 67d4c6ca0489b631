using System.Runtime.InteropServices;
using SkiaSharp;

namespace Sam2.Torch.Media;

/// <summary>
/// Reads and writes picture files with SkiaSharp's codecs. Only what Skia can't do is done here: the orientation of PNGs, which it
/// ignores, and PNGs of 16 bits, of which it cuts off the lower eight instead of rounding.
/// </summary>
public static class ImageFile
{
    private const string Supported = "Use PNG or JPEG; WebP, BMP and GIF are read too, AVIF and HEIC where ffmpeg reads them";

    /// <summary>The extensions by which the pictures in a folder are recognised.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".avif", ".heic", ".heif"];

    /// <summary>Reads a picture's header only.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="MediaException">Missing, unreadable, or not a picture.</exception>
    public static ImageInfo ReadInfo(string path)
    {
        using var stream = MediaFile.OpenRead(path);
        var info = ReadInfo(stream, path);
        return info.Format switch
        {
            ImageFormat.Unknown when stream.Length == 0 => throw new MediaException(path, "is empty", "Copy or download it again"),
            ImageFormat.Unknown => throw new MediaException(path, "is not a picture in a known format", Supported),
            ImageFormat.Tiff => throw new MediaException(path, "is a TIFF, a format that is not read", "Convert it to PNG"),
            _ => info,
        };
    }

    /// <summary>
    /// Reads a picture: upright (EXIF orientation applied), RGB as stored (profiles are not applied), transparency dropped. 16 bits
    /// are rounded to 8, CMYK is converted, and of an animation the first frame is read.
    /// </summary>
    /// <param name="path">The file; its content decides the format, not its extension.</param>
    /// <param name="limits">Limits on the picture, checked against its header before memory is allocated.</param>
    /// <param name="range">Which numbers of a PNG of 16 bits become black and white; all unless given.</param>
    /// <param name="cancellationToken">Checked before the pixels are decoded.</param>
    /// <exception cref="MediaException">Missing, unreadable, damaged, cut off, or larger than the limits.</exception>
    public static RgbImage Read(string path, MediaLimits? limits = null, SampleRange range = default, CancellationToken cancellationToken = default)
    {
        limits ??= MediaLimits.Default;
        var info = ReadInfo(path);
        limits.Check(path, info.StoredWidth, info.StoredHeight);
        cancellationToken.ThrowIfCancellationRequested();
        using var stream = MediaFile.OpenRead(path);
        if (info.Format == ImageFormat.Png && PngReader.ReadHeader(stream, path).BitDepth == 16)
        {
            stream.Position = 0;
            return SkiaPixels.Upright(PngReader.Read(stream, path, limits).RoundToRgb(range), info.Orientation);
        }

        if (info.Format == ImageFormat.Heif)
        {
            return SkiaPixels.Upright(HeifPicture.Decode(path, info, limits, cancellationToken), info.Orientation);
        }

        stream.Position = 0;
        using var codec = OpenCodec(stream, path);
        limits.Check(path, codec.Info.Width, codec.Info.Height);

        // Without a colour space Skia leaves the colours as they are stored.
        var layout = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        using var bitmap = new SKBitmap(layout);
        var result = codec.GetPixels(layout, bitmap.GetPixels());
        bool isDecoded = result is SKCodecResult.Success or SKCodecResult.IncompleteInput;
        if (info.Format == ImageFormat.Jpeg && isDecoded && MayLackData(stream, bitmap, result) && ReadAll(stream) is { } data)
        {
            var content = JpegScan.Of(data);
            if (content == JpegContent.LacksEnd)
            {
                return DecodeWithoutEnd(path, data, info.Orientation);
            }

            result = content == JpegContent.LacksPixels ? SKCodecResult.IncompleteInput : result;
        }

        return result switch
        {
            SKCodecResult.Success => SkiaPixels.ToImage(bitmap, info.Orientation),
            SKCodecResult.IncompleteInput => throw CutOff(path),
            SKCodecResult.ErrorInInput => throw new MediaException(path, "is damaged: a part of the picture cannot be decoded", "Copy the file again, or make it anew"),
            var failure => throw new MediaException(path, $"is of a kind that cannot be decoded ({failure})", "Convert it to PNG"),
        };
    }

    /// <summary>Writes a picture completely or not at all. The extension decides the format: <c>.png</c>, <c>.jpg</c> or <c>.jpeg</c>.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="image">The picture.</param>
    /// <param name="quality">JPEG only: 1 (small) to 100 (good).</param>
    /// <exception cref="MediaException">The extension is unknown or the file cannot be written.</exception>
    public static void Write(string path, RgbImage image, int quality = 92)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        using var encoded = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".png" => EncodePng(image),
            ".jpg" or ".jpeg" => EncodeJpeg(image, quality),
            _ => throw new MediaException(path, "has an ending that no picture format is written for", "Use .png or .jpg"),
        };
        MediaFile.Write(path, encoded.SaveTo);
    }

    /// <summary>Writes a picture with transparency as PNG, completely or not at all.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="image">Colours and opacity.</param>
    /// <exception cref="MediaException">The extension is not <c>.png</c> or the file cannot be written.</exception>
    public static void Write(string path, RgbaImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (!Path.GetExtension(path).Equals(".png", StringComparison.OrdinalIgnoreCase))
        {
            throw new MediaException(path, "cannot hold transparency", "Use the ending .png");
        }

        using var encoded = EncodePng(image.Colour, image.Alpha);
        MediaFile.Write(path, encoded.SaveTo);
    }

    /// <summary>The bytes of a PNG file. Fast rather than small: level 1 takes a third of the time of Skia's default and a tenth more bytes.</summary>
    public static SKData EncodePng(RgbImage image, byte[]? alpha = null)
    {
        using var bitmap = SkiaPixels.ToBitmap(image, alpha);
        using var pixels = bitmap.PeekPixels();
        return pixels.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.Sub, 1))
            ?? throw new InvalidOperationException($"A picture of {image.Width}×{image.Height} could not be encoded as PNG.");
    }

    /// <summary>The header of an open file; without a size if its format is not read (unknown or TIFF).</summary>
    internal static ImageInfo ReadInfo(Stream stream, string path)
    {
        Span<byte> head = stackalloc byte[12];
        head = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        var format = ImageInfo.Recognise(head);
        stream.Position = 0;
        switch (format)
        {
            case ImageFormat.Unknown or ImageFormat.Tiff:
                return new ImageInfo(format, 0, 0, ImageOrientation.Upright);
            case ImageFormat.Heif:
                return HeifPicture.ReadInfo(stream, path);
            case ImageFormat.Png:
                var header = PngReader.ReadHeader(stream, path);
                return new ImageInfo(format, header.Width, header.Height, header.Orientation);
            default:
                ImageInfo info;
                using (var codec = OpenCodec(stream, path))
                {
                    // Skia numbers orientations as EXIF does.
                    info = new ImageInfo(format, codec.Info.Width, codec.Info.Height, (ImageOrientation)codec.EncodedOrigin);
                }

                return format == ImageFormat.WebP && info.Orientation == ImageOrientation.Upright ? info with { Orientation = ExifBlock.OfWebP(stream) } : info;
        }
    }

    /// <summary>
    /// Whether a JPEG that was decoded may lack data. In most files, what is missing is filled evenly to the last corner, so that such a file is looked
    /// into only where that corner is even, which photographs rarely are; a progressive one has something everywhere.
    /// </summary>
    private static bool MayLackData(Stream stream, SKBitmap bitmap, SKCodecResult result)
    {
        const int Corner = 4;
        var corner = MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan())[^Math.Min(Corner, bitmap.Width)..];
        return result == SKCodecResult.IncompleteInput || !corner.ContainsAnyExcept(corner[0]) || JpegScan.IsProgressive(stream);
    }

    /// <summary>A JPEG that has all of its pixels, but not the mark at its end, without which decoders drop the last of them.</summary>
    private static RgbImage DecodeWithoutEnd(string path, byte[] data, ImageOrientation orientation)
    {
        using var codec = OpenCodec(new MemoryStream([.. data, 0xFF, 0xD9]), path);
        var layout = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        using var bitmap = new SKBitmap(layout);
        return codec.GetPixels(layout, bitmap.GetPixels()) == SKCodecResult.Success ? SkiaPixels.ToImage(bitmap, orientation) : throw CutOff(path);
    }

    private static MediaException CutOff(string path) => new(path, "is cut off: the picture is not complete", "Copy the file again");

    private static byte[]? ReadAll(Stream stream)
    {
        const int MostBytes = 1 << 30;
        if (stream.Length > MostBytes)
        {
            return null;
        }

        var data = new byte[stream.Length];
        stream.Position = 0;
        return stream.ReadAtLeast(data, data.Length, throwOnEndOfStream: false) == data.Length ? data : null;
    }

    private static SKCodec OpenCodec(Stream stream, string path) => SKCodec.Create(new SkiaStream(stream), out var result) ?? throw (result switch
    {
        SKCodecResult.IncompleteInput => new MediaException(path, "is cut off: its header is not complete", "Copy the file again"),
        _ => new MediaException(path, $"has a header that cannot be read ({result})", "The file is damaged; copy it again, or convert it to PNG"),
    });

    private static SKData EncodeJpeg(RgbImage image, int quality)
    {
        using var bitmap = SkiaPixels.ToBitmap(image);
        return bitmap.Encode(SKEncodedImageFormat.Jpeg, quality)
            ?? throw new InvalidOperationException($"A picture of {image.Width}×{image.Height} could not be encoded as JPEG.");
    }
}
