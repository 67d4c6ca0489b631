using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Training.Recipes;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class TrainCommandTests : FolderTests
{
    // Images and clips, dropout, averages, validation: everything that a run which was killed could get wrong.
    private const string Recipe = """
        seed: 5
        steps: 12
        threads: 1
        model: {architecture: sam2.1_hiera_nano, settings: {image_size: 64, image_encoder: {trunk: {drop_path_rate: 0.1}}}}
        data:
          train:
            - {dataset: {kind: procedural, seed: 1}, frames: 1, clips: 2}
            - {dataset: {kind: procedural, seed: 1}, frames: 3, clips: 1}
          validation: {videos: {seed: 2, count: 1, options: {frame_count: 3}}, images: {seed: 3, count: 1}}
        prompting: {num_correction_pt_per_frame: 1}
        optimizer:
          lr: [{scheduler: cosine, start_value: 1e-3, end_value: 1e-4}]
          layer_decay: null
        ema: {decay: 0.9}
        log: {every: 1}
        checkpoint: {every: 2}
        validation: {every: 4}
        """;

    private static string Dll => Path.Combine(AppContext.BaseDirectory, "sam2.dll");

    private string RecipeFile => Folder.At("tiny.yaml");

    [SetUp]
    public void WriteFiles()
    {
        File.WriteAllText(RecipeFile, Recipe);
    }

    [Test]
    [Category("Slow")]
    [Platform("Linux,MacOsX")]
    [UnsupportedOSPlatform("windows")]
    public void A_run_that_is_killed_again_and_again_ends_with_the_same_bytes_as_one_that_is_not()
    {
        DrawPictures(30);
        string[] pictures = ["--set", $"data.train.0.dataset={{kind: folders, root: '{Folder.At("pictures")}'}}"];
        Assert.That(Train("whole", pictures).ExitCode, Is.Zero);
        var delays = new Random(1);
        var stops = PicturesToStopAt(pictures[1]);
        Assert.That(stops, Has.Count.GreaterThan(2));
        // Each process ends at the latest at a picture that it can't read. It is killed a little after its first checkpoint: between steps,
        // in a step, in a validation, while it writes or when it waits for the picture.
        foreach (var picture in stops)
        {
            using var blocked = new BlockedFile(picture);
            using var process = Start("killed", pictures);
            WaitForNewCheckpoint(process);
            Thread.Sleep(delays.Next(0, 250));
            Assert.That(process.HasExited, Is.False);
            process.Kill();
            process.WaitForExit();
        }
        var last = Train("killed", ["--resume", .. pictures]);
        Assert.That(last.ExitCode, Is.Zero, last.Error);
        foreach (var file in new[] { "model.pt", "best.pt" })
            Assert.That(File.ReadAllBytes(Folder.At("killed", file)), Is.EqualTo(File.ReadAllBytes(Folder.At("whole", file))), file);
        Assert.That(Log("killed"), Is.EqualTo(Log("whole")));
        Assert.That(Directory.GetFiles(Folder.At("killed")).Select(Path.GetFileName), Is.EquivalentTo(Directory.GetFiles(Folder.At("whole")).Select(Path.GetFileName)), "leftovers");
    }

    [Test]
    public void Trains_validates_and_leaves_weights_that_segment()
    {
        var run = Train("run", "--set", "steps=2", "--set", "validation.every=1");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("2.58 million parameters").And.Contain("core_loss").And.Contain("validation at step 2: mean").And.Contain("model.pt  after 2 steps"));
        Assert.That(File.Exists(Folder.At("run", "best.pt")) && Directory.GetFiles(Folder.At("run", "tensorboard")).Length == 1);
        Assert.That(CommandLine.Run("draw", Folder.At("scene.png"), "--width", "90", "--height", "60").ExitCode, Is.Zero);
        var segment = CommandLine.Run("segment", Folder.At("scene.png"), "--model", Folder.At("run", "model.pt"), "--point", "24%,42%", "--out", Folder.At("out"));
        Assert.That(segment.ExitCode, Is.Zero, segment.Error);
        // The recipe that is kept has every setting, and trains the same again.
        Assert.That(CommandLine.Run("train", Folder.At("run", "recipe.yaml"), "--out", Folder.At("again")).ExitCode, Is.Zero);
        Assert.That(File.ReadAllBytes(Folder.At("again", "model.pt")), Is.EqualTo(File.ReadAllBytes(Folder.At("run", "model.pt"))));
    }

    [Test]
    public void A_run_is_neither_overwritten_nor_resumed_with_other_settings()
    {
        Assert.That(Train("run", "--set", "steps=1", "--set", "validation=").ExitCode, Is.Zero);
        var again = Train("run", "--set", "steps=1");
        Assert.That((again.ExitCode, again.ErrorLines), Is.EqualTo((ExitCode.Failed, 1)));
        Assert.That(again.Error, Does.Contain("--resume").And.Contain(Folder.At("run")));
        var other = Train("run", "--resume", "--set", "steps=1", "--set", "validation=", "--set", "seed=6");
        Assert.That((other.ExitCode, other.ErrorLines), Is.EqualTo((ExitCode.Failed, 1)));
        Assert.That(other.Error, Does.Contain("seed was 5, now 6"));
    }

    [TestCase("stps=3", "'steps'", ExitCode.Usage)]
    [TestCase("model.architecture=sam2.1_hiera_nnao", "sam2.1_hiera_nano")]
    [TestCase("model.settings={num_maskmen: 3}", "num_maskmem")]
    [TestCase("data.train=[]", "data.train")]
    [TestCase("data.train.0.dataset.options={widht: 3}", "'width'")]
    [TestCase("optimizer.lr.0.param_names=['nothing*']", "nothing*")]
    [TestCase("device=warp", "warp")]
    [TestCase("steps=0", "steps is 0", ExitCode.Usage)]
    [TestCase("ema.decay=2", "ema.decay", ExitCode.Usage)]
    [TestCase("divergence.patience=0", "divergence.patience is 0", ExitCode.Usage)]
    public void A_wrong_setting_is_one_line_and_nothing_is_written(string set, string what, int exitCode = ExitCode.Failed)
    {
        var run = Train("run", "--set", set);
        Assert.That((run.ExitCode, run.ErrorLines), Is.EqualTo((exitCode, 1)), run.Error);
        Assert.That(run.Error, Does.Contain(what));
        Assert.That(Directory.Exists(Folder.At("run")), Is.False);
    }

    [Test]
    public void Trains_in_half_precision([Values("bf16", "fp16")] string precision)
    {
        var run = Train("run", "--set", "steps=2", "--set", $"precision={precision}", "--set", "validation=");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(Folder.At("run", "model.pt"), Does.Exist);
    }

    [Test]
    public void A_recipe_that_does_not_exist_is_named() =>
        Assert.That(CommandLine.Run("train", Folder.At("none.yaml")).Error, Does.Contain("none.yaml"));

    [Test]
    public void Drawn_clips_are_long_enough_for_their_stride()
    {
        var run = Train("run", "--set", "steps=2", "--set", "validation=", "--set", "data.train.0.weight=0", "--set", "data.train.1.stride=3");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output + run.Error, Does.Not.Contain("skipped"));
    }

    [TestCase("nano.yaml", "sam2.1_hiera_nano")]
    [TestCase("micro.yaml", "sam2.1_hiera_micro")]
    [TestCase("micro-videos.yaml", "sam2.1_hiera_micro")]
    [TestCase("micro-long.yaml", "sam2.1_hiera_micro")]
    [TestCase("micro-garish.yaml", "sam2.1_hiera_micro")]
    [TestCase("micro-hidden.yaml", "sam2.1_hiera_micro")]
    [TestCase("micro-192.yaml", "sam2.1_hiera_micro")]
    public void Recipes_of_the_repository_are_valid(string name, string architecture)
    {
        string[] start = name.StartsWith("micro-", StringComparison.Ordinal) ? ["--set", "model.checkpoint=", "--set", $"model.architecture={architecture}", "--set", "concurrent_batches=1"] : [];
        var run = CommandLine.Run(
            ["train", RepositoryFiles.At("recipes", name), "--out", Folder.At("run"), "--set", "steps=1", "--set", "validation=", "--set", "data.train.0.clips=1", .. start]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using var checkpoint = Checkpoint.Open(Folder.At("run", "model.pt"));
        Assert.That(ConfigInference.PublishedName(checkpoint), Is.EqualTo(architecture));
    }

    private CommandLine Train(string name, params string[] arguments) => CommandLine.Run(["train", RecipeFile, "--out", Folder.At(name), .. arguments]);

    private Process Start(string name, string[] arguments) => Process.Start(new ProcessStartInfo("dotnet", ["exec", Dll, "train", RecipeFile, "--resume", "--out", Folder.At(name), .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    /// <summary>Writes pictures with masks, each with a name of its own.</summary>
    private void DrawPictures(int count)
    {
        foreach (var (i, video) in new ProceduralDataset(count, seed: 1, new() { Width = 64, Height = 64, FrameCount = 1, MinRadius = 0.2 }).Index())
        {
            foreach (var folder in new[] { "images", "masks" })
                Directory.CreateDirectory(Folder.At("pictures", folder));
            ImageFile.Write(Folder.At("pictures", "images", $"picture-{i:00}.png"), video.ReadFrame(0));
            IndexedMasks.Combine(video.ReadMasks(0), 64, 64).Write(Folder.At("pictures", "masks", $"picture-{i:00}.png"));
        }
    }

    /// <summary>
    /// Pictures that the run needs for the first time at certain steps, the first of which comes after a checkpoint, and the others after
    /// another checkpoint each.
    /// </summary>
    private List<string> PicturesToStopAt(string setting)
    {
        var recipe = RecipeYaml.Read(RecipeFile, [setting]);
        using var batches = DataFactory.Training(recipe, imageSize: 64);
        var (result, seen, next) = (new List<string>(), new HashSet<string>(), recipe.Checkpoint.Every + 1);
        for (var step = 1; step <= recipe.Steps; step++)
        {
            using var batch = batches.Next();
            var fresh = batch.Names.Select(name => name.Split('@')[0]).Where(name => name.StartsWith("picture-", StringComparison.Ordinal) && seen.Add(name)).ToList();
            if (fresh.Count == 0 || step < next)
                continue;
            result.Add(Folder.At("pictures", "images", fresh[0] + ".png"));
            next = step + recipe.Checkpoint.Every;
        }
        return result;
    }

    private void WaitForNewCheckpoint(Process process)
    {
        var file = Folder.At("killed", "checkpoint.pt");
        var before = File.Exists(file) ? File.GetLastWriteTimeUtc(file) : DateTime.MinValue;
        var watch = Stopwatch.StartNew();
        while (!process.HasExited && (!File.Exists(file) || File.GetLastWriteTimeUtc(file) == before))
        {
            Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromMinutes(3)), "no checkpoint");
            Thread.Sleep(5);
        }
    }

    /// <summary>All that the log says of losses and scores, without times.</summary>
    private List<string> Log(string name) =>
        [.. File.ReadLines(Folder.At(name, "log.jsonl")).Select(line =>
        {
            var record = JsonDocument.Parse(line).RootElement;
            return $"{record.GetProperty("kind")} {record.GetProperty("step")} {record.GetProperty(record.GetProperty("kind").GetString() == "step" ? "losses" : "scores")}";
        })];
}
