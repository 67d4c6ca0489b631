using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Data;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class EvalVosCommandTests : FolderTests
{
    private const string Model = "sam2.1_hiera_micro";
    private static readonly string Dataset = RepositoryFiles.At("tests", "Sam2.Torch.Tests", "Golden", "evaluation");

    [Test]
    public void The_original_s_scores_are_reached_and_predictions_reports_and_speed_are_left()
    {
        // The weights with which the original made its predictions.
        var model = RepositoryFiles.At("tests", "Sam2.Torch.Tests", "Golden", "sam2.1_hiera_nano.pt");
        var run = CommandLine.Run("eval", "vos", Dataset, "--model", model, "--prompt", "mask", "--out", Folder.At("out"), "--jobs", "2");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Error, Is.Empty);
        using var json = JsonDocument.Parse(File.ReadAllText(Folder.At("out", "report.json")));
        var metrics = json.RootElement.GetProperty("metrics");

        // What golden/evaluation/scores.json says of the original's predictions.
        Assert.That(metrics.GetProperty("J&F").GetDouble(), Is.EqualTo(73.897586852).Within(0.1));
        Assert.That(run.Output.TrimEnd().Split('\n')[^1], Does.Match(@"^J&F \d+\.\d\d  J \d+\.\d\d  F \d+\.\d\d\r?$"));
        var speed = json.RootElement.GetProperty("speed");
        Assert.That(speed.GetProperty("frames").GetInt32(), Is.EqualTo(36));
        Assert.That(speed.GetProperty("frames_per_second").GetDouble(), Is.Positive);
        Assert.That(speed.GetProperty("peak_memory_bytes").GetInt64(), Is.GreaterThan(50_000_000));
        Assert.That(File.ReadAllText(Folder.At("out", "report.html")), Does.Contain("Worst cases").And.Contain("Speed against accuracy"));

        // What is stored is what was scored, and is what sam2 eval score reads.
        var score = CommandLine.Run("eval", "score", Dataset, Folder.At("out", "predictions"));
        Assert.That(score.Output.TrimEnd().Split('\n')[^1], Is.EqualTo(run.Output.TrimEnd().Split('\n')[^1]));
    }

    [Test]
    [Platform("Linux,MacOsX")]
    [UnsupportedOSPlatform("windows")]
    public void Killed_in_the_middle_of_a_video_it_goes_on_and_ends_with_the_same_numbers()
    {
        string[] videos = ["JPEGImages", "Annotations"];
        foreach (var file in videos.SelectMany(folder => Directory.GetFiles(Path.Combine(Dataset, folder), "*", SearchOption.AllDirectories)))
        {
            var copy = Folder.At("dataset", Path.GetRelativePath(Dataset, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        var whole = CommandLine.Run("eval", "vos", Folder.At("dataset"), "--model", Model, "--out", Folder.At("whole"));
        Assert.That(whole.ExitCode, Is.Zero, whole.Error);

        // Each process comes as far as a frame that it can't read: twice in the first video, in the second, and in the third.
        foreach (var frame in (string[][])[["first", "00003"], ["first", "00008"], ["second", "00001"], ["third", "00011"]])
        {
            using var blocked = new BlockedFile(Folder.At("dataset", "JPEGImages", frame[0], frame[1] + ".png"));
            using var process = Start("eval", "vos", Folder.At("dataset"), "--model", Model, "--out", Folder.At("killed"));
            blocked.WaitForReader(process);
            process.Kill();
            process.WaitForExit();
        }

        Assert.That(File.Exists(Folder.At("killed", "report.json")), Is.False);
        Assert.That(
            Directory.GetFiles(Folder.At("killed", "videos"), "*.json").Select(Path.GetFileName), Is.EquivalentTo((string[])["first.json", "second.json"]));

        var resumed = CommandLine.Run("eval", "vos", Folder.At("dataset"), "--model", Model, "--out", Folder.At("killed"));
        Assert.That(resumed.ExitCode, Is.Zero, resumed.Error);
        Assert.That(LastLine(resumed), Is.EqualTo(LastLine(whole)));
        Assert.That(Report("killed", "metrics"), Is.EqualTo(Report("whole", "metrics")));
        Assert.That(Report("killed", "items"), Is.EqualTo(Report("whole", "items")));
        var files = PredictionsOf("whole");
        Assert.That(PredictionsOf("killed"), Is.EqualTo(files), "nothing else is left");
        foreach (var file in files)
        {
            Assert.That(File.ReadAllBytes(Folder.At("killed", file)).AsSpan().SequenceEqual(File.ReadAllBytes(Folder.At("whole", file))), file);
        }
    }

    [Test]
    public void Predictions_for_SA_V_have_its_folders_and_every_frame_though_only_some_are_annotated()
    {
        Copy("JPEGImages", "JPEGImages_24fps", _ => true, path => path);
        Copy("Annotations_per_object", "Annotations_6fps", frame => frame % 4 == 0, path => path.Replace("001", "000").Replace("002", "004"));
        var run = CommandLine.Run("eval", "vos", Folder.At("sav"), "--format", "sav", "--model", Model, "--all-frames", "--out", Folder.At("out"));
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(Directory.GetDirectories(Folder.At("out", "predictions", "first")).Select(Path.GetFileName).Order(), Is.EqualTo((string[])["000", "003", "004"]));
        Assert.That(Directory.GetFiles(Folder.At("out", "predictions", "first", "004")), Has.Length.EqualTo(12));

        var score = CommandLine.Run("eval", "score", Folder.At("sav"), Folder.At("out", "predictions"), "--all-frames");
        Assert.That(LastLine(score), Is.EqualTo(LastLine(run)));
        Assert.That(score.Output, Does.Contain("first   004"));

        void Copy(string from, string to, Func<int, bool> wanted, Func<string, string> rename)
        {
            foreach (var file in Directory.GetFiles(Path.Combine(Dataset, from), "*.png", SearchOption.AllDirectories))
            {
                if (!wanted(int.Parse(Path.GetFileNameWithoutExtension(file), System.Globalization.CultureInfo.InvariantCulture))) continue;
                var relative = Path.GetRelativePath(Path.Combine(Dataset, from), file);
                var target = Folder.At("sav", to, rename(Path.GetDirectoryName(relative)!), Path.GetFileName(relative));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }
        }
    }

    [Test]
    public void Drawn_clips_need_no_download()
    {
        var run = CommandLine.Run("eval", "vos", "procedural:count=2,seed=7,frames=5,max_distractors=0,clutter=0.5", "--model", Model, "--prompt", "box", "--out", Folder.At("out"));
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using var json = JsonDocument.Parse(File.ReadAllText(Folder.At("out", "report.json")));
        Assert.That(json.RootElement.GetProperty("metrics").GetProperty("J&F").GetDouble(), Is.InRange(20, 100));
        Assert.That(json.RootElement.GetProperty("speed").GetProperty("frames").GetInt32(), Is.EqualTo(10));
    }

    [Test]
    public void A_registered_format_is_evaluated_by_name_and_a_misspelt_one_is_refused_with_the_nearest()
    {
        DatasetFormats.Register("cli-own", (root, _) => DatasetReader.Open(root, DatasetFormats.Folders));
        var run = CommandLine.Run("eval", "vos", Dataset, "--format", "cli-own", "--limit", "1", "--no-predictions", "--model", Model, "--out", Folder.At("out"));
        Assert.That(run.ExitCode, Is.Zero, run.Error);

        run = CommandLine.Run("eval", "vos", Dataset, "--format", "cli-onw", "--model", Model, "--out", Folder.At("none"));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain("Did you mean 'cli-own'?"));
    }

    [TestCase("procedural:colour=1", "count, seed, name, width, height and frames")]
    [TestCase("procedural:count=many", "count=many")]
    [TestCase("procedural:count=0", "at least 1")]
    [TestCase("procedural:colour=1", "max_distractors")]
    [TestCase("procedural:max_objects=1.5", "max_objects: 1.5")]
    [TestCase("procedural:clutter=-1", "Clutter is -1")]
    public void What_cannot_be_drawn_is_said(string root, string word)
    {
        var run = CommandLine.Run("eval", "vos", root, "--model", Model, "--out", Folder.At("out"));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain(word));
        Assert.That(Directory.Exists(Folder.At("out")), Is.False);
    }

    [Test]
    public void Cancelled_it_says_so_and_can_go_on()
    {
        var run = CommandLine.RunUntil("evaluating: ", "eval", "vos", Dataset, "--model", Model, "--out", Folder.At("cut"));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Cancelled), run.Error);
        Assert.That(run.ErrorLines, Is.EqualTo(1));
        Assert.That(run.Error, Does.EndWith("sam2 eval vos: cancelled" + Environment.NewLine));
        Assert.That(Predictions("cut"), Is.InRange(1, 35));
        Assert.That(Vos("cut").ExitCode, Is.Zero);
    }

    [Test]
    public void A_finished_evaluation_is_not_done_again_and_other_settings_need_another_folder()
    {
        Assert.That(Vos("out", "--limit", "1").ExitCode, Is.Zero);
        var result = new FileInfo(Folder.At("out", "videos", "first.json"));
        var before = result.LastWriteTimeUtc;
        Assert.That(Vos("out", "--limit", "2").ExitCode, Is.Zero);
        result.Refresh();
        Assert.That(result.LastWriteTimeUtc, Is.EqualTo(before));
        Assert.That(File.Exists(Folder.At("out", "videos", "second.json")));

        var other = Vos("out", "--limit", "1", "--prompt", "box");
        Assert.That(other.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(other.Error, Does.Contain("prompt was 'mask' and is 'box'").And.Contain("another folder"));
    }

    [TestCase("--prompt", "scribble")]
    [TestCase("--limit", "0")]
    [TestCase("--jobs", "0")]
    public void Wrong_options_are_wrong_usage(string option, string value) =>
        Assert.That(Vos("none", option, value).ExitCode, Is.EqualTo(ExitCode.Usage));

    [Test]
    public void A_folder_that_is_no_data_set_fails_with_a_reason_and_leaves_nothing()
    {
        var run = CommandLine.Run("eval", "vos", RepositoryFiles.At("weights"), "--model", Model, "--out", Folder.At("none"));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.ErrorLines, Is.EqualTo(1));
        Assert.That(Directory.Exists(Folder.At("none")), Is.False);
    }

    private CommandLine Vos(string directory, params string[] arguments) =>
        CommandLine.Run(["eval", "vos", Dataset, "--model", Model, "--out", Folder.At(directory), .. arguments]);

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["exec", Path.Combine(AppContext.BaseDirectory, "sam2.dll"), .. arguments]) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private int Predictions(string directory) => Directory.Exists(Folder.At(directory, "predictions"))
        ? Directory.GetFiles(Folder.At(directory, "predictions"), "0*.png", SearchOption.AllDirectories).Length
        : 0;

    private string[] PredictionsOf(string directory) => [.. Directory
        .GetFiles(Folder.At(directory, "predictions"), "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Folder.At(directory), file)).Order(StringComparer.Ordinal)];

    private string Report(string directory, string property)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Folder.At(directory, "report.json")));
        return json.RootElement.GetProperty(property).GetRawText();
    }

    private static string LastLine(CommandLine run) => run.Output.TrimEnd().Split('\n')[^1];
}
