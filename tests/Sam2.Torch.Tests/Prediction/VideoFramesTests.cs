using NUnit.Framework;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tests.Media;

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
