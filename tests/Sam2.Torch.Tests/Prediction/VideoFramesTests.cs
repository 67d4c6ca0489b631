using NUnit.Framework;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;
using TestSupport;

namespace Sam2.Torch.Tests.Prediction;

[TestFixture]
public class VideoFramesTests
{
    [Test]
    public void Gives_any_frame_forwards_backwards_and_at_random()
    {
        using var folder = new TemporaryFolder();
        var path = folder["clip.mp4"];
        Clips.Write(path, 45);
        using var frames = VideoFrames.Open(path);

        Assert.That(frames.FrameCount, Is.EqualTo(45));
        foreach (var i in Enumerable.Range(0, 45).Concat(Enumerable.Range(0, 45).Reverse()).Concat([7, 40, 3, 44, 0, 13]))
            Assert.That(Clips.Number(frames.Read(i)!), Is.EqualTo(i));
        Assert.That(frames.Read(45), Is.Null);
        Assert.That(frames.Read(-1), Is.Null);
    }

    [TestCase(40)]
    [TestCase(200)]
    public void A_cut_off_video_gives_its_frames_and_says_so_as_often_as_it_is_asked_for_more(int length)
    {
        using var folder = new TemporaryFolder();
        var path = folder["cut.mkv"];
        Clips.WriteNoise(path, length);
        var whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..(whole.Length * 6 / 10)]);
        using var frames = VideoFrames.Open(path);

        var good = 0;
        Assert.That(() =>
        {
            while (frames.Read(good) is not null) good++;
        }, Throws.TypeOf<MediaException>().With.Message.Contains("ends early"));
        Assert.That(good, Is.InRange(length / 4, length * 9 / 10));
        Assert.That(() => frames.Read(good), Throws.TypeOf<MediaException>(), "not the end of the video");
        Assert.That(frames.Read(good - 1), Is.Not.Null);
        Assert.That(frames.Read(0), Is.Not.Null);
    }

    [Test]
    public void Counts_from_the_first_frame_that_is_read()
    {
        using var folder = new TemporaryFolder();
        var path = folder["clip.mp4"];
        Clips.Write(path, 30);
        using var frames = VideoFrames.Open(path, new VideoReadOptions { Start = 4, Stride = 3, Count = 7 });

        Assert.That(frames.FrameCount, Is.EqualTo(7));
        foreach (var i in (int[])[6, 5, 0, 3]) Assert.That(Clips.Number(frames.Read(i)!), Is.EqualTo(4 + 3 * i));
    }
}
