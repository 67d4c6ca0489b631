using System.Buffers.Binary;
using System.Diagnostics;
using NUnit.Framework;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Tests.Media;

/// <summary>AVIF and HEIC, which ffmpeg decodes. The pictures are ffmpeg's, too; their containers are written here, since ffmpeg writes none for HEIC.</summary>
public class HeifTests : FolderTests
{
    private const int Width = 96, Height = 64;

    // ImageMirror of ISO/IEC 23008-12, 6.5.12: 0 exchanges top and bottom, 1 left and right. ImageRotation turns anticlockwise.
    private static readonly (string Name, byte[][] Properties, Func<int, int, (int X, int Y)> Stored)[] Orientations =
    [
        ("upright", [], (x, y) => (x, y)),
        ("turned", [Turn(1)], (x, y) => (Width - 1 - y, x)),
        ("upside down", [Turn(2)], (x, y) => (Width - 1 - x, Height - 1 - y)),
        ("turned three times", [Turn(3)], (x, y) => (y, Height - 1 - x)),
        ("top and bottom exchanged", [Mirror(0)], (x, y) => (x, Height - 1 - y)),
        ("left and right exchanged", [Mirror(1)], (x, y) => (Width - 1 - x, y)),
        ("turned, then top and bottom exchanged", [Turn(1), Mirror(0)], (x, y) => (y, x)),
        ("top and bottom exchanged, then turned", [Mirror(0), Turn(1)], (x, y) => (Width - 1 - y, Height - 1 - x)),
    ];

    [Test]
    public void An_AVIF_has_its_colours_and_is_upright()
    {
        var image = WritePicture();
        Clips.RunFfmpeg("-i", Folder["p.png"], "-c:v", "libaom-av1", "-still-picture", "1", "-cpu-used", "8", "-crf", "10", Folder["ffmpeg.avif"]);
        AssertShows(ImageFile.Read(Folder["ffmpeg.avif"]), image, (x, y) => (x, y), "as ffmpeg writes it");
        var boxes = Boxes(File.ReadAllBytes(Folder["ffmpeg.avif"]));
        foreach (var (name, properties, stored) in Orientations)
        {
            File.WriteAllBytes(Folder["a.avif"], Heif("avif", "av01", Find(boxes["meta"], "av1C"), boxes["mdat"], properties));
            var read = ImageFile.Read(Folder["a.avif"]);
            var info = ImageFile.ReadInfo(Folder["a.avif"]);
            Assert.That((info.Width, info.Height), Is.EqualTo((read.Width, read.Height)), name);
            AssertShows(read, image, stored, name);
        }
    }

    [Test]
    public void A_HEIC_has_its_colours_where_ffmpeg_decodes_it_and_says_what_to_do_where_not()
    {
        var image = WritePicture();
        Clips.RunFfmpeg("-i", Folder["p.png"], "-c:v", "libx265", "-x265-params", "log-level=none:info=0", "-crf", "8", "-pix_fmt", "yuv420p", "-tag:v", "hvc1", Folder["p.mp4"]);
        var boxes = Boxes(File.ReadAllBytes(Folder["p.mp4"]));
        foreach (var (name, properties, stored) in Orientations.Where((_, i) => i is 0 or 6))
        {
            File.WriteAllBytes(Folder["a.heic"], Heif("heic", "hvc1", Find(boxes["moov"], "hvcC"), boxes["mdat"], properties));
            var info = ImageFile.ReadInfo(Folder["a.heic"]);
            bool isTurned = properties.Any(p => p.AsSpan(4, 4).SequenceEqual("irot"u8) && p[8] % 2 == 1);
            Assert.That((info.Width, info.Height), Is.EqualTo(isTurned ? (Height, Width) : (Width, Height)), name);
            if (FfmpegDecodes(Folder["a.heic"]))
            {
                AssertShows(ImageFile.Read(Folder["a.heic"]), image, stored, name);
            }
            else
            {
                Assert.That(
                    () => ImageFile.Read(Folder["a.heic"]),
                    Throws.TypeOf<MediaException>().With.Message.Contains("a.heic: is a HEIC").And.Message.Contains("ffmpeg").And.Message.Contains("Convert it to PNG"), name);
            }
        }
    }

    [Test]
    public void A_damaged_container_is_named()
    {
        WritePicture();
        Clips.RunFfmpeg("-i", Folder["p.png"], "-c:v", "libaom-av1", "-still-picture", "1", "-cpu-used", "8", Folder["p.avif"]);
        byte[] good = File.ReadAllBytes(Folder["p.avif"]);
        int size = good.AsSpan().IndexOf("ispe"u8), data = good.AsSpan().IndexOf("mdat"u8);
        foreach (var (what, bytes) in new (string, byte[])[]
        {
            ("cut in its header", good[..(size + 3)]),
            ("without a size", [.. good[..size], .. "free"u8, .. good[(size + 4)..]]),
            ("cut in its data", good[..(data + 40)]),
        })
        {
            File.WriteAllBytes(Folder["bad.avif"], bytes);
            Assert.That(() => ImageFile.Read(Folder["bad.avif"]), Throws.TypeOf<MediaException>().With.Message.Contains("bad.avif"), what);
        }
    }

    /// <summary>Four corners of different colours.</summary>
    private RgbImage WritePicture()
    {
        var image = new RgbImage(Width, Height);
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                image[x, y] = (x < Width / 3, y < Height / 2) switch
                {
                    (true, true) => new(200, 40, 40),
                    (false, true) => new(40, 180, 60),
                    (true, false) => new(50, 60, 200),
                    _ => new(220, 220, 210),
                };
            }
        }

        ImageFile.Write(Folder["p.png"], image);
        return image;
    }

    private static void AssertShows(RgbImage read, RgbImage image, Func<int, int, (int X, int Y)> stored, string what)
    {
        bool swaps = read.Width == Height;
        Assert.That((read.Width, read.Height), Is.EqualTo(swaps ? (Height, Width) : (Width, Height)), what);
        foreach (var (x, y) in new[] { (5, 5), (read.Width - 6, 5), (5, read.Height - 6), (read.Width - 6, read.Height - 6) })
        {
            var (a, b) = stored(x, y);
            var (got, wanted) = (read[x, y], image[a, b]);
            Assert.That(
                Math.Abs(got.R - wanted.R) + Math.Abs(got.G - wanted.G) + Math.Abs(got.B - wanted.B), Is.LessThan(40), $"{what}, at {x},{y}: {got} instead of {wanted}");
        }
    }

    private static bool FfmpegDecodes(string path)
    {
        using var process = Process.Start(new ProcessStartInfo("ffmpeg", ["-v", "quiet", "-nostdin", "-i", path, "-frames:v", "1", "-f", "null", "-"]))!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static byte[] Turn(byte quarters) => Box("irot", [quarters]);

    private static byte[] Mirror(byte axis) => Box("imir", [axis]);

    /// <summary>A container of one picture.</summary>
    private static byte[] Heif(string brand, string codec, byte[] configuration, byte[] data, byte[][] more)
    {
        var kind = System.Text.Encoding.ASCII.GetBytes(codec);
        byte[][] properties =
        [
            Box("ispe", [0, 0, 0, 0, .. Big(Width), .. Big(Height)]), configuration, Box("pixi", [0, 0, 0, 0, 3, 8, 8, 8]), .. more,
        ];
        byte[] associations = [.. properties.Select((p, i) => (byte)((p.AsSpan(4, 4).SequenceEqual("pixi"u8) || p.AsSpan(4, 4).SequenceEqual("ispe"u8) ? 0 : 0x80) | (i + 1)))];
        byte[] file = Box("ftyp", [.. System.Text.Encoding.ASCII.GetBytes(brand), 0, 0, 0, 0, .. "mif1"u8, .. System.Text.Encoding.ASCII.GetBytes(brand), .. "miaf"u8]);
        byte[] MetaFor(int offset) => Box("meta",
        [
            0, 0, 0, 0,
            .. Box("hdlr", [0, 0, 0, 0, 0, 0, 0, 0, .. "pict"u8, .. new byte[13]]),
            .. Box("pitm", [0, 0, 0, 0, 0, 1]),
            .. Box("iloc", [0, 0, 0, 0, 0x44, 0, 0, 1, 0, 1, 0, 0, 0, 1, .. Big(offset), .. Big(data.Length)]),
            .. Box("iinf", [0, 0, 0, 0, 0, 1, .. Box("infe", [2, 0, 0, 0, 0, 1, 0, 0, .. kind, 0])]),
            .. Box("iprp", [.. Box("ipco", [.. properties.SelectMany(p => p)]), .. Box("ipma", [0, 0, 0, 0, 0, 0, 0, 1, 0, 1, (byte)associations.Length, .. associations])]),
        ]);
        int offset = file.Length + MetaFor(0).Length + 8;
        return [.. file, .. MetaFor(offset), .. Box("mdat", data)];
    }

    private static byte[] Box(string type, byte[] content) => [.. Big(content.Length + 8), .. System.Text.Encoding.ASCII.GetBytes(type), .. content];

    private static byte[] Big(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }

    /// <summary>The outermost boxes' contents.</summary>
    private static Dictionary<string, byte[]> Boxes(byte[] file)
    {
        var boxes = new Dictionary<string, byte[]>();
        for (int at = 0; at < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            boxes[System.Text.Encoding.ASCII.GetString(file, at + 4, 4)] = file[(at + 8)..(at + length)];
            at += length;
        }

        return boxes;
    }

    /// <summary>A box within another, as a whole.</summary>
    private static byte[] Find(byte[] content, string type)
    {
        int at = content.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(type)) - 4;
        return content[at..(at + BinaryPrimitives.ReadInt32BigEndian(content.AsSpan(at)))];
    }
}
