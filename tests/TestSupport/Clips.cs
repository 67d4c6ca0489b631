using System.Diagnostics;
using System.Globalization;
using Sam2.Torch.Media;

namespace TestSupport;

/// <summary>Small clips in which every frame tells its number by its brightness.</summary>
public static class Clips
{
    public const int Width = 64;
    public const int Height = 48;

    /// <summary>The frame with a number from 0 to 49.</summary>
    public static RgbImage Frame(int number, int width = Width, int height = Height)
    {
        var image = new RgbImage(width, height);
        image.Pixels.AsSpan().Fill((byte)(5 + (number * 5)));
        return image;
    }

    /// <summary>The number of a frame, whatever a codec did to it.</summary>
    public static int Number(RgbImage image) =>
        (int)Math.Round((image[image.Width / 2, image.Height / 2].G - 5) / 5.0);

    public static void Write(string path, int frames, int width = Width, int height = Height)
    {
        using var writer = new VideoWriter(path, width, height, new FrameRate(25, 1));
        for (int i = 0; i < frames; i++)
        {
            writer.Write(Frame(i, width, height));
        }

        writer.Complete();
    }

    /// <summary>Frames that compress badly, so that a cut file still holds some of them.</summary>
    public static void WriteNoise(string path, int frames)
    {
        using var writer = new VideoWriter(path, 160, 120, new FrameRate(25, 1));
        for (int i = 0; i < frames; i++)
        {
            writer.Write(TestPictures.Noise(160, 120, i));
        }

        writer.Complete();
    }

    /// <summary>
    /// Writes a clip in which every frame is shown for another time, one of them for more than a second, and whose pixels are 16:11.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="frames">How many frames, at least 6.</param>
    /// <param name="input">ffmpeg's options of the input.</param>
    /// <param name="output">More options of the output.</param>
    public static void WriteUneven(string path, int frames, string[] input, params string[] output) => RunFfmpeg(
        [
            .. input, "-frames:v", frames.ToString(CultureInfo.InvariantCulture),
            "-vf", "settb=1/90000,setpts='N*N*900+N*451+if(gte(N,5),100000,0)',setsar=16/11", "-vsync", "passthrough",
            "-enc_time_base", "1:90000", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", .. output, path,
        ]);

    /// <summary>What ffprobe says of the first video stream, one entry for each line.</summary>
    /// <param name="path">The file.</param>
    /// <param name="entries">Such as <c>packet=pts</c>.</param>
    public static string[] Probe(string path, string entries)
    {
        using var process = Process.Start(new ProcessStartInfo("ffprobe", ["-v", "error", "-select_streams", "V:0", "-show_entries", entries, "-of", "csv=p=0", path])
        {
            RedirectStandardOutput = true,
        })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => line.TrimEnd(','))];
    }

    /// <summary>When the frames of a file are shown, in seconds from the first one on and in that order, and when the last one ends, if that is known.</summary>
    public static (double[] Begins, double End) Times(string path)
    {
        double[][] packets =
        [
            .. Probe(path, "packet=pts_time,duration_time")
                .Select(line => line.Split(',').Select(n => n == "N/A" ? double.NaN : double.Parse(n, CultureInfo.InvariantCulture)).ToArray())
                .OrderBy(packet => packet[0]),
        ];
        return ([.. packets.Select(packet => packet[0] - packets[0][0])], packets[^1].Sum() - packets[0][0]);
    }

    public static void RunFfmpeg(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("ffmpeg", ["-v", "error", "-nostdin", .. arguments]))!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"ffmpeg {string.Join(' ', arguments)} failed.");
        }
    }
}
