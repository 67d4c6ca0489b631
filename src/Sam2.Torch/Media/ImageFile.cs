namespace Sam2.Torch.Media;

/// <summary>Reads and writes picture files. The same behaviour on both stacks; only JPEG and the rarer formats use their codecs.</summary>
public static class ImageFile
{
    private const string Supported = "Use PNG or JPEG; WebP, BMP, GIF and, with ffmpeg, TIFF are read too";

    /// <summary>The endings that make a file of a folder a picture.</summary>
    public static IReadOnlyList<string> Extensions { get; } =
        [".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"];

    /// <summary>Reads a picture's header only.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="MediaException">Missing, unreadable, or not a picture.</exception>
    public static ImageInfo ReadInfo(string path)
    {
        using var stream = OpenRead(path);
        var info = ReadInfo(stream, path);
        return info.Format == ImageFormat.Unknown
            ? throw new MediaException(path, "is not a picture in a known format", Supported)
            : info;
    }

    /// <summary>Reads a picture: upright (EXIF orientation applied), RGB, transparency dropped.</summary>
    /// <param name="path">The file; its content decides the format, not its ending.</param>
    /// <param name="limits">What the picture may cost; checked on the header, before memory is committed.</param>
    /// <param name="cancellation">Stops a decoder that runs as a process.</param>
    /// <exception cref="MediaException">Missing, unreadable, damaged, cut off, or larger than the limits.</exception>
    public static RgbImage Read(string path, MediaLimits? limits = null, CancellationToken cancellation = default)
    {
        limits ??= MediaLimits.Default;
        ImageInfo info;
        using (var stream = OpenRead(path))
        {
            info = ReadInfo(stream, path);
            if (info.Format == ImageFormat.Unknown)
            {
                throw new MediaException(path, "is not a picture in a known format", Supported);
            }

            limits.Check(path, info.StoredWidth, info.StoredHeight);
            if (info.Format == ImageFormat.Png)
            {
                stream.Position = 0;
                return OrientationTransform.Apply(PngReader.Read(stream, path, limits).ToRgb(), info.Orientation);
            }
        }

        return OrientationTransform.Apply(ImageBackend.Decode(path, info, limits, cancellation), info.Orientation);
    }

    /// <summary>Writes a picture completely or not at all. The ending decides: <c>.png</c>, <c>.jpg</c> or <c>.jpeg</c>.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="image">The picture.</param>
    /// <param name="quality">JPEG only: 1 (small) to 100 (good).</param>
    /// <exception cref="MediaException">The ending is unknown or the file cannot be written.</exception>
    public static void Write(string path, RgbImage image, int quality = 92)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".png":
                MediaFile.Write(path, s => PngWriter.Write(s, image.Width, image.Height, PngColour.Rgb, image.Pixels));
                break;
            case ".jpg" or ".jpeg":
                byte[] jpeg = ImageBackend.EncodeJpeg(path, image, quality);
                MediaFile.Write(path, s => s.Write(jpeg));
                break;
            default:
                throw new MediaException(path, "has an ending that no picture format is written for", "Use .png or .jpg");
        }
    }

    /// <summary>Writes a picture with transparency as PNG, completely or not at all.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="image">Colours and opacity.</param>
    /// <exception cref="MediaException">The ending is not <c>.png</c> or the file cannot be written.</exception>
    public static void Write(string path, RgbaImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (!Path.GetExtension(path).Equals(".png", StringComparison.OrdinalIgnoreCase))
        {
            throw new MediaException(path, "cannot hold transparency", "Use the ending .png");
        }

        var samples = GC.AllocateUninitializedArray<byte>(image.Alpha.Length * 4);
        byte[] colour = image.Colour.Pixels;
        for (int i = 0; i < image.Alpha.Length; i++)
        {
            samples[4 * i] = colour[3 * i];
            samples[(4 * i) + 1] = colour[(3 * i) + 1];
            samples[(4 * i) + 2] = colour[(3 * i) + 2];
            samples[(4 * i) + 3] = image.Alpha[i];
        }

        MediaFile.Write(path, s => PngWriter.Write(s, image.Width, image.Height, PngColour.Rgba, samples));
    }

    /// <summary>Opens a file for reading, with messages that name it.</summary>
    internal static FileStream OpenRead(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new MediaException(path, "does not exist", null, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string cause = Directory.Exists(path) ? "is a folder, not a file" : $"cannot be opened ({e.Message})";
            throw new MediaException(path, cause, null, e);
        }
    }

    /// <summary>The header of an open file; <see cref="ImageFormat.Unknown"/> if it is no picture.</summary>
    internal static ImageInfo ReadInfo(Stream stream, string path)
    {
        try
        {
            return ImageHeader.Read(stream);
        }
        catch (EndOfStreamException e)
        {
            throw new MediaException(path, "is cut off: its header is not complete", "Copy the file again", e);
        }
        catch (InvalidDataException e)
        {
            throw new MediaException(path, $"is damaged ({e.Message})", "Copy the file again", e);
        }
    }
}
