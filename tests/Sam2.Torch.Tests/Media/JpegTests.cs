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

    // A sine in each colour and noise, written by Pillow (save(..., progressive=True, quality=80)): ten scans, and six.
    [TestCase("progressive.jpg")]
    [TestCase("progressive-grey.jpg")]
    public void A_progressive_picture_that_is_cut_anywhere_in_its_scans_fails(string name)
    {
        byte[] good = File.ReadAllBytes(RepositoryFiles.At("tests", "Sam2.Torch.Tests", "Media", "Files", name));
        File.WriteAllBytes(Folder["good.jpg"], good);
        byte[] pixels = ImageFile.Read(Folder["good.jpg"]).Pixels;
        int first = good.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]) + 10;
        int last = good.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]) - 30;
        for (int length = first; length < good.Length - 3; length += good.Length / 60)
        {
            File.WriteAllBytes(Folder["cut.jpg"], good[..length]);
            AssertIsCutOff($"{length} of {good.Length} bytes");

            // With an end, a file that was cut between two scans is one that was meant so, and a cut in the last scan is hard to tell.
            if (length > last || Enumerable.Range(length - 24, 48).Any(at => good[at] == 0xFF && good[at + 1] != 0)) continue;
            File.WriteAllBytes(Folder["cut.jpg"], [.. good[..length], 0xFF, 0xD9]);
            AssertIsCutOff($"{length} of {good.Length} bytes and an end");
        }

        // Between scans, and within the tables before one.
        for (int at = first; at < good.Length - 3; at++)
        {
            if (good[at] != 0xFF || good[at + 1] != 0xC4) continue;
            foreach (int length in new[] { at, at + 1, at + 9 })
            {
                File.WriteAllBytes(Folder["cut.jpg"], good[..length]);
                AssertIsCutOff($"{length} of {good.Length} bytes, between scans");
            }
        }

        foreach (var (what, bytes) in new[] { ("no end", good[..^2]), ("half an end", good[..^1]), ("more behind the end", [.. good, 1, 2, 3]) })
        {
            File.WriteAllBytes(Folder["odd.jpg"], bytes);
            Assert.That(ImageFile.Read(Folder["odd.jpg"]).Pixels, Is.EqualTo(pixels), what);
        }

        void AssertIsCutOff(string what) =>
            Assert.That(() => ImageFile.Read(Folder["cut.jpg"]), Throws.TypeOf<MediaException>().With.Message.Contains("cut off"), what);
    }

    [Test]
    public void A_picture_that_lacks_but_the_mark_at_its_end_is_read()
    {
        foreach (var (name, options) in JpegKinds)
        {
            byte[] good = WriteJpeg(name, options);
            byte[] pixels = ImageFile.Read(Folder[name]).Pixels;
            foreach (int less in new[] { 1, 2 })
            {
                File.WriteAllBytes(Folder["cut.jpg"], good[..^less]);
                Assert.That(ImageFile.Read(Folder["cut.jpg"]).Pixels, Is.EqualTo(pixels), $"{name} without its last {less}");
            }

            File.WriteAllBytes(Folder["cut.jpg"], good[..^40]);
            Assert.That(() => ImageFile.Read(Folder["cut.jpg"]), Throws.TypeOf<MediaException>().With.Message.Contains("cut off"), name);
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
