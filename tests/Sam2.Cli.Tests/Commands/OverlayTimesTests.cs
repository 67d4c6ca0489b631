using NUnit.Framework;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

/// <summary>Videos of masks show each frame for as long as their source does, and with pixels of its shape.</summary>
public class OverlayTimesTests
{
    private const int Frames = 9;

    private TemporaryFolder _folder = null!;
    private string _video = null!;

    [OneTimeSetUp]
    public void WriteVideo()
    {
        _folder = new TemporaryFolder();
        DemoClip.Write(_folder.At("frames"), 210, 150, Frames);
        _video = _folder.At("clip.mp4");
        Clips.WriteUneven(_video, Frames, ["-i", _folder.At("frames", "%05d.png")]);
    }

    [OneTimeTearDown]
    public void RemoveVideo() => _folder.Dispose();

    [Test]
    public void Tracked_forwards()
    {
        Run("track", _video, "--prompt", "obj=1 point=24%,42%", "--save", "overlay,side-by-side", "--out", _folder.At("all"));
        double[] expected = Clips.Times(_video).Begins;
        Assert.That(expected, Has.Length.EqualTo(Frames));
        foreach (var name in new[] { "overlay.mp4", "side-by-side.mp4" })
        {
            Assert.That(Clips.Times(_folder.At("all", name)).Begins, Is.EqualTo(expected).Within(1.0 / 90_000), name);
            Assert.That(Clips.Probe(_folder.At("all", name), "stream=sample_aspect_ratio"), Is.EqualTo(new[] { "16:11" }), name);
        }
    }

    [Test]
    public void Tracked_from_a_frame_in_the_middle()
    {
        Run("track", _video, "--prompt", "frame=2 obj=1 point=24%,42%", "--frames", "4", "--save", "overlay", "--out", _folder.At("part"));
        double[] times = Clips.Times(_video).Begins;
        Assert.That(Clips.Times(_folder.At("part", "overlay.mp4")).Begins, Is.EqualTo(times[2..6].Select(t => t - times[2])).Within(1.0 / 90_000));
    }

    [TestCase(6)]
    [TestCase(Frames - 1)]
    public void Tracked_backwards_each_frame_is_shown_as_long_as_forwards(int start)
    {
        Run("track", _video, "--prompt", $"frame={start} obj=1 point=24%,42%", "--reverse", "--save", "overlay", "--out", _folder.At($"back{start}"));
        var (times, end) = Clips.Times(_video);
        double[] durations = [.. times.Select((t, i) => (i + 1 < Frames ? times[i + 1] : end) - t)];
        double[] shown = Clips.Times(_folder.At($"back{start}", "overlay.mp4")).Begins;
        Assert.That(shown, Has.Length.EqualTo(start + 1));

        // How long a video's last frame is shown isn't known while its frames are read.
        int first = start == Frames - 1 ? 1 : 0;
        Assert.That(
            shown.Skip(first).Zip(shown.Skip(first + 1), (a, b) => b - a), Is.EqualTo(durations[1..(start + 1 - first)].Reverse()).Within(1.0 / 90_000));
    }

    [Test]
    public void Everything_in_it()
    {
        Run("everything", _video, "--frames", "3", "--points-per-side", "4", "--save", "overlay", "--out", _folder.At("everything"));
        Assert.That(Clips.Times(_folder.At("everything", "overlay.mp4")).Begins, Is.EqualTo(Clips.Times(_video).Begins[..3]).Within(1.0 / 90_000));
        Assert.That(Clips.Probe(_folder.At("everything", "overlay.mp4"), "stream=sample_aspect_ratio"), Is.EqualTo(new[] { "16:11" }));
    }

    private static void Run(params string[] args)
    {
        var run = CommandLine.Run([.. args, "--model", "sam2.1_hiera_micro"]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
    }
}
