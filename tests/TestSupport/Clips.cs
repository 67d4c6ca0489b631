using System.Diagnostics;
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
