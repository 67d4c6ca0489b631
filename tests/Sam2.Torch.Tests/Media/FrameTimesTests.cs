using NUnit.Framework;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;
using TestSupport;

namespace Sam2.Torch.Tests.Media;

/// <summary>When frames are shown: read from videos of variable frame rate, and written.</summary>
public class FrameTimesTests : FolderTests
{
    private const int Count = 12;

    private static readonly string[] Drawing = ["-f", "lavfi", "-i", "testsrc=s=96x64:r=25"];

    [TestCase("v.mp4", "-bf", "2")]
    [TestCase("v.mkv", "-bf", "2")]
    [TestCase("v.mp4", "-bf", "0", "-video_track_timescale", "600")]
    [TestCase("v.mp4", "-output_ts_offset", "1.5")]
    public void Frames_have_the_times_of_their_packets(string name, params string[] options)
    {
        Clips.WriteUneven(Folder[name], Count, Drawing, options);
        var reader = VideoReader.Open(Folder[name]);
        double[] expected = Clips.Times(Folder[name]).Begins;
        Assert.That(expected, Has.Length.EqualTo(Count));
        Assert.That(reader.Info.TimeBase, Is.Not.Null);
        VideoFrame[] frames = [.. reader.ReadFrames()];
        Assert.That(frames.Select(f => (f.Time - frames[0].Time)!.Value.TotalSeconds), Is.EqualTo(expected).Within(2e-6));

        var some = VideoReader.Open(Folder[name], new VideoReadOptions { Start = 3, Stride = 2, Count = 4 }).ReadFrames().ToList();
        Assert.That(some.Select(f => f.Time), Is.EqualTo(new[] { 3, 5, 7, 9 }.Select(i => frames[i].Time)));
    }

    [Test]
    public void Frames_that_were_read_keep_their_times_in_any_order()
    {
        Clips.WriteUneven(Folder["v.mp4"], Count, Drawing);
        TimeSpan?[] expected = [.. VideoReader.Open(Folder["v.mp4"]).ReadFrames().Select(f => f.Time)];
        using var frames = VideoFrames.Open(Folder["v.mp4"]);
        foreach (int frame in new[] { 7, 2, 11, 0 })
        {
            frames.Read(frame);
            Assert.That(frames.TimeOf(frame), Is.EqualTo(expected[frame]).And.Not.Null, $"frame {frame}");
        }

        Assert.That(frames.TimeOf(Count), Is.Null);
    }

    [Test]
    public void Pictures_have_no_times()
    {
        ImageFile.Write(Folder["1.png"], Clips.Frame(1));
        Assert.That(VideoReader.Open(Folder.Path).ReadFrames().Single().Time, Is.Null);
    }

    [TestCase("v.mp4", 1, 90_000)]
    [TestCase("v.mov", 1, 600)]
    [TestCase("v.m4v", 1001, 30_000)]
    [TestCase("v.mp4", 1, 1_000_000_000)]
    [TestCase("v.mkv", 1, 90_000)]
    public void What_is_written_with_times_has_these_times(string name, int numerator, int denominator)
    {
        double unit = (double)numerator / denominator;
        int[] counts = [5, 6, 9, 40, 41, 90, 91];
        TimeSpan[] times = [.. counts.Select(n => TimeSpan.FromSeconds(n * Math.Max(unit, 1e-3)))];
        var options = new VideoWriteOptions { TimeBase = (numerator, denominator) };
        using (var writer = new VideoWriter(Folder[name], 64, 48, new FrameRate(25, 1), options))
        {
            for (int i = 0; i < times.Length; i++)
            {
                writer.Write(Clips.Frame(i), times[i]);
            }

            writer.Complete();
        }

        var (begins, end) = Clips.Times(Folder[name]);
        double tick = name.EndsWith(".mkv", StringComparison.Ordinal) ? 1e-3 : 1e-6;
        Assert.That(begins, Is.EqualTo(times.Select(t => (t - times[0]).TotalSeconds)).Within(tick));
        if (name != "v.mkv")
        {
            Assert.That(end - begins[^1], Is.EqualTo(0.04).Within(1e-4), "the last frame is shown as long as the rate says");
            Assert.That(double.Parse(Clips.Probe(Folder[name], "format=duration")[0], System.Globalization.CultureInfo.InvariantCulture), Is.EqualTo(end).Within(2e-3));
        }

        Assert.That(VideoReader.Open(Folder[name]).ReadFrames().Select(f => Clips.Number(f.Image)), Is.EqualTo(Enumerable.Range(0, times.Length)));
    }

    [Test]
    public void Times_that_are_missing_or_do_not_increase_still_give_every_frame_one()
    {
        using (var writer = new VideoWriter(Folder["v.mp4"], 64, 48, new FrameRate(10, 1), new VideoWriteOptions { TimeBase = (1, 10_000) }))
        {
            writer.Write(Clips.Frame(0));
            writer.Write(Clips.Frame(1), TimeSpan.FromSeconds(20));
            writer.Write(Clips.Frame(2), TimeSpan.FromSeconds(20));
            writer.Write(Clips.Frame(3), TimeSpan.FromSeconds(3));
            writer.Write(Clips.Frame(4));
            writer.Write(Clips.Frame(5), TimeSpan.FromSeconds(21));
            writer.Complete();
        }

        Assert.That(Clips.Times(Folder["v.mp4"]).Begins, Is.EqualTo(new[] { 0, 0.1, 0.1001, 0.1002, 0.2002, 1.1 }).Within(1e-6));
    }

    [Test]
    public void Times_need_a_unit()
    {
        using var writer = new VideoWriter(Folder["v.mp4"], 64, 48, new FrameRate(25, 1));
        Assert.That(() => writer.Write(Clips.Frame(0), TimeSpan.Zero), Throws.InvalidOperationException.With.Message.Contains("TimeBase"));
        Assert.That(
            () => new VideoWriter(Folder["w.mp4"], 64, 48, new FrameRate(25, 1), new VideoWriteOptions { TimeBase = (0, 1) }), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
