using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace TestSupport;

/// <summary>A small drawn video that tests write in the layouts of data sets: two discs, the second of which appears late.</summary>
public static class DrawnVideoFiles
{
    public const int Width = 40;
    public const int Height = 24;
    public const int Late = 4;

    /// <summary>A frame whose colour tells its number.</summary>
    public static RgbImage Frame(int number)
    {
        var image = new RgbImage(Width, Height);
        for (int i = 0; i < image.Pixels.Length; i += 3)
        {
            (image.Pixels[i], image.Pixels[i + 1], image.Pixels[i + 2]) = ((byte)(20 * number), 90, 30);
        }

        return image;
    }

    /// <summary>The number of a frame, whatever JPEG did to it.</summary>
    public static int Number(RgbImage image) => (int)Math.Round(image[3, 3].R / 20.0);

    /// <summary>An object's mask, 1 or 2; the second begins on frame <see cref="Late"/>.</summary>
    public static BinaryMask Mask(int frame, int id)
    {
        var mask = new BinaryMask(Height, Width);
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                var (dx, dy) = id == 1 ? (x - 10 - frame, y - 12) : (x - 30, y - 8 - frame);
                mask[y, x] = (dx * dx) + (dy * dy) < 25 && (id == 1 || frame >= Late);
            }
        }

        return mask;
    }

    /// <summary>Writes frames as JPEG.</summary>
    public static void WriteFrames(string folder, int count, string digits = "00000", int step = 1)
    {
        Directory.CreateDirectory(folder);
        for (int i = 0; i < count; i++)
        {
            ImageFile.Write(Path.Combine(folder, (i * step).ToString(digits) + ".jpg"), Frame(i));
        }
    }

    /// <summary>Writes a palette picture with both objects for some frames.</summary>
    public static void WriteMasks(string folder, IEnumerable<int> frames, string digits = "00000", int step = 1)
    {
        Directory.CreateDirectory(folder);
        foreach (int i in frames)
        {
            IndexedMasks.Combine(new Dictionary<int, BinaryMask> { [1] = Mask(i, 1), [2] = Mask(i, 2) }, Height, Width)
                .Write(Path.Combine(folder, (i * step).ToString(digits) + ".png"));
        }
    }

    /// <summary>Writes a folder of masks per object for some frames.</summary>
    public static void WriteObjectMasks(string folder, IEnumerable<int> frames, IReadOnlyList<string> names)
    {
        for (int o = 0; o < names.Count; o++)
        {
            Directory.CreateDirectory(Path.Combine(folder, names[o]));
            foreach (int i in frames)
            {
                MaskFile.WritePng(Path.Combine(folder, names[o], $"{i:00000}.png"), Mask(i, o + 1));
            }
        }
    }
}
