using System.Globalization;
using System.Runtime.Versioning;
using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Cli.Tests.Faults;

/// <summary>
/// A disk without room and a folder that takes nothing: one readable error, and nothing half-written under a final name. The disk is
/// a small tmpfs in a mount namespace of the process's own.
/// </summary>
[Platform("Linux")]
[UnsupportedOSPlatform("windows")]
public class FullDiskTests : FolderTests
{
    private const string Model = "sam2.1_hiera_micro";

    /// <summary>Where the kernel lets nobody create anything, root included.</summary>
    private const string ReadOnly = "/sys/kernel";

    private static readonly string[] EverythingSettings = ["--points-per-side", "4", "--crops", "0", "--pred-iou", "0.5", "--stability", "0.5"];

    private static string Dll => Path.Combine(AppContext.BaseDirectory, "sam2.dll");

    private string Out => Folder.At("out");

    /// <summary>Each command, and the kilobytes that its disk has.</summary>
    private static IEnumerable<TestCaseData> Commands()
    {
        yield return Case("convert", 2000, test => ["convert", Model, test.At("m.safetensors")]);
        yield return Case("draw", 4, test => ["draw", test.At("v.mp4"), "--frames", "30"]);
        yield return Case("segment", 4, test => ["segment", test.Picture, "--model", Model, "--point", "24%,42%", "--out", test.Folder]);
        yield return Case("track", 8, test => ["track", test.Clip, "--model", Model, "--prompt", "point=24%,42%", "--out", test.Folder]);
        yield return Case("everything-picture", 4, test => ["everything", test.Picture, "--model", Model, "--out", test.Folder, .. EverythingSettings]);
        yield return Case("everything-video", 4, test => ["everything", test.Clip, "--model", Model, "--out", test.Folder, "--min-length", "0", "--track-stability", "0", .. EverythingSettings]);
        yield return Case("annotate", 4, test => ["annotate", test.Clip, "--model", Model, "--boxes", test.Labels, "--format", "coco-rle", "--out", test.Folder]);
        yield return Case("train", 1000, test => ["train", test.Recipe, "--out", test.Folder]);
        yield return Case("train-log", 4, test => ["train", test.Recipe, "--out", test.Folder]);
        yield return Case("eval", 4, test => ["eval", "vos", RepositoryFiles.At("tests", "Sam2.Torch.Tests", "Golden", "evaluation"), "--model", Model, "--out", test.Folder]);

        static TestCaseData Case(string name, int kilobytes, Func<Inputs, string[]> arguments) => new TestCaseData(kilobytes, arguments).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Commands))]
    public void A_full_disk_is_one_readable_error_and_nothing_is_half_written(int kilobytes, Func<Inputs, string[]> arguments)
    {
        var inputs = new Inputs(Folder, Out);
        Directory.CreateDirectory(Out);
        var run = RunOnSmallDisk(kilobytes, arguments(inputs));
        AssertOneError(run.ExitCode, run.Error, Out);
        AssertNothingHalf(Out);
    }

    [TestCaseSource(nameof(Commands))]
    public void A_folder_that_takes_nothing_is_one_readable_error(int kilobytes, Func<Inputs, string[]> arguments)
    {
        var run = CommandLine.Run(arguments(new Inputs(Folder, ReadOnly)));
        AssertOneError(run.ExitCode, run.Error, ReadOnly);
    }

    [Test]
    public void A_download_into_a_folder_that_takes_nothing_is_one_readable_error()
    {
        var run = CommandLine.Run("download", "sam2.1_hiera_tiny", "--out", ReadOnly);
        AssertOneError(run.ExitCode, run.Error, ReadOnly);
    }

    [Test]
    public void What_a_full_disk_has_refused_is_done_when_there_is_room_again()
    {
        var inputs = new Inputs(Folder, Out);
        Directory.CreateDirectory(Out);
        string[] arguments = ["annotate", inputs.Clip, "--model", Model, "--boxes", inputs.Labels, "--format", "coco-rle", "--out", Out];
        var full = RunOnSmallDisk(4, arguments);
        Assert.That(full.ExitCode, Is.EqualTo(ExitCode.Failed));
        var rest = CommandLine.Run(arguments);
        Assert.That(rest.ExitCode, Is.Zero, rest.Error);
        var whole = CommandLine.Run([.. arguments[..^1], Folder.At("whole")]);
        Assert.That(whole.ExitCode, Is.Zero, whole.Error);
        Assert.That(File.ReadAllText(Path.Combine(Out, "annotations.json")), Is.EqualTo(File.ReadAllText(Folder.At("whole", "annotations.json"))));
    }

    /// <summary>Runs a command whose output folder has little room; afterwards the folder has what was written there.</summary>
    private (int ExitCode, string Error) RunOnSmallDisk(int kilobytes, string[] arguments)
    {
        const string Script = """
            mount -t tmpfs -o size="$1"k tmpfs "$2" || exit 99
            out="$2" left="$3" dll="$4"
            shift 4
            dotnet exec "$dll" "$@"
            code=$?
            cp -a "$out/." "$left"
            exit $code
            """;
        var left = Directory.CreateDirectory(Folder.At("left")).FullName;
        var run = Tools.Script.Run("unshare", ["--map-root-user", "--mount", "bash", "-c", Script, "bash", kilobytes.ToString(CultureInfo.InvariantCulture), Out, left, Dll, .. arguments]);
        Directory.Delete(Out, recursive: true);
        Directory.Move(left, Out);
        return (run.ExitCode, run.Error);
    }

    private static void AssertOneError(int exitCode, string error, string folder)
    {
        var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        TestContext.Out.WriteLine(error);
        Assert.That(exitCode, Is.EqualTo(ExitCode.Failed), error);
        Assert.That(lines, Is.Not.Empty);
        // Some commands name each picture that they skip first.
        Assert.That(lines[..^1], Is.All.Contains("skipped: "));
        Assert.That(error, Does.Contain(folder).And.Not.Contain("Exception").And.Not.Contain("Parameter").And.Not.Contain("   at "));
    }

    /// <summary>What has its final name can be read to its end; nothing else is there but what a command goes on from.</summary>
    private static void AssertNothingHalf(string folder)
    {
        foreach (var file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetFileName(file);
            Assert.That(name, Does.Not.Contain(".tmp"));
            switch (Path.GetExtension(file))
            {
                case ".png" or ".jpg": ImageFile.Read(file); break;
                case ".pt" or ".safetensors":
                    using (var checkpoint = Checkpoint.Open(file)) checkpoint.Verify();
                    break;
                case ".json": System.Text.Json.JsonDocument.Parse(File.ReadAllText(file)).Dispose(); break;
                case ".mp4": Assert.That(VideoReader.Open(file).ReadFrames().Count(), Is.Positive); break;
            }
        }
    }

    /// <summary>What the commands read, drawn when it is asked for, and the folder that they write to.</summary>
    public sealed class Inputs(TemporaryFolder folder, string output)
    {
        public string Folder => output;

        public string Picture
        {
            get
            {
                ImageFile.Write(folder.At("p.png"), DemoScene.Create(420, 300).Render(0).Image);
                return folder.At("p.png");
            }
        }

        public string Clip
        {
            get
            {
                DemoClip.Write(folder.At("clip"), 160, 120, 6);
                return folder.At("clip");
            }
        }

        public string Labels
        {
            get
            {
                Directory.CreateDirectory(folder.At("labels"));
                foreach (var frame in Directory.GetFiles(Clip)) File.WriteAllText(folder.At("labels", Path.GetFileNameWithoutExtension(frame) + ".txt"), "0 0.24 0.42 0.22 0.3\n1 0.81 0.67 0.2 0.28\n");
                return folder.At("labels");
            }
        }

        public string Recipe
        {
            get
            {
                File.WriteAllText(folder.At("tiny.yaml"), """
                    steps: 40
                    model: {architecture: sam2.1_hiera_nano, settings: {image_size: 64}}
                    data: {train: [{dataset: {kind: procedural, seed: 1}, frames: 1, clips: 1}]}
                    optimizer: {lr: [{scheduler: constant, value: 1e-4}], layer_decay: null}
                    log: {every: 1}
                    checkpoint: {every: 20}
                    """);
                return folder.At("tiny.yaml");
            }
        }

        public string At(string name) => Path.Combine(output, name);
    }
}
