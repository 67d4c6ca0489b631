using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using NUnit.Framework;
using Sam2.Torch.Media;
using SkiaSharp;
using TestSupport;

namespace Sam2.Torch.Tests.Media;

public class ImageFileTests : FolderTests
{
    [TestCase(1, 1)]
    [TestCase(7, 3)]
    [TestCase(64, 65)]
    public void Png_round_trip_is_exact(int width, int height)
    {
        var image = TestPictures.Noise(width, height, seed: width);
        ImageFile.Write(Folder["a.png"], image);
        var back = ImageFile.Read(Folder["a.png"]);
        Assert.That((back.Width, back.Height), Is.EqualTo((width, height)));
        Assert.That(back.Pixels, Is.EqualTo(image.Pixels));
        Assert.That(Folder.Files, Is.EqualTo(new[] { "a.png" }), "no temporary file is left");
    }

    [Test]
    public void Jpeg_round_trip_is_close_and_quality_matters()
    {
        var image = TestPictures.Smooth(120, 91);
        ImageFile.Write(Folder["good.jpg"], image, quality: 95);
        ImageFile.Write(Folder["small.jpeg"], image, quality: 20);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(TestPictures.MeanDifference(image, ImageFile.Read(Folder["good.jpg"])), Is.LessThan(2));
            Assert.That(TestPictures.MeanDifference(image, ImageFile.Read(Folder["small.jpeg"])), Is.LessThan(12));
            Assert.That(new FileInfo(Folder["small.jpeg"]).Length, Is.LessThan(new FileInfo(Folder["good.jpg"]).Length));
        }
    }

    [Test]
    public void The_content_decides_the_format_not_the_ending()
    {
        ImageFile.Write(Folder["a.png"], TestPictures.Smooth(9, 8));
        File.Move(Folder["a.png"], Folder["a.jpg"]);
        ImageFile.Write(Folder["b.jpg"], TestPictures.Smooth(9, 8));
        File.Move(Folder["b.jpg"], Folder["b.png"]);
        Assert.That(ImageFile.ReadInfo(Folder["a.jpg"]).Format, Is.EqualTo(ImageFormat.Png));
        Assert.That(ImageFile.Read(Folder["a.jpg"]).Width, Is.EqualTo(9));
        Assert.That(ImageFile.Read(Folder["b.png"]).Width, Is.EqualTo(9));
    }

    // Those that the system allows: Windows has no files with colons, quotes and asterisks in their names.
    private static IEnumerable<string> HostileNames => new[]
    {
        "-v.jpg", "http:x.jpg", "concat:a.jpg", "a:b.jpg", "a%03d.jpg", "$(touch pwned) `x` ; | & \" ' \\ *.jpg", "ü 日本.jpg",
    }.Where(name => name.IndexOfAny(Path.GetInvalidFileNameChars()) < 0);

    [TestCaseSource(nameof(HostileNames))]
    public void A_hostile_name_is_still_a_file(string name)
    {
        ImageFile.Write(Folder[name], TestPictures.Smooth(16, 12));
        Assert.That(ImageFile.Read(Folder[name]).Width, Is.EqualTo(16));
        Assert.That(Folder.Files, Is.EqualTo(new[] { name }));
    }

    [Test]
    public void A_relative_hostile_name_is_still_a_file()
    {
        string before = Environment.CurrentDirectory;
        try
        {
            Environment.CurrentDirectory = Folder.Path;
            ImageFile.Write("-i.jpg", TestPictures.Smooth(16, 12));
            Assert.That(ImageFile.Read("-i.jpg").Height, Is.EqualTo(12));
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    [Test]
    public void Jpeg_orientation_is_applied([Range(1, 8)] int orientation, [Values] bool littleEndian)
    {
        string path = Folder["o.jpg"];
        ImageFile.Write(path, Corners(48, 32), quality: 95);
        TestPictures.AddExifToJpeg(path, TestPictures.Exif(orientation, littleEndian));
        AssertUpright(path, orientation);
    }

    [Test]
    public void Png_orientation_is_applied([Range(1, 8)] int orientation, [Values] bool behindPixels, [Values("eXIf", "tEXt", "zTXt")] string type)
    {
        string path = Folder["o.png"];
        ImageFile.Write(path, Corners(48, 32));
        byte[] png = File.ReadAllBytes(path);
        byte[] exif = TestPictures.Exif(orientation, littleEndian: false)[6..];
        if (type != "eXIf") exif = RawProfile(exif, type == "zTXt");
        byte[] chunk = [0, 0, 0, (byte)exif.Length, .. Encoding.ASCII.GetBytes(type), .. exif, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32.HashToUInt32(chunk.AsSpan(4, exif.Length + 4)));
        // Behind the header, or before the end.
        var place = behindPixels ? png.Length - 12 : 33;
        File.WriteAllBytes(path, [.. png[..place], .. chunk, .. png[place..]]);
        AssertUpright(path, orientation);
    }

    /// <summary>As ImageMagick writes it, and Pillow reads it.</summary>
    private static byte[] RawProfile(byte[] exif, bool isCompressed)
    {
        string digits = string.Join('\n', Convert.ToHexStringLower(exif).Chunk(72).Select(line => new string(line)));
        byte[] text = Encoding.ASCII.GetBytes($"\nexif\n{exif.Length,8}\n{digits}\n");
        if (!isCompressed) return [.. "Raw profile type exif\0"u8, .. text];
        var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal)) zlib.Write(text);
        return [.. "Raw profile type exif\0\0"u8, .. packed.ToArray()];
    }

    [Test]
    public void WebP_orientation_is_applied([Range(1, 8)] int orientation, [Values] bool withPrefixOfJpeg)
    {
        using var bitmap = SkiaPixels.ToBitmap(Corners(48, 32));
        using var webp = bitmap.Encode(SKEncodedImageFormat.Webp, 95);

        // The extended format: a chunk that announces metadata, the pixels, the metadata (RFC 9649, 2.7).
        byte[] exif = TestPictures.Exif(orientation, littleEndian: true)[(withPrefixOfJpeg ? 0 : 6)..];
        byte[] body =
        [
            .. "WEBPVP8X"u8, 10, 0, 0, 0, 8, 0, 0, 0, 47, 0, 0, 31, 0, 0, .. webp.AsSpan()[12..],
            .. "EXIF"u8, (byte)exif.Length, 0, 0, 0, .. exif,
        ];
        byte[] length = BitConverter.GetBytes(body.Length);
        File.WriteAllBytes(Folder["o.webp"], [.. "RIFF"u8, .. length, .. body]);
        AssertUpright(Folder["o.webp"], orientation);
    }

    [TestCase("a.bmp", 0)]
    [TestCase("a.gif", 40)]
    [TestCase("a.jpg", 12)]
    [TestCase("a.png", 0)]
    public void Formats_are_read_as_ffmpeg_wrote_them(string name, int tolerance)
    {
        // Flat areas, so that GIF's few colours are enough.
        File.WriteAllBytes(Folder["raw"], Corners(48, 32).Pixels);
        Clips.RunFfmpeg("-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", "48x32", "-i", Folder["raw"], "-q:v", "1", Folder[name]);
        var read = ImageFile.Read(Folder[name]);
        Assert.That((read.Width, read.Height), Is.EqualTo((48, 32)));
        foreach (var (x, y) in new[] { (4, 4), (43, 4), (4, 27), (43, 27) })
        {
            var (expected, seen) = (Corners(48, 32)[x, y], read[x, y]);
            Assert.That(Math.Abs(expected.R - seen.R) + Math.Abs(expected.G - seen.G) + Math.Abs(expected.B - seen.B), Is.LessThanOrEqualTo(tolerance), $"{x}, {y}");
        }
    }

    [TestCase(0, 0, 0, 0)]
    [TestCase(255, 0, 0, 0)]
    [TestCase(0, 255, 0, 0)]
    [TestCase(0, 0, 255, 0)]
    [TestCase(0, 0, 0, 255)]
    [TestCase(200, 100, 40, 0)]
    [TestCase(200, 100, 40, 120)]
    [TestCase(30, 60, 90, 51)]
    public void Cmyk_is_converted_as_adobe_means_it(int cyan, int magenta, int yellow, int black)
    {
        // Adobe stores CMYK inverted: 255 is no ink. The conversion without profiles is (1 − ink) · (1 − black).
        int[] ink = [cyan, magenta, yellow, black];
        File.WriteAllBytes(Folder["c.jpg"], TestPictures.CmykJpeg([.. ink.Select(i => (byte)(255 - i))]));
        var colour = ImageFile.Read(Folder["c.jpg"])[3, 4];
        int[] expected = [.. ink[..3].Select(i => (int)Math.Round((255 - i) * (255 - black) / 255.0))];
        Assert.That(new[] { colour.R, (int)colour.G, colour.B }, Is.EqualTo(expected).Within(1));
        Clips.RunFfmpeg("-i", Folder["c.jpg"], "-f", "rawvideo", "-pix_fmt", "rgb24", Folder["raw"]);
        Assert.That(File.ReadAllBytes(Folder["raw"])[..3].Select(v => (int)v), Is.EqualTo(expected).Within(1), "ffmpeg agrees");
    }

    [Test]
    public void A_huge_header_is_refused_before_memory_is_committed([Values("bomb.png", "bomb.jpg", "bomb.gif", "bomb.bmp")] string name)
    {
        byte[] bytes = name switch
        {
            "bomb.png" => PngHeader(100_000, 100_000),
            "bomb.jpg" =>
            [
                0xFF, 0xD8, 0xFF, 0xC0, 0, 17, 8, 0xFD, 0xE8, 0xFD, 0xE8, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0,
                0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0, 0, 0,
            ],
            "bomb.gif" => [.. "GIF89a"u8, 0xFF, 0xFF, 0xFF, 0xFF, 0x80, 0, 0, 0, 0, 0, 9, 9, 9, 0x2C, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 2, 2, 0x44, 1, 0, 0x3B],
            _ => [.. "BM"u8, 0, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 0xE8, 0xFD, 0, 0, 0xE8, 0xFD, 0, 0, 1, 0, 24, 0, .. new byte[30]],
        };
        File.WriteAllBytes(Folder[name], bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<MediaException>(() => ImageFile.Read(Folder[name]));
        long spent = GC.GetAllocatedBytesForCurrentThread() - before;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(error?.Message, Does.Contain("200 megapixels").And.Contain(name));
            Assert.That(spent, Is.LessThan(1_000_000));
        }
    }

    [Test]
    public void The_limit_is_the_callers()
    {
        ImageFile.Write(Folder["a.png"], TestPictures.Smooth(100, 100));
        Assert.That(
            () => ImageFile.Read(Folder["a.png"], new MediaLimits { MaxPixels = 9_999 }),
            Throws.TypeOf<MediaException>().With.Message.Contains("100×100"));
        Assert.That(ImageFile.Read(Folder["a.png"], new MediaLimits { MaxPixels = 10_000 }).Width, Is.EqualTo(100));
    }

    [TestCase("t.png")]
    [TestCase("t.jpg")]
    public void A_file_cut_off_anywhere_is_a_clear_error(string name)
    {
        ImageFile.Write(Folder[name], TestPictures.Noise(40, 30, seed: 3));
        byte[] whole = File.ReadAllBytes(Folder[name]);
        foreach (int length in new[] { 0, 1, 7, 20, 30, 100, whole.Length / 2, whole.Length * 9 / 10 })
        {
            File.WriteAllBytes(Folder[name], whole[..length]);
            Assert.That(
                () => ImageFile.Read(Folder[name]),
                Throws.TypeOf<MediaException>().With.Message.Contains(name),
                $"{length} of {whole.Length} bytes");
        }
    }

    [Test]
    public void A_damaged_png_is_never_more_than_a_media_exception()
    {
        ImageFile.Write(Folder["d.png"], TestPictures.Smooth(33, 21));
        byte[] whole = File.ReadAllBytes(Folder["d.png"]);
        var random = new Random(5);
        int refused = 0;
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = (byte[])whole.Clone();
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(Folder["d.png"], damaged);
            try
            {
                ImageFile.Read(Folder["d.png"]);
            }
            catch (MediaException)
            {
                refused++;
            }
        }

        // Only flips in the chunks around the pixels can go unnoticed.
        Assert.That(refused, Is.GreaterThan(250));
    }

    [Test]
    public void Missing_files_folders_and_texts_are_clear_errors()
    {
        File.WriteAllBytes(Folder["t.tif"], [.. "II*\0"u8, 8, 0, 0, 0, .. new byte[40]]);
        File.WriteAllText(Folder["note.png"], "this is not a picture, whatever its name says");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => ImageFile.Read(Folder["none.png"]), Throws.TypeOf<MediaException>().With.Message.Contains("does not exist"));
            Assert.That(() => ImageFile.Read(Folder.Path), Throws.TypeOf<MediaException>().With.Message.Contains("folder"));
            Assert.That(() => ImageFile.Read(Folder["t.tif"]), Throws.TypeOf<MediaException>().With.Message.Contains("TIFF").And.Message.Contains("PNG"));
            Assert.That(() => ImageFile.Read(Folder["note.png"]), Throws.TypeOf<MediaException>().With.Message.Contains("known format"));
            File.WriteAllBytes(Folder["empty.png"], []);
            Assert.That(() => ImageFile.Read(Folder["empty.png"]), Throws.TypeOf<MediaException>().With.Message.Contains("is empty"));
            Assert.That(() => VideoReader.Open(Folder["empty.png"]), Throws.TypeOf<MediaException>().With.Message.Contains("is empty"));
            Assert.That(
                () => ImageFile.Write(Folder["a.xyz"], new RgbImage(1, 1)), Throws.TypeOf<MediaException>().With.Message.Contains(".png"));
            Assert.That(
                () => ImageFile.Write(Folder["no/such/a.png"], new RgbImage(1, 1)),
                Throws.TypeOf<MediaException>().With.Message.Contains("folder"));
        }
    }

    [Test]
    public void A_failed_write_leaves_the_old_file()
    {
        ImageFile.Write(Folder["a.png"], TestPictures.Smooth(5, 5));
        byte[] old = File.ReadAllBytes(Folder["a.png"]);
        Assert.That(
            () => MediaFile.Write(Folder["a.png"], s =>
            {
                s.Write(new byte[10]);
                throw new IOException("disk full");
            }),
            Throws.TypeOf<MediaException>().With.Message.Contains("disk full"));
        Assert.That(File.ReadAllBytes(Folder["a.png"]), Is.EqualTo(old));
        Assert.That(Folder.Files, Is.EqualTo(new[] { "a.png" }));
    }

    [Test]
    public void Transparency_is_written_and_dropped_when_read()
    {
        var colour = TestPictures.Noise(6, 4, seed: 9);
        var alpha = new byte[24];
        alpha[3] = 255;
        ImageFile.Write(Folder["c.png"], new RgbaImage(colour, alpha));
        Assert.That(ImageFile.Read(Folder["c.png"]).Pixels, Is.EqualTo(colour.Pixels));
        using var stream = File.OpenRead(Folder["c.png"]);
        var png = PngReader.Read(stream, "c.png", MediaLimits.Default);
        Assert.That(png.Samples.Where((_, i) => i % 4 == 3), Is.EqualTo(alpha));
    }

    /// <summary>Red, green, blue and white quarters: top left, top right, bottom left, bottom right.</summary>
    private static RgbImage Corners(int width, int height)
    {
        var image = new RgbImage(width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                image[x, y] = (2 * x < width, 2 * y < height) switch
                {
                    (true, true) => new Rgb(255, 0, 0),
                    (false, true) => new Rgb(0, 255, 0),
                    (true, false) => new Rgb(0, 0, 255),
                    _ => new Rgb(255, 255, 255),
                };
            }
        }

        return image;
    }

    private static void AssertUpright(string path, int orientation)
    {
        // EXIF 2.32, tag 0x0112: where the stored first row and first column appear.
        string expected = orientation switch
        {
            1 => "RGBW",
            2 => "GRWB",
            3 => "WBGR",
            4 => "BWRG",
            5 => "RBGW",
            6 => "BRWG",
            7 => "WGBR",
            _ => "GWRB",
        };
        var image = ImageFile.Read(path);
        var info = ImageFile.ReadInfo(path);
        int w = image.Width, h = image.Height;
        string seen = string.Concat(new[] { image[4, 4], image[w - 5, 4], image[4, h - 5], image[w - 5, h - 5] }.Select(Name));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((w, h), Is.EqualTo(orientation >= 5 ? (32, 48) : (48, 32)));
            Assert.That((info.Width, info.Height), Is.EqualTo((w, h)));
            Assert.That(seen, Is.EqualTo(expected));
        }
    }

    private static char Name(Rgb colour) => colour switch
    {
        { R: > 128, G: > 128 } => 'W',
        { R: > 128 } => 'R',
        { G: > 128 } => 'G',
        _ => 'B',
    };

    private static byte[] PngHeader(int width, int height)
    {
        byte[] header = [.. "IHDR"u8, 0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(8), height);
        var crc = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(crc, Crc32.HashToUInt32(header));
        return [.. PngReader.Signature, 0, 0, 0, 13, .. header, .. crc];
    }
}
