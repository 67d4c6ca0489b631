using System.Diagnostics;
using System.Runtime.Versioning;
using NUnit.Framework;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Tests.Media;

/// <summary>An ffmpeg that is slow, dies or talks nonsense gives one readable error, soon, and leaves no file and no process.</summary>
[Platform("Linux,MacOsX")]
[UnsupportedOSPlatform("windows")]
public class FfmpegFaultTests : FolderTests
{
    private static readonly MediaLimits Impatient = new() { Timeout = TimeSpan.FromSeconds(3) };

    private string? _path;

    /// <summary>Impatience is for those that sleep: a busy machine may take seconds to start a program.</summary>
    private static MediaLimits LimitsFor(string body) => body.Contains("sleep", StringComparison.Ordinal) ? Impatient : MediaLimits.Default;

    [SetUp]
    public void WriteVideo()
    {
        _path = Environment.GetEnvironmentVariable("PATH");
        Clips.Write(Folder["v.mp4"], 12);
        Directory.CreateDirectory(Folder["bin"]);
    }

    [TearDown]
    public void RestorePath() => Environment.SetEnvironmentVariable("PATH", _path);

    [TestCase("echo rubbish", "not understood")]
    [TestCase("echo '{}'", "not understood")]
    [TestCase("echo null", "not understood")]
    [TestCase("echo '{\"streams\": null, \"format\": null}'", "not understood")]
    [TestCase("echo '{\"streams\": [{}], \"format\": {}}'", "")]
    [TestCase("echo '{\"streams\": [{\"codec_type\": \"video\", \"width\": \"x\"}], \"format\": {}}'", "not understood")]
    [TestCase("exit 0", "not understood")]
    [TestCase("echo 'it is broken' >&2; exit 3", "it is broken")]
    [TestCase("kill -9 $$", "")]
    [TestCase("exec sleep 100", "silent for 3 s")]
    public void A_probe_that_goes_wrong_is_one_readable_error(string body, string message)
    {
        Fake("ffprobe", body);
        AssertFails(() => VideoReader.Open(Folder["v.mp4"], new VideoReadOptions { Limits = LimitsFor(body) }), message);
    }

    [Test]
    public void A_tool_that_cannot_be_started_is_one_readable_error()
    {
        File.WriteAllText(Folder["bin/ffprobe"], "not a program");
        File.WriteAllText(Folder["bin/ffmpeg"], "not a program");
        Environment.SetEnvironmentVariable("PATH", $"{Folder["bin"]}:{_path}");
        AssertFails(() => VideoReader.Open(Folder["v.mp4"]), "ffprobe");
        AssertFails(() => new VideoWriter(Folder["w.mp4"], 32, 32, new FrameRate(25, 1)).Dispose(), "can't be started");
    }

    [TestCase("exit 0", "no frame")]
    [TestCase("echo 'it is broken' >&2; exit 3", "it is broken")]
    [TestCase("kill -9 $$", "cannot be decoded")]
    [TestCase("REAL 3; kill -9 $$", "3 of about 12 frames could be decoded")]
    [TestCase("exec sleep 100", "silent for 3 s")]
    [TestCase("sleep 100", "silent for 3 s")]
    [TestCase("REAL 3; exec sleep 100", "")]
    public void A_decoder_that_goes_wrong_is_one_readable_error(string body, string message)
    {
        var source = new VideoFileSource(Folder["v.mp4"], VideoReader.Open(Folder["v.mp4"]).Info);
        Fake("ffmpeg", body);
        AssertFails(
            () =>
            {
                using var frames = source.Open(new VideoReadOptions { Limits = LimitsFor(body) }, Clips.Width, Clips.Height, CancellationToken.None);
                while (frames.Next() is not null) { }
            },
            message);
    }

    [TestCase("exit 0", "")]
    [TestCase("echo 'it is broken' >&2; exit 3", "it is broken")]
    [TestCase("kill -9 $$", "cannot be encoded")]
    [TestCase("exec sleep 100", "silent for 3 s")]
    [TestCase("sleep 100", "silent for 3 s")]
    public void An_encoder_that_goes_wrong_is_one_readable_error_and_leaves_nothing(string body, string message)
    {
        Fake("ffmpeg", body);
        var files = Folder.Files;
        AssertFails(
            () =>
            {
                using var writer = new VideoWriter(Folder["w.mp4"], 320, 240, new FrameRate(25, 1), new VideoWriteOptions { Timeout = LimitsFor(body).Timeout });
                for (var i = 0; i < 40; i++) writer.Write(Clips.Frame(i, 320, 240));
                writer.Complete();
            },
            message);
        Assert.That(Folder.Files, Is.EqualTo(files));
    }

    private void AssertFails(Action action, string message)
    {
        var watch = Stopwatch.StartNew();
        var error = Assert.Throws<MediaException>(action)!;
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)));
        Assert.That(error.Message, Does.Contain(message).And.Contain(Folder.Path).And.Not.Contain("\n"));
        Assert.That(error.Message, Does.Not.Contain("Parameter").And.Not.Contain("Exception"));
        if (OperatingSystem.IsLinux()) Assert.That(Running, Is.Empty.After(5000, 50));
    }

    /// <summary>Processes that have this test's folder in their PATH.</summary>
    private IReadOnlyList<string> Running() => [.. Directory.GetDirectories("/proc").Where(d => char.IsDigit(Path.GetFileName(d)[0])).Where(process =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "environ")).Contains(Folder.Path, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    })];

    /// <summary>Puts a script in a tool's place. <c>REAL n</c> stands for the tool itself, ending after n frames.</summary>
    private void Fake(string tool, string body)
    {
        var real = _path!.Split(':').Select(folder => Path.Combine(folder, tool)).First(File.Exists);
        File.WriteAllText(Folder[$"bin/{tool}"], $$"""
            #!/usr/bin/env bash
            REAL() {
                "{{real}}" "${all[@]:0:${#all[@]}-1}" -frames:v "$1" "${all[@]: -1}"
            }
            all=("$@")
            [ "$*" != -version ] || exit 0 # FFMpegCore's question whether there is a tool at all
            {{body}}
            """);
        File.SetUnixFileMode(Folder[$"bin/{tool}"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Environment.SetEnvironmentVariable("PATH", $"{Folder["bin"]}:{_path}");
    }
}
