using System.Buffers.Binary;
using NUnit.Framework;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Tests.Media;

/// <summary>What fuzzing found in readers of pictures (tests/Sam2.Fuzz).</summary>
public class FuzzedPictureTests
{
    [TestCase(0x7FFF0036u, Description = "ended in an array of half a gigabyte or more")]
    [TestCase(0xEB000036u, Description = "ended the process")]
    [TestCase(uint.MaxValue)]
    public void A_bitmap_whose_pixels_begin_far_behind_its_end_is_refused_without_memory_for_what_lies_between(uint pixelsBegin)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["a.bmp"], Bitmap(pixelsBegin));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => ImageFile.Read(folder["a.bmp"]), Throws.TypeOf<MediaException>().With.Message.StartsWith(folder["a.bmp"]));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(4 << 20));
    }

    [Test]
    public void The_same_bitmap_undamaged_is_read()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["a.bmp"], Bitmap(54));
        var image = ImageFile.Read(folder["a.bmp"]);
        Assert.That((image.Width, image.Height), Is.EqualTo((2, 2)));
        // Rows from the bottom up, blue first.
        Assert.That(image[0, 1], Is.EqualTo(new Rgb(3, 2, 1)));
        Assert.That(image[1, 0], Is.EqualTo(new Rgb(14, 13, 12)));
    }

    private static byte[] Bitmap(uint pixelsBegin)
    {
        var file = new byte[70];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(10), pixelsBegin);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), 2);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), 2);
        (file[26], file[28]) = (1, 24);
        byte[] pixels = [1, 2, 3, 4, 5, 6, 0, 0, 9, 10, 11, 12, 13, 14, 0, 0];
        pixels.CopyTo(file, 54);
        return file;
    }
}
