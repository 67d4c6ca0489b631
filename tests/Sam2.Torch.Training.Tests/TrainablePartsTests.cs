using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Modeling.Adapters;
using Sam2.Torch.Prediction;
using Sam2.Torch.Training.Recipes;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Tests;

/// <summary>What a recipe trains: parts of a model, low-rank updates, bottlenecks.</summary>
public sealed class TrainablePartsTests : FolderTests
{
    private static readonly string Start = RepositoryFiles.Golden("sam2.1_hiera_nano.pt");

    /// <summary>Clips with two objects, of which some frames are prompted and corrected: nearly every parameter has a part in the loss.</summary>
    private static Recipe Recipe => new()
    {
        Seed = 5,
        Steps = 1,
        Accumulate = 4,
        Model = new() { Checkpoint = Start, Settings = new() { ["image_size"] = 64 } },
        Data = new() { Train = [new() { Dataset = new() { Seed = 1 }, Frames = 3, MaxObjects = 2 }] },
        Prompting = TrainingOptions.FineTuning with { NumCorrectionPtPerFrame = 2, NumFramesToCorrectForTrain = 2 },
        Optimizer = new() { Lr = [new() { Value = 1e-2 }], LayerDecay = null, MaxGradientNorm = null },
        Log = new() { Every = 1, Tensorboard = false },
    };

    private static readonly LoraSettings Lora = new() { Rank = 2, Modules = ["memory_attention.*.q_proj|v_proj", "sam_mask_decoder.transformer.*", "image_encoder.trunk.blocks.*.attn.qkv"] };

    private static IEnumerable<TestCaseData> Presets()
    {
        yield return Case("image encoder alone", new() { Trainable = [ModelPart.ImageEncoder] }, name => name.StartsWith("image_encoder.", StringComparison.Ordinal));
        yield return Case("decoder alone", new() { Trainable = [ModelPart.MaskDecoder] }, name => name.StartsWith("sam_mask_decoder.", StringComparison.Ordinal));
        yield return Case("prompt encoder alone", new() { Trainable = [ModelPart.PromptEncoder] }, name => name.StartsWith("sam_prompt_encoder.", StringComparison.Ordinal));
        yield return Case("memory alone", new() { Trainable = [ModelPart.Memory] }, IsMemory);
        yield return Case(
            "decoder and memory", new() { Trainable = [ModelPart.MaskDecoder, ModelPart.Memory] }, name => IsMemory(name) || name.StartsWith("sam_mask_decoder.", StringComparison.Ordinal));
        yield return Case(
            "decoder without skips", new() { Trainable = [ModelPart.MaskDecoder], Frozen = ["sam_mask_decoder.conv_s*"] },
            name => name.StartsWith("sam_mask_decoder.", StringComparison.Ordinal) && !name.Contains("conv_s", StringComparison.Ordinal));
        yield return Case("LoRA", new() { Lora = Lora }, name => name.Contains(".lora_", StringComparison.Ordinal));
        yield return Case(
            "LoRA beside the decoder", new() { Lora = Lora, Trainable = [ModelPart.MaskDecoder] },
            name => name.Contains(".lora_", StringComparison.Ordinal)
                || (name.StartsWith("sam_mask_decoder.", StringComparison.Ordinal) && !IsUpdated(name)));
        yield return Case("bottlenecks", new() { Adapter = new() { Width = 3 } }, name => name.Contains(".adapter_", StringComparison.Ordinal));

        static TestCaseData Case(string name, ModelSettings settings, Func<string, bool> intended) =>
            new TestCaseData(settings with { Checkpoint = Start, Settings = Recipe.Model.Settings }, intended).SetArgDisplayNames(name);

        static bool IsMemory(string name) =>
            !name.StartsWith("image_encoder.", StringComparison.Ordinal) && !name.StartsWith("sam_", StringComparison.Ordinal);

        // All linear layers of the decoder's transformer have updates.
        static bool IsUpdated(string name) => name.StartsWith("sam_mask_decoder.transformer.", StringComparison.Ordinal) && !name.Contains("norm", StringComparison.Ordinal);
    }

    [TestCaseSource(nameof(Presets))]
    public void A_step_changes_exactly_the_parameters_that_are_trained(ModelSettings settings, Func<string, bool> intended)
    {
        var recipe = Recipe with { Model = settings };
        using var scope = NewDisposeScope();
        using var before = ModelFactory.Create(settings, recipe.Seed);
        using var model = ModelFactory.Create(settings, recipe.Seed);
        using var batches = DataFactory.Training(recipe, 64);
        using (var trainer = new Trainer(recipe, model, batches, new TrainingFolder(Folder.Path))) trainer.Run();

        var old = before.state_dict();
        var changed = model.state_dict().Where(w => !w.Value.equal(old[w.Key]).all().item<bool>()).Select(w => w.Key).ToHashSet();
        string[] wanted = [.. model.named_parameters().Select(p => p.name).Where(intended)];
        Assert.That(wanted, Is.Not.Empty);
        Assert.That(model.named_parameters().Where(p => p.parameter.requires_grad).Select(p => p.name), Is.EquivalentTo(wanted), "trainable");
        Assert.That(changed, Is.SubsetOf(wanted));
        // All but those that have no part in a first step.
        Assert.That(wanted.Except(changed).Where(name => !IsIdle(name)), Is.Empty, "has learnt nothing");
    }

    [Test]
    public void A_run_with_low_rank_updates_leaves_a_merged_model_and_the_updates_alone_that_merge_to_it()
    {
        var recipe = Recipe with { Steps = 2, Accumulate = 1, Model = Recipe.Model with { Lora = Lora }, Ema = new() { Decay = 0.5 }, Checkpoint = new() { Every = 1 } };
        var folder = new TrainingFolder(Folder["run"]);
        TrainingRun.Execute(recipe, folder, resume: false, TextWriter.Null);
        using var scope = NewDisposeScope();
        using var merged = ModelLoader.Load(folder.Model);
        Assert.That(merged.LoraLayers, Is.Empty);
        using var start = ModelLoader.Load(Start, lora: TrainingFolder.AdapterOf(folder.Model));
        foreach (var (name, weight) in start.state_dict()) Close.Within(weight, merged.state_dict()[name], 1e-6, name);
        using var plain = ModelLoader.Load(Start);
        Assert.That(plain.state_dict()["image_encoder.trunk.blocks.0.attn.qkv.weight"].allclose(merged.state_dict()["image_encoder.trunk.blocks.0.attn.qkv.weight"]), Is.False);
        // The state to resume from loads as a model too, with the weights of the last step.
        using var state = ModelLoader.Load(folder.Checkpoint);
        Assert.That(state.LoraLayers, Is.Not.Empty);
    }

    [Test]
    public void A_run_with_low_rank_updates_is_resumed_bit_for_bit([Values(1, 2)] int concurrentBatches)
    {
        var recipe = Recipe with
        {
            Steps = 2,
            Accumulate = concurrentBatches,
            ConcurrentBatches = concurrentBatches,
            Checkpoint = new() { Every = 1 },
            Data = new() { Train = [Recipe.Data.Train[0] with { Frames = 2 }] },
            Model = Recipe.Model with { Lora = Lora with { Dropout = concurrentBatches == 1 ? 0.2 : 0 }, Settings = WithoutChance },
        };
        TrainingRun.Execute(recipe, new(Folder["whole"]), resume: false, TextWriter.Null);
        Assert.That(
            () => TrainingRun.Execute(recipe, new(Folder["parts"]), resume: false, TextWriter.Null, new() { Callbacks = [new StopAfterFirstStep()] }),
            Throws.InstanceOf<OperationCanceledException>());
        TrainingRun.Execute(recipe, new(Folder["parts"]), resume: true, TextWriter.Null);
        foreach (var file in new[] { "model.pt", "model_adapter/adapter_model.safetensors" })
            Assert.That(File.ReadAllBytes(Folder.At("parts", file)), Is.EqualTo(File.ReadAllBytes(Folder.At("whole", file))), file);
    }

    [Test]
    public void A_model_with_trained_bottlenecks_loads_with_them()
    {
        var recipe = Recipe with { Model = Recipe.Model with { Adapter = new() { Width = 3, Placement = BottleneckPlacement.Sequential } } };
        var folder = new TrainingFolder(Folder["run"]);
        TrainingRun.Execute(recipe, folder, resume: false, TextWriter.Null);
        using var scope = NewDisposeScope();
        using var trained = ModelLoader.Load(folder.Model);
        Assert.That(trained.BottleneckAdapters, Is.Not.Empty.And.All.Matches<BottleneckAdapter>(adapter => adapter!.Settings.Placement == BottleneckPlacement.Sequential));
        using var start = ModelLoader.Load(Start);
        Assert.That(Logits(trained).allclose(Logits(start)), Is.False);
    }

    [Test]
    public void Chance_in_the_updates_and_patterns_that_fit_nothing_are_refused()
    {
        var random = Recipe with { ConcurrentBatches = 2, Model = Recipe.Model with { Settings = WithoutChance, Lora = Lora with { Dropout = 0.1 } } };
        Assert.That(() => TrainingRun.Execute(random, new(Folder["a"]), resume: false, TextWriter.Null), Throws.ArgumentException.With.Message.Contains("model.lora.dropout is 0.1"));
        var nothing = Recipe with { Model = Recipe.Model with { Lora = Lora with { Modules = ["*.nothing"] } } };
        Assert.That(() => TrainingRun.Execute(nothing, new(Folder["b"]), resume: false, TextWriter.Null), Throws.ArgumentException.With.Message.Contains("*.nothing"));
        Assert.That(Directory.Exists(Folder["a"]) || Directory.Exists(Folder["b"]), Is.False);
    }

    private static PlainDictionary WithoutChance
    {
        get
        {
            var none = new PlainDictionary { ["dropout"] = 0 };
            return new()
            {
                ["image_size"] = 64,
                ["memory_attention"] = new PlainDictionary { ["layer"] = new PlainDictionary { ["dropout"] = 0, ["self_attention"] = none, ["cross_attention"] = none } },
            };
        }
    }

    // A and what leads into a bottleneck learn once what follows them isn't zero; the embedding is for models that don't add no_mem_embed directly.
    private static bool IsIdle(string name) => name.EndsWith(".lora_A.weight", StringComparison.Ordinal)
        || name.Contains(".adapter_down.", StringComparison.Ordinal) || name == "no_mem_pos_enc";

    private static Tensor Logits(Sam2Model model)
    {
        using var predictor = new ImagePredictor(model);
        predictor.SetImage(new DrawnVideo(1).Drawn(0).Image);
        return predictor.Predict(ObjectPrompt.FromPoints(new PointPrompt(60, 45)), returnLogits: true).Masks;
    }

    private sealed class StopAfterFirstStep : ITrainerCallback
    {
        public void OnStep(TrainingStep step) => throw new OperationCanceledException();
    }
}
