using System.Globalization;

namespace Sam2.Torch.Media;

/// <summary>Picture codecs of the <c>system</c> stack: ffmpeg.</summary>
internal static class ImageBackend
{
    /// <summary>Decodes a picture as stored; the caller has checked the header and turns it upright.</summary>
    public static RgbImage Decode(string path, ImageInfo info, MediaLimits limits, CancellationToken cancellation)
    {
        // Naming the demuxer keeps ffmpeg from reading patterns such as %03d into a file's name.
        string demuxer = info.Format switch
        {
            ImageFormat.Jpeg => "jpeg_pipe",
            ImageFormat.WebP => "webp_pipe",
            ImageFormat.Bmp => "bmp_pipe",
            ImageFormat.Gif => "gif",
            ImageFormat.Tiff => "tiff_pipe",
            _ => throw new MediaException(path, $"is a picture in the format {info.Format}, which is not decoded here", "Convert it to PNG or JPEG"),
        };
        int width = info.StoredWidth;
        int height = info.StoredHeight;
        string[] arguments =
        [
            "-hide_banner", "-loglevel", "error", "-nostdin", "-noautorotate", .. Ffmpeg.InputOptions(limits),
            "-f", demuxer, "-i", Ffmpeg.FileUrl(path), "-map", "0:v:0", "-frames:v", "1",
            "-vf", $"scale={width}:{height}:flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24",
            "-f", "rawvideo", "pipe:1",
        ];
        using var process = FfmpegProcess.Start("ffmpeg", path, arguments, limits.Timeout, writes: false, cancellation);
        var pixels = GC.AllocateUninitializedArray<byte>(checked(width * height * 3));
        int have = ReadAll(process, pixels);
        var (exit, messages) = process.Finish();
        if (exit != 0 || have < pixels.Length || messages.Length > 0)
        {
            throw new MediaException(
                path, $"cannot be decoded completely ({Ffmpeg.Summarise(messages)})", "The file is damaged or cut off; copy it again");
        }

        return new RgbImage(width, height, pixels);
    }

    /// <summary>Encodes a JPEG in memory.</summary>
    public static byte[] EncodeJpeg(string path, RgbImage image, int quality)
    {
        // mjpeg's scale runs from 31 (small) to 2 (good); the line through these ends is close to libjpeg's for photos.
        double scale = Math.Clamp(2 + ((100 - quality) * 29 / 99.0), 2, 31);
        string[] arguments =
        [
            "-hide_banner", "-loglevel", "error", "-f", "rawvideo", "-pixel_format", "rgb24",
            "-video_size", $"{image.Width}x{image.Height}", "-i", "pipe:0", "-frames:v", "1",
            "-vf", "scale=flags=bicubic+accurate_rnd+full_chroma_int:out_range=full,format=yuvj444p",
            "-c:v", "mjpeg", "-q:v", scale.ToString("0.##", CultureInfo.InvariantCulture), "-f", "mjpeg", "pipe:1",
        ];
        using var process = FfmpegProcess.Start(
            "ffmpeg", path, arguments, MediaLimits.Default.Timeout, writes: true, CancellationToken.None);
        var output = new MemoryStream();
        var copy = process.Output.CopyToAsync(output);
        try
        {
            process.Input.Write(image.Pixels);
            process.Input.Close();
        }
        catch (IOException)
        {
            // ffmpeg has ended early; its exit code and messages say why.
        }

        copy.Wait();
        var (exit, messages) = process.Finish();
        return exit == 0 && output.Length > 0
            ? output.ToArray()
            : throw new MediaException(path, $"cannot be encoded ({Ffmpeg.Summarise(messages)})");
    }

    private static int ReadAll(FfmpegProcess process, byte[] pixels)
    {
        int have = 0;
        int got;
        while (have < pixels.Length && (got = process.Output.Read(pixels, have, pixels.Length - have)) > 0)
        {
            have += got;
            process.Watch();
        }

        return have;
    }
}
