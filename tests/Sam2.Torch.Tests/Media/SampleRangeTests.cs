using NUnit.Framework;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Tests.Media;

public class SampleRangeTests : FolderTests
{
    [TestCase(10, 1023)]
    [TestCase(12, 4095)]
    [TestCase(14, 16383)]
    public void The_largest_number_of_the_bits_in_use_becomes_white_and_what_is_above_stays_white(int bits, int largest)
    {
        Write([0, (ushort)largest, (ushort)(largest / 2), ushort.MaxValue]);
        Assert.That(Greys(SampleRange.OfBits(bits)), Is.EqualTo(new byte[] { 0, 255, 127, 255 }));
        Assert.That(Greys(SampleRange.Full)[1], Is.EqualTo((largest + 128) / 257));
    }

    [Test]
    public void Sixteen_bits_are_the_range_unless_another_is_given()
    {
        Write([.. Enumerable.Range(0, 1 << 16).Select(i => (ushort)i)]);
        byte[] rounded = [.. Enumerable.Range(0, 1 << 16).Select(i => (byte)Math.Round(i * 255 / 65535.0))];
        Assert.That(Greys(SampleRange.Full), Is.EqualTo(rounded));
        Assert.That(Greys(SampleRange.OfBits(16)), Is.EqualTo(rounded));
    }

    [Test]
    public void Stretched_half_a_percent_at_either_end_is_cut_off()
    {
        // A dead pixel and a hot one among a thousand.
        Write([0, .. Enumerable.Range(0, 998).Select(i => (ushort)(2000 + i)), 60000]);
        var greys = Greys(SampleRange.Stretched);
        Assert.That(greys[0], Is.Zero);
        Assert.That(greys[^1], Is.EqualTo(255));
        Assert.That(greys[500], Is.EqualTo(127).Within(2));
        Write([700, 700, 700]);
        Assert.That(Greys(SampleRange.Stretched), Is.All.EqualTo(3), "one number has no range");
    }

    [Test]
    public void The_bits_in_use_can_be_asked_for()
    {
        Write([0, 4095]);
        Assert.That(SampleRange.UsedBits(Folder["a.png"]), Is.EqualTo(12));
        Write([0, 4096]);
        Assert.That(SampleRange.UsedBits(Folder["a.png"]), Is.EqualTo(13));
        ImageFile.Write(Folder["b.png"], new RgbImage(2, 2));
        Assert.That(SampleRange.UsedBits(Folder["b.png"]), Is.Null);
    }

    [Test]
    public void Frames_of_a_folder_are_read_in_the_range_too()
    {
        Write([0, 4095]);
        var frame = VideoReader.Open(Folder.Path, new VideoReadOptions { Range = SampleRange.OfBits(12) }).ReadFrames().Single();
        Assert.That(frame.Image[1, 0].R, Is.EqualTo(255));
    }

    private void Write(ushort[] samples) => File.WriteAllBytes(Folder["a.png"], PngTests.Encode16(Math.Min(samples.Length, 1024), (samples.Length + 1023) / 1024, PngColour.Grey, samples));

    private byte[] Greys(SampleRange range) => [.. ImageFile.Read(Folder["a.png"], range: range).Pixels.Where((_, i) => i % 3 == 0)];
}
