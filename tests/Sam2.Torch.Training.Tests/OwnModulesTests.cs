using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Training.Ablation;
using Sam2.Torch.Training.Recipes;
using TestSupport;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Tests;

/// <summary>Modules of one's own, trained by a recipe, as a user of the package does it: against its public API only.</summary>
public sealed class OwnModulesTests : FolderTests
{
    private static readonly Sam2Parts OwnMemoryEncoder = new() { MemoryEncoder = config => new SmallMemoryEncoder(config) };

    private static readonly Sam2Parts OwnNeck = new()
    {
        ImageEncoder = config => new ImageEncoder(config.ImageEncoder, neck: new PlainNeck((FpnNeckConfig)config.ImageEncoder.Neck)),
    };

    private static readonly PlainDictionary NoDropout = new() { ["dropout"] = 0 };

    // As concurrent batches need it.
    private static readonly PlainDictionary WithoutChance = new()
    {
        ["image_size"] = 64,
        ["memory_attention"] = new PlainDictionary { ["layer"] = new PlainDictionary { ["dropout"] = 0, ["self_attention"] = NoDropout, ["cross_attention"] = NoDropout } },
        ["image_encoder"] = new PlainDictionary { ["trunk"] = new PlainDictionary { ["drop_path_rate"] = 0 } },
    };

    private static Recipe Recipe => new()
    {
        Seed = 5,
        Steps = 2,
        Accumulate = 2,
        Model = new() { Checkpoint = RepositoryFiles.Golden("sam2.1_hiera_nano.pt"), Settings = WithoutChance, Frozen = ["sam_prompt_encoder.*"] },
        Data = new()
        {
            Train = [new() { Dataset = new() { Seed = 1 }, Frames = 2 }],
            Validation = new() { Images = new() { Seed = 3, Count = 1 }, Clicks = [1] },
        },
        Prompting = TrainingOptions.FineTuning with { NumCorrectionPtPerFrame = 1 },
        Optimizer = new() { Lr = [new() { Value = 1e-3 }], LayerDecay = null },
        Ema = new() { Decay = 0.5 },
        Checkpoint = new() { Every = 1 },
        Validation = new() { Every = 1 },
        Log = new() { Every = 1, Tensorboard = false },
    };

    [Test]
    public void A_recipe_trains_a_model_with_another_memory_encoder([Values(1, 2)] int concurrentBatches)
    {
        using var log = new StringWriter();
        var recipe = Recipe with { ConcurrentBatches = concurrentBatches };
        var state = TrainingRun.Execute(recipe, Run("run"), resume: false, log, new() { ModelParts = OwnMemoryEncoder });
        Assert.That((state.Step, state.LastScores.Count), Is.EqualTo((2, 2)));
        Assert.That(log.ToString(), Does.Contain("4 weights are not in").And.Contain("memory_encoder.features.weight"));

        using var scope = NewDisposeScope();
        using var before = ModelFactory.Create(recipe.Model, recipe.Seed, parts: OwnMemoryEncoder);
        using var after = ModelLoader.Load(Run("run").Model, parts: OwnMemoryEncoder);
        Assert.That(after.MemoryEncoder, Is.TypeOf<SmallMemoryEncoder>());
        using var standard = ModelLoader.Load(recipe.Model.Checkpoint!);
        var (old, trained, original) = (before.state_dict(), after.state_dict(), standard.state_dict());
        foreach (var key in new[] { "memory_encoder.features.weight", "memory_encoder.masks.weight", "image_encoder.neck.convs.0.conv.weight" })
            Assert.That(trained[key].allclose(old[key]), Is.False, $"{key} has learnt");
        Assert.That(trained["sam_prompt_encoder.not_a_point_embed.weight"].equal(original["sam_prompt_encoder.not_a_point_embed.weight"]).all().item<bool>(), "frozen, from the checkpoint");
        Assert.That(old["image_encoder.neck.convs.0.conv.weight"].equal(original["image_encoder.neck.convs.0.conv.weight"]).all().item<bool>(), "from the checkpoint");
    }

    [Test]
    public void A_run_with_an_own_neck_is_resumed_with_it_bit_for_bit_and_not_without_it()
    {
        var parts = new TrainerParts { ModelParts = OwnNeck };
        TrainingRun.Execute(Recipe, Run("whole"), resume: false, TextWriter.Null, parts);
        Assert.That(
            () => TrainingRun.Execute(Recipe, Run("run"), resume: false, TextWriter.Null, parts with { Callbacks = [new StopAfterFirstStep()] }),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            () => TrainingRun.Execute(Recipe, Run("run"), resume: true, TextWriter.Null),
            Throws.TypeOf<CheckpointException>().With.Message.Contains("image_encoder.neck.").And.Message.Contains("ModelParts"));
        TrainingRun.Execute(Recipe, Run("run"), resume: true, TextWriter.Null, parts);
        Assert.That(File.ReadAllBytes(Run("run").Model), Is.EqualTo(File.ReadAllBytes(Run("whole").Model)));
    }

    [Test]
    public void A_recipe_goes_on_from_a_checkpoint_with_own_modules_without_naming_the_architecture()
    {
        TrainingRun.Execute(Recipe with { Steps = 1 }, Run("first"), resume: false, TextWriter.Null, new() { ModelParts = OwnMemoryEncoder });
        var next = Recipe with { Steps = 1, Model = new() { Checkpoint = Run("first").Model } };
        using (var model = ModelFactory.Create(next.Model, seed: 2, parts: OwnMemoryEncoder))
        using (var trained = ModelLoader.Load(Run("first").Model, parts: OwnMemoryEncoder))
        {
            var weights = trained.state_dict();
            Assert.That(model.state_dict().All(w => w.Value.equal(weights[w.Key]).all().item<bool>()), "all of them are the checkpoint's");
        }

        Assert.That(TrainingRun.Execute(next, Run("second"), resume: false, TextWriter.Null, new() { ModelParts = OwnMemoryEncoder }).Step, Is.EqualTo(1));
        Assert.That(() => ModelFactory.Create(next.Model, seed: 2), Throws.TypeOf<CheckpointException>().With.Message.Contains("memory_encoder."));
    }

    [Test]
    public void A_run_leaves_the_number_of_threads_as_it_was()
    {
        var threads = get_num_threads();
        TrainingRun.Execute(Recipe with { Steps = 1, Threads = threads + 1 }, Run("run"), resume: false, TextWriter.Null);
        Assert.That(get_num_threads(), Is.EqualTo(threads));
    }

    [Test]
    public void An_own_module_is_ablated_against_the_standard_one()
    {
        var sweep = new Sweep
        {
            Recipe = Recipe with { Steps = 1 },
            Seeds = [1],
            Axes = [new() { Name = "memory encoder", Choices = [new() { Name = "standard" }, new() { Name = "small" }] }],
        };
        var result = SweepRunner.Execute(
            sweep, Folder["sweep"], TextWriter.Null, run => run.Choices["memory encoder"] == "small" ? new() { ModelParts = OwnMemoryEncoder } : null);
        Assert.That(result, Is.EqualTo((0, 2)));
        var parameters = File.ReadLines(Path.Combine(Folder["sweep"], "report.md")).Where(line => line.StartsWith("| memory encoder", StringComparison.Ordinal))
            .Take(2).Select(line => double.Parse(line.Split('|')[^3], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.That(parameters[1], Is.LessThan(parameters[0]), "the small one has fewer, in the report's table");
    }

    [Test]
    public void A_trainer_refuses_parts_that_its_model_does_not_have()
    {
        using var model = ModelFactory.Create(Recipe.Model, 1);
        using var batches = DataFactory.Training(Recipe, 64);
        Assert.That(
            () => new Trainer(Recipe, model, batches, Run("run"), parts: new() { ModelParts = OwnNeck }),
            Throws.ArgumentException.With.Message.Contains("ModelParts"));
    }

    private TrainingFolder Run(string name) => new(Folder[name]);

    private sealed class StopAfterFirstStep : ITrainerCallback
    {
        public void OnStep(TrainingStep step) => throw new OperationCanceledException();
    }

    /// <summary>One convolution for masks, one for image features.</summary>
    private sealed class SmallMemoryEncoder : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly Conv2d masks;
        private readonly Conv2d features;

        public SmallMemoryEncoder(Sam2Config config) : base(nameof(SmallMemoryEncoder))
        {
            masks = nn.Conv2d(1, config.MemDim, kernel_size: config.BackboneStride, stride: config.BackboneStride);
            features = nn.Conv2d(config.HiddenDim, config.MemDim, kernel_size: 1);
            RegisterComponents();
        }

        public override Tensor forward(Tensor imageEmbedding, Tensor masks)
        {
            using var scope = NewDisposeScope();
            return features.call(imageEmbedding).Plus(this.masks.call(masks)).MoveToOuterDisposeScope();
        }
    }

    /// <summary>Projects each level, without the sums of a feature pyramid.</summary>
    private sealed class PlainNeck : nn.Module<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>>
    {
        private readonly ModuleList<Conv2d> levels;

        public PlainNeck(FpnNeckConfig config) : base(nameof(PlainNeck))
        {
            // The trunk's channels are listed coarsest first.
            levels = new ModuleList<Conv2d>([.. config.BackboneChannelList.Reverse().Select(channels => nn.Conv2d(channels, config.DModel, kernel_size: 1))]);
            RegisterComponents();
        }

        public override IReadOnlyList<Tensor> forward(IReadOnlyList<Tensor> features)
        {
            using var scope = NewDisposeScope();
            return [.. features.Select((level, i) => levels[i].call(level).MoveToOuterDisposeScope())];
        }
    }
}
