using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json;
using NUnit.Framework;
using Sam2.Cli.Tests.Tools;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Cli.Tests;

/// <summary>The program as it is started: exit codes, streams and signals of a process.</summary>
public class ProgramTests
{
    private static string Dll => Path.Combine(AppContext.BaseDirectory, "sam2.dll");

    [Test]
    public void Success_failure_and_wrong_usage_are_told_by_the_exit_code()
    {
        Assert.That(Start("info", "sam2.1_hiera_micro").ExitCode, Is.Zero);
        Assert.That(Start("info", "no-such-model").ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(Start("info").ExitCode, Is.EqualTo(ExitCode.Usage));
    }

    [Test]
    public void Segments_a_picture_from_start_to_end_and_draws_no_progress_into_a_file()
    {
        using var folder = new TemporaryFolder();
        Assert.That(Start("draw", folder.At("scene.png"), "--width", "420", "--height", "300").ExitCode, Is.Zero);
        var run = Start("segment", folder.At("scene.png"), "--model", "sam2.1_hiera_micro", "--point", "24%,42%", "--out", folder.At("out"));
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Error, Is.Empty);
        Assert.That(run.Output, Does.Contain("mask_0.png"));
        Assert.That(Directory.GetFiles(folder.At("out")).Select(Path.GetFileName), Is.EquivalentTo(new[] { "mask_0.png", "overlay.png", ".sam2-run" }));
    }

    [Test]
    [Platform("Linux")]
    [UnsupportedOSPlatform("windows")]
    public void An_interrupt_ends_the_program_soon_with_the_code_that_shells_expect()
    {
        // Jobs that a shell starts in the background ignore interrupts, and so do all that they start.
        using var process = Process.Start(new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", "exec", Dll, "bench", "--model", "sam2.1_hiera_micro", "--repeat", "10000"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var end = new Killed(process);
        // Libraries are loaded by the command, and so after the handler of signals was put in place; from then on, cancelling works at any time.
        Assert.That(() => HasLoaded(process.Id, "LibTorchSharp"), Is.True.After(120).Seconds.PollEvery(20).MilliSeconds);
        using var kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])!;
        var started = Stopwatch.StartNew();
        Assert.That(process.WaitForExit(TimeSpan.FromSeconds(30)), "still running 30 seconds after the interrupt");
        Assert.That(process.ExitCode, Is.EqualTo(ExitCode.Cancelled));
        Assert.That(process.StandardError.ReadToEnd(), Does.Contain("cancelled"));
        Assert.That(process.StandardOutput.ReadToEnd(), Is.Empty);
        TestContext.Out.WriteLine($"ended {started.ElapsedMilliseconds} ms after the interrupt");
    }

    [Test]
    [Platform("Linux")]
    [UnsupportedOSPlatform("windows")]
    public void Ctrl_C_while_tracking_reaches_ffmpeg_as_well_and_still_finishes_the_files()
    {
        using var folder = new TemporaryFolder();
        Assert.That(Start("draw", folder.At("clip.mp4"), "--frames", "200", "--width", "140", "--height", "100").ExitCode, Is.Zero);
        // A terminal sends the signal to all processes in the foreground, which is what a session of its own stands for.
        using var process = Process.Start(new ProcessStartInfo("setsid",
        [
            "env", "--default-signal=INT", "dotnet", "exec", Dll, "track", folder.At("clip.mp4"), "--model", "sam2.1_hiera_micro", "--prompt", "point=50%,50%", "--out", folder.At("out"),
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var end = new Killed(process);
        // Until the run is done, its files are in a hidden folder.
        var everywhere = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 };
        Assert.That(
            () => Directory.EnumerateFiles(Directory.CreateDirectory(folder.At("out")).FullName, "00004.png", everywhere).Any(), Is.True.After(120).Seconds.PollEvery(50).MilliSeconds);
        using var kill = Process.Start("kill", ["-INT", "--", $"-{process.Id}"])!;
        Assert.That(process.WaitForExit(TimeSpan.FromSeconds(60)), "still running a minute after Ctrl-C");
        Assert.That(process.ExitCode, Is.EqualTo(ExitCode.Cancelled), process.StandardError.ReadToEnd());
        using var json = JsonDocument.Parse(File.ReadAllText(folder.At("out", "masklets.json")));
        Assert.That(json.RootElement.GetProperty("masklet").GetArrayLength(), Is.InRange(4, 199));
        Assert.That(VideoReader.Open(folder.At("out", "overlay.mp4")).ReadFrames().Count(), Is.InRange(4, 199));
    }

    /// <summary>Whether a process on Linux has a library in its memory.</summary>
    private static bool HasLoaded(int process, string library)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/maps").Contains(library, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // it has ended, which the exit code will explain
        }
    }

    /// <summary>A test that fails must not leave a program behind that would compute for ever.</summary>
    private sealed class Killed(Process process) : IDisposable
    {
        public void Dispose()
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static Script Start(params string[] arguments) => Script.Run("dotnet", ["exec", Dll, .. arguments]);
}
