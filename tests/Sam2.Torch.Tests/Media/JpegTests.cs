using NUnit.Framework;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Tests.Media;

/// <summary>JPEGs that are odd, and those that lack pixels.</summary>
public class JpegTests : FolderTests
{
    [Test]
    public void What_a_decoder_only_warns_of_does_not_fail_a_picture()
    {
        ImageFile.Write(Folder["a.jpg"], TestPictures.Smooth(120, 91));
        byte[] pixels = ImageFile.Read(Folder["a.jpg"]).Pixels;
        byte[] good = File.ReadAllBytes(Folder["a.jpg"]);
        var odd = new Dictionary<string, byte[]>
        {
            ["a segment of two bytes"] = [.. good[..2], 0xFF, 0xE5, 0, 2, .. good[2..]],
            ["a segment of two bytes for EXIF"] = [.. good[..2], 0xFF, 0xE1, 0, 2, .. good[2..]],
            ["an EXIF segment without content"] = [.. good[..2], 0xFF, 0xE1, 0, 8, .. "Exif\0\0"u8, .. good[2..]],
            ["a profile that is none"] = [.. good[..2], 0xFF, 0xE2, 0, 16, .. "ICC_PROFILE\0"u8, 1, 1, .. good[2..]],
            ["filling before a marker"] = [.. good[..2], 0xFF, 0xFF, 0xFF, .. good[2..]],
            ["bytes after the end"] = [.. good, .. "and more"u8],
        };
        foreach (var (what, bytes) in odd)
        {
            File.WriteAllBytes(Folder["odd.jpg"], bytes);
            Assert.That(ImageFile.Read(Folder["odd.jpg"]).Pixels, Is.EqualTo(pixels), what);
        }
    }

    [Test]
    public void Missing_pixels_fail_a_picture_also_where_the_file_has_an_end()
    {
        foreach (var (name, options) in JpegKinds)
        {
            byte[] good = WriteJpeg(name, options);
            foreach (int percent in new[] { 50, 90, 97 })
            {
                int length = good.Length * percent / 100;
                length -= good[length - 1] == 0xFF ? 1 : 0;
                File.WriteAllBytes(Folder["cut.jpg"], [.. good[..length], 0xFF, 0xD9]);
                Assert.That(
                    () => ImageFile.Read(Folder["cut.jpg"]), Throws.TypeOf<MediaException>().With.Message.Contains("cut.jpg"), $"{name}, {percent} % of {good.Length}");
            }
        }
    }

    [Test]
    public void A_picture_that_ends_evenly_is_not_taken_for_cut_off()
    {
        foreach (var (name, options) in JpegKinds)
        {
            WriteJpeg(name, options, even: true);
            Assert.That(() => ImageFile.Read(Folder[name]), Throws.Nothing, name);
        }
    }

    /// <summary>JPEGs of several writers: of Skia where there are no options, else of ffmpeg.</summary>
    private static readonly (string Name, string[]? Options)[] JpegKinds =
    [
        ("skia.jpg", null),
        ("420.jpg", ["-pix_fmt", "yuvj420p"]),
        ("444.jpg", ["-pix_fmt", "yuvj444p"]),
        ("422.jpg", ["-pix_fmt", "yuvj422p"]),
        ("grey.jpg", ["-pix_fmt", "gray"]),
        ("standard.jpg", ["-huffman", "default"]),
        ("restarts.jpg", ["-slices", "4"]),
    ];

    private byte[] WriteJpeg(string name, string[]? options, bool even = false)
    {
        var image = TestPictures.Noise(123, 91, seed: 3);
        if (even) image.Pixels.AsSpan(image.Pixels.Length / 2).Fill(128);
        if (options is null)
        {
            ImageFile.Write(Folder[name], image);
        }
        else
        {
            File.WriteAllBytes(Folder["raw"], image.Pixels);
            Clips.RunFfmpeg(["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", "123x91", "-i", Folder["raw"], "-q:v", "3", .. options, Folder[name]]);
        }

        return File.ReadAllBytes(Folder[name]);
    }
}
