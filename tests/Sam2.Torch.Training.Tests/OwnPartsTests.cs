using System.Collections.Concurrent;
using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Training.Ablation;
using Sam2.Torch.Training.Augmentations;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Logging;
using Sam2.Torch.Training.Losses;
using Sam2.Torch.Training.Optimization;
using Sam2.Torch.Training.Prompts;
using Sam2.Torch.Training.Recipes;
using Sam2.Torch.Training.Validation;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Tests;

/// <summary>Parts as a user of the package writes them: against its public API only.</summary>
public sealed class OwnPartsTests : FolderTests
{
    private const string Drawn = """
        seed: 5
        steps: 2
        model: {architecture: sam2.1_hiera_nano, settings: {image_size: 64}}
        data:
          train:
            - {dataset: {kind: procedural, seed: 1}, frames: 2, augmentations: [{kind: swap_channels, probability: 1}]}
        log: {every: 1, tensorboard: false}
        """;

    [SetUp]
    public void WriteFiles()
    {
        ClipAugmentations.Register("swap_channels", new SwapChannels());
    }

    [Test]
    public void A_run_uses_an_own_loss_user_augmentation_and_callback()
    {
        var (loss, callback) = (new LastStepLoss(), new Recorder());
        var before = SwapChannels.Applied;
        var state = Train(new() { Loss = loss, Prompts = new AlwaysClicks(), Callbacks = [callback] });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(state.Step, Is.EqualTo(2));
            Assert.That(SwapChannels.Applied - before, Is.AtLeast(2), "clips that were augmented");
            Assert.That(loss.FirstFrameSteps, Is.EqualTo(new[] { 3, 3 }), "a click and two corrections in each batch");
            Assert.That(callback.Steps.Select(step => step.Step), Is.EqualTo(new long[] { 1, 2 }));
            Assert.That(callback.Steps.Select(step => step.Losses.Keys), Has.All.EquivalentTo(new[] { "core_loss", "last_step" }));
            Assert.That(callback.Steps.Select(step => step.Losses["core_loss"] / step.Losses["last_step"]), Has.All.EqualTo(2).Within(1e-5));
            Assert.That(callback.Steps.Select(step => step.GradientNorm), Has.All.Positive);
            Assert.That(callback.Files, Is.EqualTo(new[] { ("model.pt", 2L), ("checkpoint.pt", 2L) }));
        }
    }

    [Test]
    public void A_callback_can_end_a_run_which_is_resumed_later()
    {
        Assert.That(() => Train(new() { Callbacks = [new StopAfterFirstStep()] }), Throws.InstanceOf<OperationCanceledException>());
        var callback = new Recorder();
        Assert.That(Train(new() { Callbacks = [callback] }, resume: true).Step, Is.EqualTo(2));
        Assert.That(callback.Steps.Select(step => step.Step), Is.EqualTo(new long[] { 2 }));
    }

    [Test]
    public void A_callback_is_told_of_validations()
    {
        var callback = new Recorder();
        var recipe = Recipe() with { Validation = new() { Every = 1 } };
        Run(recipe, new Scores(), new() { Callbacks = [callback] });
        Assert.That(callback.Validations.Select(v => (v.Step, v.Scores[0].Value, v.Best)), Is.EqualTo(new[] { (1L, 0.25, true), (2L, 0.25, false) }));
        Assert.That(callback.Files.Select(f => f.Name), Is.EqualTo(new[] { "best.pt", "model.pt", "checkpoint.pt" }));
    }

    [Test]
    public void A_callback_hears_all_that_the_logs_write()
    {
        using var output = new StringWriter();
        using var json = new JsonLinesLog(Folder["log.jsonl"]);
        Assert.That(() => Run(Recipe(), null, new() { Callbacks = [new ConsoleLog(output), json, new StopAfterFirstStep()] }), Throws.InstanceOf<OperationCanceledException>());
        var callback = new Recorder();
        Run(Recipe(), null, new() { Callbacks = [callback, new ConsoleLog(output), json] }, resume: true);
        var table = output.ToString();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(table, Does.Contain("1/2").And.Contain("stopped at step 1").And.Contain("2/2"));
            Assert.That(File.ReadAllLines(Folder["log.jsonl"]), Has.Length.EqualTo(2));
            Assert.That(callback.Started, Is.EqualTo(new[] { 1L }));
            Assert.That(callback.Records.Select(record => (record.Step, record.TotalSteps)), Is.EqualTo(new[] { (2L, 2L) }));
        }
    }

    [Test]
    public void Batches_are_mixed_from_own_samplers()
    {
        var sampler = new Squares();
        using var mixture = new BatchMixture([(sampler, new ConstantSchedule(1))], seed: 1, total: 2, ahead: 1);
        var callback = new Recorder();
        Run(Recipe(), null, new() { Callbacks = [callback] }, mixture);
        Assert.That(callback.Steps, Has.Count.EqualTo(2));
        Assert.That(sampler.Numbers.Order().Take(2), Is.EqualTo(new long[] { 0, 1 }));
    }

    [Test]
    public void An_own_loss_is_ablated_against_the_usual_one()
    {
        var recipe = Recipe() with { Validation = new() { Every = 2 } };
        var sweep = new Sweep
        {
            Recipe = recipe with { Data = recipe.Data with { Validation = new() { Images = new() { Seed = 3, Count = 1 }, Clicks = [1] } } },
            Seeds = [1],
            Axes = [new() { Name = "loss", Choices = [new() { Name = "usual" }, new() { Name = "mine" }] }],
        };
        var (loss, trained) = (new LastStepLoss(), new List<(string, string, ulong)>());
        TrainerParts? Parts(SweepRun run)
        {
            trained.Add((run.Variant, run.Choices["loss"], run.Recipe.Seed));
            return run.Choices["loss"] == "mine" ? new() { Loss = loss } : null;
        }

        Assert.That(SweepRunner.Execute(sweep, Folder["sweep"], TextWriter.Null, Parts), Is.EqualTo((0, 2)));
        Assert.That(trained.Distinct(), Is.EqualTo(new[] { ("loss usual", "usual", 1UL), ("loss mine", "mine", 1UL) }));
        Assert.That(loss.FirstFrameSteps, Has.Count.EqualTo(2), "the two batches of one variant");
        Assert.That(
            Directory.GetFiles(Folder["sweep"], "log.jsonl", SearchOption.AllDirectories).Order().Select(log => File.ReadAllText(log).Contains("last_step", StringComparison.Ordinal)),
            Is.EqualTo(new[] { true, false }), "runs of 'mine' and 'usual'");
        Assert.That(File.ReadAllText(Path.Combine(Folder["sweep"], "report.md")), Does.Match(@"\| loss mine +\| +\d").And.Match(@"\| loss usual +\| +\d"));
    }

    [Test]
    public void An_own_forward_pass_predicts_each_batch()
    {
        var seen = new List<(ulong, int)>();
        Train(new() { ForwardPass = model => new CountingPass(new TrainingForwardPass(model, TrainingOptions.FineTuning, new AlwaysClicks()), seen) });
        Assert.That(seen.Select(batch => batch.Item2), Is.EqualTo(new[] { 2, 2 }), "frames of each batch");
        Assert.That(seen[0].Item1, Is.Not.EqualTo(seen[1].Item1), "random numbers of each batch");
    }

    [Test]
    public void A_loss_without_a_total_is_named() =>
        Assert.That(
            () => Train(new() { Loss = new TotallessLoss() }),
            Throws.ArgumentException.With.Message.Contains(nameof(TotallessLoss)).And.Message.Contains("core_loss"));

    [Test]
    public void A_user_who_prompts_frames_that_do_not_exist_is_named() =>
        Assert.That(
            () => Train(new() { Prompts = new AlwaysClicks { Initial = [0, 2] } }),
            Throws.ArgumentException.With.Message.Contains(nameof(AlwaysClicks)).And.Message.Contains("[0, 2]"));

    [Test]
    public void Settings_of_an_own_augmentation_are_checked_like_others()
    {
        Assert.That(() => Create("probability", 2), Throws.TypeOf<ConfigurationException>().With.Message.Contains("probability is 2"));
        Assert.That(() => Create("probabilty", 1), Throws.TypeOf<ConfigurationException>().With.Message.Contains("'probability'"));
        Assert.That(Create("probability", 1), Is.EqualTo(new SwapChannels { Probability = 1 }));
        Assert.That(ClipAugmentations.Names, Does.Contain("swap_channels").And.Contains("affine"));

        static IClipAugmentation Create(string key, object value) => ClipAugmentations.Create(new() { ["kind"] = "swap_channels", [key] = value });
    }

    [Test]
    public void A_name_that_is_taken_and_a_type_that_is_no_record_are_refused()
    {
        Assert.That(() => ClipAugmentations.Register("affine", new SwapChannels()), Throws.ArgumentException.With.Message.Contains("RandomAffine"));
        Assert.That(() => ClipAugmentations.Register("plain", new Plain()), Throws.ArgumentException.With.Message.Contains("not a record"));
        Assert.That(() => ClipAugmentations.Register("swap_channels", new SwapChannels()), Throws.Nothing, "the same once more");
    }

    private Recipe Recipe()
    {
        File.WriteAllText(Folder["recipe.yaml"], Drawn);
        return RecipeYaml.Read(Folder["recipe.yaml"]);
    }

    private RunState Train(TrainerParts parts, bool resume = false) =>
        TrainingRun.Execute(Recipe(), new TrainingFolder(Folder["run"]), resume, TextWriter.Null, parts);

    private void Run(Recipe recipe, IValidator? validator, TrainerParts parts, IBatchSource? batches = null, bool resume = false)
    {
        Directory.CreateDirectory(Folder["run"]);
        using var model = ModelFactory.Create(recipe.Model, recipe.Seed);
        using var source = batches ?? DataFactory.Training(recipe, model.Config.ImageSize);
        using var trainer = new Trainer(recipe, model, source, new TrainingFolder(Folder["run"]), validator, parts);
        if (resume)
            trainer.Resume();
        trainer.Run();
    }

    /// <summary>Cross entropy of each frame's last mask and its squared IoU, times two.</summary>
    private sealed class LastStepLoss : ITrainingLoss
    {
        public List<int> FirstFrameSteps { get; } = [];

        public LossReport Compute(ClipPrediction prediction, Tensor masks)
        {
            using var scope = NewDisposeScope();
            FirstFrameSteps.Add(prediction.Frames[0].Steps.Count);
            var mean = stack([.. prediction.Frames.Select((frame, t) => FrameLoss(frame.Steps[^1], masks[t].unsqueeze(1).to(float32)))]).mean();
            return LossReport.From(mean * 2, ("last_step", mean.item<float>()));
        }
    }

    private static Tensor FrameLoss(PredictionStep step, Tensor truth) =>
        nn.functional.binary_cross_entropy_with_logits(step.BestMask.clamp(-10, 10), truth) + step.Ious.square().mean();

    private sealed class TotallessLoss : ITrainingLoss
    {
        public LossReport Compute(ClipPrediction prediction, Tensor masks) =>
            new(prediction.Frames[^1].Steps[^1].Ious.mean(), new Dictionary<string, double> { ["iou"] = 0 });
    }

    /// <summary>The usual forward pass, which notes what it is given.</summary>
    private sealed class CountingPass(IForwardPass usual, List<(ulong Random, int Frames)> seen) : IForwardPass
    {
        public ClipPrediction Run(ClipBatch clips, TrainingRandom random)
        {
            seen.Add((random.State, clips.FrameCount));
            return usual.Run(clips, random);
        }
    }

    /// <summary>Clicks on the first frame and corrects it twice.</summary>
    private sealed class AlwaysClicks() : UserSimulation(TrainingOptions.FineTuning)
    {
        public IReadOnlyList<int> Initial { get; init; } = [0];

        public override int Corrections => 2;

        public override PromptPlan Plan(int frames, bool training, TrainingRandom random) => new(true, Initial, [0], new HashSet<int>());
    }

    /// <summary>Swaps red and blue.</summary>
    private sealed record SwapChannels : IClipAugmentation
    {
        private static int _applied;

        public static int Applied => Volatile.Read(ref _applied);

        public double Probability { get; init; } = 0.5;

        public IReadOnlyList<ClipFrame> Apply(IReadOnlyList<ClipFrame> clip, TrainingRandom random)
        {
            if (!random.Chance(Probability))
                return clip;
            Interlocked.Increment(ref _applied);
            return [.. clip.Select(frame => frame with { Image = frame.Image.flip(0) })];
        }

        public void Check()
        {
            if (Probability is not (>= 0 and <= 1))
                throw new ArgumentOutOfRangeException(nameof(Probability), Probability, $"probability is {Probability}, but must be from 0 to 1.");
        }
    }

    private sealed class Plain : IClipAugmentation
    {
        public IReadOnlyList<ClipFrame> Apply(IReadOnlyList<ClipFrame> clip, TrainingRandom random) => clip;
    }

    private sealed class Recorder : ITrainerCallback
    {
        public List<long> Started { get; } = [];

        public List<TrainingStep> Steps { get; } = [];

        public List<StepRecord> Records { get; } = [];

        public List<ValidationRecord> Validations { get; } = [];

        public List<(string Name, long Step)> Files { get; } = [];

        public void OnStart(long step) => Started.Add(step);

        public void OnLog(StepRecord record) => Records.Add(record);

        public void OnStep(TrainingStep step) => Steps.Add(step);

        public void OnValidation(ValidationRecord validation) => Validations.Add(validation);

        public void OnCheckpoint(string path, long step)
        {
            Assert.That(path, Does.Exist);
            Files.Add((Path.GetFileName(path), step));
        }
    }

    private sealed class StopAfterFirstStep : ITrainerCallback
    {
        public void OnStep(TrainingStep step) => throw new OperationCanceledException();
    }

    private sealed class Scores : IValidator
    {
        public IReadOnlyList<KeyValuePair<string, double>> Validate(Sam2Model model, CancellationToken cancellationToken) => [new("score", 0.25)];
    }

    /// <summary>A bright square at a place that the number decides.</summary>
    private sealed class Squares : IClipSampler
    {
        public ConcurrentBag<long> Numbers { get; } = [];

        public ClipBatch Draw(long number, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
        {
            Numbers.Add(number);
            using var scope = NewDisposeScope();
            var (images, masks) = (zeros([2, 1, 3, 64, 64]), zeros([2, 1, 64, 64], dtype: ScalarType.Bool));
            images.narrow(3, 10 + number, 20).narrow(4, 10, 20).fill_(1);
            masks.narrow(2, 10 + number, 20).narrow(3, 10, 20).fill_(true);
            return new(images.DetachFromDisposeScope(), masks.DetachFromDisposeScope(), [0], [$"square {number}"]);
        }
    }
}
