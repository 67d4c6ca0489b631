using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Losses;
using TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Tests;

/// <summary>
/// The architectures of the paper's ablations: each can be trained, saved, restored from what its checkpoint says of itself,
/// and used for tracking.
/// </summary>
public sealed class ArchitectureVariantTests
{
    private static readonly string[] Memory = ["memory_attention", "memory_encoder", "maskmem_tpos_enc", "no_obj_embed_spatial", "obj_ptr_tpos_proj"];

    private DisposeScope _scope = null!;

    [SetUp]
    public void OpenScope() => _scope = NewDisposeScope();

    [TearDown]
    public void CloseScope() => _scope.Dispose();

    [TestCaseSource(nameof(Variants))]
    public void A_variant_trains(Variant variant)
    {
        using var model = Create(variant);
        model.train();
        var without = ParametersWithoutGradient(model);
        Assert.That(without.Where(name => !variant.Unused.Any(name.StartsWith)), Is.Empty, "parameters without a gradient");
        Assert.That(model.named_parameters().Where(p => p.parameter.grad is { } grad && !grad.isfinite().all().item<bool>()), Is.Empty);
    }

    [TestCaseSource(nameof(Variants))]
    public void A_variant_is_saved_and_restored_and_segments(Variant variant)
    {
        using var folder = new TemporaryFolder();
        using var model = Create(variant);
        model.eval();
        CheckpointWriter.Save(folder["variant.pt"], model.state_dict(), ConfigValues.EntriesFor(model.Config));
        using var restored = ModelLoader.Load(folder["variant.pt"]);
        Assert.That(restored.Config, Is.EqualTo(model.Config));
        // A model without memory segments images only.
        var (expected, actual) = model.Config.NumMaskmem == 0 ? (Click(model), Click(restored)) : (Track(model), Track(restored));
        Close.Within(actual, expected, 0, "masks");
        Assert.That(expected.isfinite().all().item<bool>());
    }

    [Test]
    public void A_variant_has_the_parameters_of_its_settings()
    {
        long[] Shape(string variant, string key) => Create(Variants().Single(v => v.Name == variant)).state_dict()[key].shape;
        Assert.Multiple(() =>
        {
            Assert.That(Shape("memories 3", "maskmem_tpos_enc"), Is.EqualTo(new long[] { 3, 1, 1, 16 }));
            Assert.That(Shape("no memory", "maskmem_tpos_enc"), Is.EqualTo(new long[] { 0, 1, 1, 16 }));
            Assert.That(Shape("memory channels 32", "memory_encoder.out_proj.weight"), Is.EqualTo(new long[] { 32, 64, 1, 1 }));
            Assert.That(Shape("memory channels 32", "memory_attention.layers.0.cross_attn_image.k_proj.weight"), Is.EqualTo(new long[] { 64, 32 }));
            Assert.That(Shape("recurrent memory", "memory_gru.gates.weight"), Is.EqualTo(new long[] { 32, 32, 3, 3 }));
            Assert.That(Keys("memory-attention layers 1"), Has.None.StartsWith("memory_attention.layers.1."));
            Assert.That(Keys("memory-attention layers 3"), Has.Some.StartsWith("memory_attention.layers.2."));
            Assert.That(Keys("no object pointers"), Has.None.StartsWith("obj_ptr").And.None.StartsWith("mask_downsample."));
            Assert.That(Keys("no occlusion head"), Has.None.Contains("obj_score").And.None.StartsWith("no_obj"));
            Assert.That(Keys("absolute positions"), Is.EqualTo(Keys("default")), "rotation has no parameters");
        });

        static IEnumerable<string> Keys(string variant) => Create(Variants().Single(v => v.Name == variant)).state_dict().Keys;
    }

    [Test]
    public void Rotation_is_a_difference_that_no_shape_tells()
    {
        using var rotated = Create(Variants().Single(v => v.Name == "default"));
        using var absolute = Create(Variants().Single(v => v.Name == "absolute positions"));
        absolute.load_state_dict(rotated.state_dict());
        rotated.eval();
        absolute.eval();
        Assert.That((Track(rotated) - Track(absolute)).abs().max().item<float>(), Is.GreaterThan(1e-3));
    }

    [Test]
    public void Recurrent_memories_depend_on_the_frame_before_and_begin_anew_without()
    {
        using var model = Create(Variants().Single(v => v.Name == "recurrent memory"));
        using var quiet = no_grad();
        var (memory, other) = (randn(2, 16, 8, 8), new FrameMemory(randn(1, 64, 16), randn(1, 64)));
        var anew = model.MergeWithPrevious(memory);
        var mixed = model.MergeWithPrevious(memory, other, null);
        Close.Within(mixed.narrow(0, 1, 1), anew.narrow(0, 1, 1), 1e-6, "object without a past");
        Assert.That((mixed - anew).narrow(0, 0, 1).abs().max().item<float>(), Is.GreaterThan(1e-2));
        Assert.That(anew.shape, Is.EqualTo(memory.shape));
    }

    [Test]
    public void A_configuration_that_needs_nothing_new_is_written_as_the_original_reads_it()
    {
        Assert.That(ConfigYaml.Format(Sam2Presets.Nano), Does.Not.Contain("recurrent"));
        Assert.That(ConfigYaml.Format(Sam2Presets.Nano with { RecurrentMemory = true }), Does.Contain("recurrent_memory: true"));
    }

    [Test]
    public void Settings_that_do_not_fit_are_named()
    {
        var narrow = Sam2Presets.Nano with { MemoryEncoder = Sam2Presets.Nano.MemoryEncoder with { OutDim = 8 } };
        Assert.That(() => new Sam2Model(narrow), Throws.ArgumentException.With.Message.Contains("kv_in_dim is 16"));
        var uneven = DependentSettings.Follow(Sam2Presets.Nano with { MemoryEncoder = Sam2Presets.Nano.MemoryEncoder with { OutDim = 24 } });
        Assert.That(() => new Sam2Model(uneven), Throws.ArgumentException.With.Message.Contains("out_dim is 24"));
    }

    [TestCaseSource(nameof(Presets))]
    public void Published_architectures_need_no_change(string name)
    {
        var config = Sam2Presets.ByName[name];
        Assert.That(DependentSettings.Follow(config) with { MemoryAttention = config.MemoryAttention }, Is.EqualTo(config));
    }

    private static IEnumerable<string> Presets => Sam2Presets.ByName.Keys;

    private static IEnumerable<Variant> Variants()
    {
        var nano = Sam2Presets.Nano;
        var attention = nano.MemoryAttention;
        yield return new("default", nano, []);
        yield return new("no object pointers", nano with { UseObjPtrsInEncoder = false }, []);
        yield return new("memories 1", nano with { NumMaskmem = 1 }, []);
        yield return new("memories 3", nano with { NumMaskmem = 3 }, []);
        yield return new("no memory", nano with { NumMaskmem = 0 }, [.. Memory, "no_mem_embed", "obj_ptr_proj", "mask_downsample", "no_obj_ptr"]);
        yield return new("memory channels 32", nano with { MemoryEncoder = nano.MemoryEncoder with { OutDim = 32 } }, []);
        yield return new("memory channels 64", nano with { MemoryEncoder = nano.MemoryEncoder with { OutDim = 64 } }, []);
        yield return new("memory-attention layers 1", nano with { MemoryAttention = attention with { NumLayers = 1 } }, []);
        yield return new("memory-attention layers 3", nano with { MemoryAttention = attention with { NumLayers = 3 } }, []);
        yield return new("absolute positions", nano with
        {
            MemoryAttention = attention with
            {
                Layer = attention.Layer with
                {
                    SelfAttention = attention.Layer.SelfAttention with { Kind = AttentionKind.Attention },
                    CrossAttention = attention.Layer.CrossAttention with { Kind = AttentionKind.Attention },
                },
            },
        }, []);
        yield return new("recurrent memory", nano with { RecurrentMemory = true }, []);
        yield return new("no occlusion head", nano with { PredObjScores = false }, []);
        yield return new("size 64", nano with { ImageSize = 64 }, []);
        foreach (var kind in new[] { AttentionKind.RoPEAttention, AttentionKind.EfficientRoPEAttention1, AttentionKind.EfficientRoPEAttention2 })
            yield return new($"EfficientTAM, {kind}", SmallRelatives.EfficientTam(kind), []);
        yield return new("EdgeTAM", SmallRelatives.EdgeTam(), []);
    }

    private static Sam2Model Create(Variant variant)
    {
        var model = new Sam2Model(DependentSettings.Follow(variant.Config));
        DeterministicWeights.Fill(model);
        return model;
    }

    /// <summary>Trains on a clip prompted by clicks, one by boxes and one by masks, and says what none of them reached.</summary>
    private static List<string> ParametersWithoutGradient(Sam2Model model)
    {
        var size = model.Config.ImageSize;
        using var golden = GoldenFile.Open("train_nano.pt");
        using var clips = new ClipBatch(
            nn.functional.interpolate(golden["images"], [size, size]).unsqueeze(1),
            nn.functional.interpolate(golden.Mask("masks").to(float32), [size, size]) > 0.5, [0, 0, 0], ["golden"]);
        var loss = new MultiStepLoss(new LossOptions { PredObjScores = model.Config.PredObjScores });
        foreach (var (points, box) in new[] { (1, 0), (1, 1), (0, 0) })
        {
            var options = new TrainingOptions
            {
                ProbToUsePtInputForTrain = points, ProbToUseBoxInputForTrain = box, NumCorrectionPtPerFrame = 2,
            };
            using var prediction = new TrainingForwardPass(model, options).Run(clips, new(1));
            using var losses = loss.Compute(prediction, clips.Masks);
            Assert.That(losses.Values["core_loss"], Is.Positive.And.LessThan(1e4));
            losses.Total.backward();
        }

        // The place of the no-memory token has no use in a model that adds the token to the features.
        return [.. model.named_parameters().Where(p => p.parameter.grad is null).Select(p => p.name).Except(["no_mem_pos_enc"])];
    }

    /// <summary>Mask logits for a click on an image, [1, 3, h, w].</summary>
    private static Tensor Click(Sam2Model model)
    {
        using var predictor = new ImagePredictor(model);
        predictor.SetImage(new DrawnVideo(1).Read(0)!);
        using var prediction = predictor.Predict([ObjectPrompt.FromPoints(new PointPrompt(36, 40))], multimask: true);
        return prediction.LowResLogits.clone();
    }

    /// <summary>Mask logits of two objects on four frames of the drawn video, one prompted by a click and one by a mask, [4, 2, …].</summary>
    private static Tensor Track(Sam2Model model)
    {
        var video = new DrawnVideo(4);
        using var session = new VideoSession(model, video, new VideoSessionOptions { ReturnLogits = true });
        session.AddPoints(0, 1, new PointPrompt(36, 40));
        session.AddMask(0, 2, video.Drawn(0).Mask(2));
        var logits = session.Propagate().SelectMany(frame => frame.Objects).SelectMany(o => o.Logits!.Cast<float>()).ToArray();
        return tensor(logits, [4, 2, logits.Length / 8]);
    }

    /// <summary>An architecture to train.</summary>
    /// <param name="Name">What it is called.</param>
    /// <param name="Config">Before <see cref="DependentSettings"/>.</param>
    /// <param name="Unused">Beginnings of the names of parameters that it can't train.</param>
    public sealed record Variant(string Name, Sam2Config Config, string[] Unused)
    {
        public override string ToString() => Name;
    }
}
