using NUnit.Framework;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Tests.Media;

public class VideoWriterTests : FolderTests
{
    [TestCase(64, 48, 64, 48)]
    [TestCase(63, 47, 64, 48)]
    [TestCase(1, 1, 2, 2)]
    public void Round_trips_with_close_colours_and_even_sizes(int width, int height, int evenWidth, int evenHeight)
    {
        var image = TestPictures.Smooth(width, height);
        using (var writer = new VideoWriter(Folder["v.mp4"], width, height, FrameRate.FromPerSecond(12.5), new VideoWriteOptions { Crf = 5 }))
        {
            for (int i = 0; i < 5; i++)
            {
                writer.Write(image);
            }

            Assert.That(writer.FrameCount, Is.EqualTo(5));
            writer.Complete();
        }

        var reader = VideoReader.Open(Folder["v.mp4"]);
        var frames = reader.ReadFrames().ToList();
        Assert.That((reader.Width, reader.Height, frames.Count), Is.EqualTo((evenWidth, evenHeight, 5)));
        Assert.That(reader.Info.FrameRate?.PerSecond, Is.EqualTo(12.5));
        int largest = 0;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                var (before, after) = (image[x, y], frames[4].Image[x, y]);
                largest = Math.Max(largest, Math.Abs(before.R - after.R) + Math.Abs(before.G - after.G) + Math.Abs(before.B - after.B));
            }
        }

        Assert.That(largest, Is.LessThan(60));
        Assert.That(Folder.Files, Is.EqualTo(new[] { "v.mp4" }));
    }

    [Test]
    public void Quality_changes_the_size()
    {
        long Size(int crf)
        {
            using (var writer = new VideoWriter(Folder[$"{crf}.mp4"], 160, 120, new FrameRate(25, 1), new VideoWriteOptions { Crf = crf }))
            {
                for (int i = 0; i < 5; i++)
                {
                    writer.Write(TestPictures.Noise(160, 120, i));
                }

                writer.Complete();
            }

            return new FileInfo(Folder[$"{crf}.mp4"]).Length;
        }

        Assert.That(Size(40), Is.LessThan(Size(10) / 2));
    }

    [Test]
    public void Without_completion_nothing_is_left_and_an_old_file_stays()
    {
        File.WriteAllText(Folder["v.mp4"], "old");
        using (var writer = new VideoWriter(Folder["v.mp4"], 64, 48, new FrameRate(25, 1)))
        {
            writer.Write(Clips.Frame(1));
        }

        Assert.That(Folder.Files, Is.EqualTo(new[] { "v.mp4" }));
        Assert.That(File.ReadAllText(Folder["v.mp4"]), Is.EqualTo("old"));
    }

    [Test]
    public void Cancelling_ends_the_encoder_and_leaves_nothing()
    {
        using var cancel = new CancellationTokenSource();
        using (var writer = new VideoWriter(Folder["v.mp4"], 64, 48, new FrameRate(25, 1), cancellationToken: cancel.Token))
        {
            writer.Write(Clips.Frame(1));
            cancel.Cancel();
            Assert.That(writer.Complete, Throws.InstanceOf<OperationCanceledException>());
        }

        Assert.That(Folder.Files, Is.Empty);
    }

    [Test]
    public void Misuse_is_refused()
    {
        var rate = new FrameRate(25, 1);
        using var writer = new VideoWriter(Folder["v.mp4"], 64, 48, rate);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => writer.Write(Clips.Frame(1, 48, 64)), Throws.ArgumentException.With.Message.Contains("48×64"));
            Assert.That(writer.Complete, Throws.TypeOf<MediaException>().With.Message.Contains("no frame"));
            Assert.That(() => new VideoWriter(Folder["v.webp"], 4, 4, rate), Throws.TypeOf<MediaException>().With.Message.Contains(".mp4"));
            Assert.That(() => new VideoWriter(Folder["no/v.mp4"], 4, 4, rate), Throws.TypeOf<MediaException>().With.Message.Contains("folder"));
            Assert.That(
                () => new VideoWriter(Folder["v.mp4"], 4, 4, rate, new VideoWriteOptions { Preset = "-i" }), Throws.ArgumentException);
            Assert.That(() => new VideoWriter(Folder["v.mp4"], 4, 4, default), Throws.InstanceOf<ArgumentOutOfRangeException>());
        }

        writer.Dispose();
        Assert.That(() => writer.Write(Clips.Frame(1)), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(Folder.Files, Is.Empty);
    }

    [TestCase(25, 25, 1)]
    [TestCase(29.97, 30000, 1001)]
    [TestCase(23.976, 24000, 1001)]
    [TestCase(12.5, 25, 2)]
    public void Frame_rates_are_exact(double perSecond, int numerator, int denominator)
    {
        var rate = FrameRate.FromPerSecond(perSecond);
        Assert.That(rate.PerSecond, Is.EqualTo((double)numerator / denominator).Within(1e-12));
    }

    [TestCase(0)]
    [TestCase(-3)]
    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    public void Frame_rates_out_of_range_are_refused(double perSecond) =>
        Assert.That(() => FrameRate.FromPerSecond(perSecond), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
