using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TestSupport;

namespace Samples.Tests;

/// <summary>Runs the samples as their readers do, each as a program of its own, and looks at what they say and write.</summary>
[NonParallelizable]
public sealed class SampleTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void Segment_finds_what_was_clicked_on()
    {
        var output = Run("Segment");
        Assert.That(Numbers(output, @"box: .*true IoU ([\d.]+)"), Has.One.GreaterThan(0.8));
        Assert.That(Numbers(output, @"click, mask \d.*true IoU ([\d.]+)").Max(), Is.GreaterThan(0.8));
        Assert.That(MaskFile.Read(Written("mask.png")).Area, Is.Positive);
        Assert.That(ImageFile.Read(Written("overlay.png")).Width, Is.EqualTo(840));
    }

    [Test]
    public void Segment_takes_a_picture_and_a_click()
    {
        ImageFile.Write(_folder["gray.png"], new RgbImage(64, 48));
        var output = Run("Segment", _folder["gray.png"], "32", "24");
        Assert.That(output, Does.Contain("box: ").And.Not.Contain("true IoU"));
        Assert.That(MaskFile.Read(Written("mask.png")).Width, Is.EqualTo(64));
    }

    [Test]
    public void Track_follows_two_objects()
    {
        Assert.That(Numbers(Run("Track"), @"mean IoU ([\d.]+)"), Has.Exactly(2).GreaterThan(0.75));
        Assert.That(FramesOf("track.mp4"), Is.EqualTo(20));
    }

    [Test]
    public void LiveCamera_has_a_mask_for_each_frame()
    {
        var output = Run("LiveCamera");
        Assert.That(Numbers(output, @"mean IoU ([\d.]+)"), Has.One.GreaterThan(0.8));
        Assert.That(FramesOf("live.mp4"), Is.EqualTo(50));
        var memory = Numbers(output, @"(\d+) MB");
        Assert.That(memory[1] - memory[0], Is.LessThan(60));
    }

    [Test]
    public void LiveCamera_takes_what_ffmpeg_opens()
    {
        var output = Run("LiveCamera", "-f", "lavfi", "-i", "testsrc=duration=0.2:rate=25");
        Assert.That(output, Does.Contain("5 frames").And.Not.Contain("mean IoU"));
        Assert.That(FramesOf("live.mp4"), Is.EqualTo(5));
    }

    [Test]
    public void Everything_finds_the_drawn_objects()
    {
        Assert.That(Run("Everything"), Does.Contain("3 of 3 drawn objects"));
        Assert.That(ImageFile.Read(Written("overlay.png")).Height, Is.EqualTo(600));
        Assert.That(File.ReadAllText(Written("annotations.json")), Does.Contain("\"picture.png\""));
    }

    [Test]
    public void FineTune_makes_the_model_much_better()
    {
        var scores = Numbers(Run("FineTune"), @"(?:before|after): image_1_click_miou ([\d.]+)");
        Assert.That(scores, Has.Length.EqualTo(2));
        Assert.That(scores[1], Is.GreaterThan(scores[0] + 0.2));
        AssertIsModel("model.pt");
    }

    [Test]
    public void OwnTrainingLoop_lowers_the_loss()
    {
        AssertFalls(Run("OwnTrainingLoop"), @"mean loss ([\d.]+) in the first 5 steps, ([\d.]+) in the last 5");
        AssertIsModel("model.pt");
    }

    [Test]
    public void CustomMemoryPolicy_finds_the_ball_again_that_the_usual_memory_loses()
    {
        var output = Run("CustomMemoryPolicy");
        var ious = Numbers(output, @"mean IoU ([\d.]+)");
        Assert.That(ious[1], Is.GreaterThan(ious[0]).And.GreaterThan(0.7));
        Assert.That(output, Does.Match(@"remembered at the end: frames (\d+, ){5}39"));
        Assert.That(ImageFile.Read(Written("last-frame.png")).Width, Is.GreaterThan(840));
    }

    [Test]
    public void CustomLoss_lowers_the_loss_of_outlines()
    {
        AssertFalls(Run("CustomLoss"), @"loss of outlines ([\d.]+) in the first 4 steps, ([\d.]+) in the last 4");
        AssertIsModel("model.pt");
    }

    [Test]
    public void CustomTraining_goes_from_large_objects_to_small_ones()
    {
        var output = Run("CustomTraining");
        AssertFalls(output, @"objects cover ([\d.]+) of the first pictures and ([\d.]+) of the last");
        Assert.That(output, Does.Contain("8/8"), "the log");
        AssertIsModel("model.pt");
    }

    [Test]
    public void OwnFormat_measures_what_is_drawn()
    {
        Run("OwnFormat");
        var rows = File.ReadAllLines(Written("measurements.csv")).Skip(1).Select(row => row.Split(',')).ToList();
        Assert.That(rows.Select(row => row[0]), Has.All.EqualTo("drawn.png"));
        var measured = rows.Select(row => row.Skip(1).Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray()).ToList();
        foreach (var mask in DemoScene.Create(840, 600).Render().Masks().Values)
        {
            var (x, y, width, height) = mask.BoundingBox;
            Assert.That(measured.Any(row =>
                Math.Abs(row[0] - (x + (width / 2.0))) < 15 && Math.Abs(row[1] - (y + (height / 2.0))) < 15 && Math.Abs((row[2] / mask.Area) - 1) < 0.25));
        }
    }

    [Test]
    public void FeatureHook_shows_the_features_of_each_block()
    {
        var output = Run("FeatureHook");
        Assert.That(output, Does.Contain("image_encoder.trunk.blocks.0: [1, 48, 48, 48]").And.Contain("image_encoder.trunk.blocks.8: [1, 6, 6, 384]"));
        // The picture and one for each of four stages, with gaps.
        Assert.That(ImageFile.Read(Written("features.png")).Width, Is.GreaterThan(5 * 420));
    }

    [Test]
    public void SwapModule_tracks_with_other_modules()
    {
        var ious = Numbers(Run("SwapModule"), @"mean IoU ([\d.]+)");
        Assert.That(ious, Has.Length.EqualTo(4));
        Assert.That(ious[0], Is.GreaterThan(0.8));
        Assert.That(ious[2], Is.EqualTo(ious[0]).Within(0.01), "an open gate changes nothing");
        Assert.That(ious[3], Is.LessThan(ious[0]), "a shut gate hides the memories");
        Assert.That(ImageFile.Read(Written("gate-shut.png")).Width, Is.EqualTo(420));
    }

    [Test]
    public void OwnDataset_is_trained_on_by_its_name()
    {
        Assert.That(Numbers(Run("OwnDataset"), @"^image_1_click_miou ([\d.]+)"), Has.One.GreaterThan(0.8));
        Assert.That(File.ReadAllText(Written("run", "recipe.yaml")), Does.Contain("kind: discs"));
        AssertIsModel("run", "model.pt");
    }

    [Test]
    public void Ablation_compares_variants()
    {
        var output = Run("Ablation");
        Assert.That(output, Does.Contain("8 runs, 0 failed"));
        Assert.That(Regex.Matches(output, @"^\| learning rate .* ± ", RegexOptions.Multiline), Has.Count.EqualTo(4));
        Assert.That(File.ReadAllText(Written("report.html")), Does.Contain("<svg"));
    }

    [Test]
    public void Each_sample_is_one_short_program_that_its_list_explains([ValueSource(nameof(Samples))] string sample)
    {
        var code = File.ReadAllLines(RepositoryFiles.At("samples", sample, "Program.cs")).SkipWhile(line => line.StartsWith("//", StringComparison.Ordinal));
        Assert.That(code.Count(line => line.Trim().Length > 0), Is.LessThanOrEqualTo(60));
        Assert.That(Directory.GetFiles(RepositoryFiles.At("samples", sample), "*.cs", SearchOption.AllDirectories), Has.Length.EqualTo(1));
        Assert.That(File.ReadAllText(RepositoryFiles.At("samples", "README.md")), Does.Contain($"--project samples/{sample}`"));
        Assert.That(typeof(SampleTests).GetMethods().Select(method => method.Name), Has.Some.StartsWith($"{sample}_"));
    }

    private static IEnumerable<string> Samples =>
        Directory.GetFiles(RepositoryFiles.At("samples"), "*.csproj", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).Order()!;

    /// <summary>Runs a sample that writes into the folder <c>out</c>, and returns what it prints.</summary>
    private string Run(string sample, params string[] arguments)
    {
        // Its program lies beside the tests, built with the same configuration: artifacts/bin/Segment/release.
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var program = RepositoryFiles.At("artifacts", "bin", sample, configuration, $"{sample}.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", program, _folder["out"], .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder.Path,
        };
        start.Environment[ModelFiles.Variable] = RepositoryFiles.At("weights");
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{sample} did not end within {Limit.TotalMinutes} minutes. It said: {output.Result}");
        }
        Assert.That((process.ExitCode, error.Result), Is.EqualTo((0, "")), output.Result);
        TestContext.Out.WriteLine(output.Result);
        return output.Result;
    }

    private string Written(params string[] parts) => _folder.At(["out", .. parts]);

    private int FramesOf(string video) => VideoReader.Open(Written(video)).ReadFrames().Count();

    private void AssertIsModel(params string[] parts)
    {
        using var checkpoint = Checkpoint.Open(Written(parts));
        Assert.That(ConfigInference.Infer(checkpoint).ImageSize, Is.Positive);
        checkpoint.Verify();
    }

    private static void AssertFalls(string output, string pattern)
    {
        var match = Regex.Match(output, pattern);
        Assert.That(match.Success, output);
        Assert.That(Number(match.Groups[2]), Is.LessThan(Number(match.Groups[1])));
    }

    private static double[] Numbers(string output, string pattern) =>
        [.. Regex.Matches(output, pattern, RegexOptions.Multiline).Select(match => Number(match.Groups[1]))];

    private static double Number(Capture text) => double.Parse(text.Value, CultureInfo.InvariantCulture);
}
