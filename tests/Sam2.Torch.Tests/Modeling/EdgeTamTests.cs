using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking.Policies;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Modeling;

/// <summary>EdgeTAM against its public implementation, with deterministic weights (family_edgetam.pt).</summary>
public sealed class EdgeTamTests : FolderTests
{
    private const double Tolerance = 1e-4;
    private const int Size = 256;

    private readonly GoldenFile _golden = GoldenFile.Open("family_edgetam.pt");

    [OneTimeTearDown]
    public void Free() => _golden.Dispose();

    [Test]
    public void Keys_and_shapes_are_those_of_the_public_checkpoint()
    {
        using var scope = NewDisposeScope();
        using var model = new Sam2Model(EdgeTamPresets.EdgeTam);
        var actual = model.state_dict().Select(entry => $"{entry.Key} [{string.Join(", ", entry.Value.shape)}]");
        Assert.That(actual, Is.EquivalentTo(File.ReadAllLines(RepositoryFiles.Golden("keys_edgetam.txt"))));
    }

    [Test]
    public void Image_encoder_masks_of_images_and_perceiver_equal_the_original()
    {
        using var scope = NewDisposeScope();
        using var model = NanoModel.Create(EdgeTamPresets.EdgeTam);
        var image = Pattern.Create(600, 800);
        using (inference_mode())
        {
            var levels = model.ImageEncoder.call(ImageTransform.ToModelInput(image, 1024).unsqueeze(0));
            for (var i = 0; i < 3; i++) GoldenProbe.Check(_golden, $"backbone_fpn.{i}", levels[i], Tolerance);
            var perceiver = (PerceiverResampler)model.named_children().Single(child => child.name == "spatial_perceiver").module;
            var memories = DeterministicWeights.NoiseTensor("memories", 1, 64, 64, 64);
            GoldenProbe.Check(_golden, "perceiver.tokens", perceiver.call(memories, memories), Tolerance);
            Close.Within(perceiver.Position(CPU)[0], _golden["perceiver.positions"], 1e-5, "positions");
        }

        FamilyGoldens.CheckPredictions(_golden, "", model, image, Tolerance);
    }

    [Test]
    public void Memory_attention_equals_the_original([Values] bool grad, [Values(1, 3)] int memories)
    {
        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(grad);
        using var attention = new MemoryAttention(Resized().MemoryAttention, unplaced: 256);
        DeterministicWeights.Fill(attention, "memory_attention.");
        attention.eval();
        Tensor Noise(string key, long count, long channels) => DeterministicWeights.NoiseTensor(key, count, 2, channels).transpose(0, 1);
        const long Grid = Size / 16 * (Size / 16);
        var count = memories * 512 + 16;
        var attended = attention.call(Noise("curr", Grid, 256), Noise("curr_pos", Grid, 256), Noise("memory", count, 64), Noise("memory_pos", count, 64), 16);
        GoldenProbe.Check(_golden, $"memory_attention.{memories}", attended.transpose(0, 1), Tolerance);
    }

    /// <summary>The original tracks each object alone; here they pass the model as one batch.</summary>
    [Test]
    public void Objects_are_tracked_together_as_each_alone_by_the_original()
    {
        using var scope = NewDisposeScope();
        using var model = NanoModel.Create(Resized());
        // No object hides: the masks of those that do are all the same.
        using (no_grad()) model.state_dict()["sam_mask_decoder.pred_obj_score_head.layers.2.bias"].fill_(50);
        using var drawn = GoldenFile.Open("video_click_nano.pt");
        using var session = new VideoSession(
            model, new FrameList([.. Enumerable.Range(0, 5).Select(i => RgbImage.FromTensor(drawn["frames"][i]))]), new VideoSessionOptions { FillHoleArea = 0, ReturnLogits = true });
        session.AddPoints(0, 1, new PointPrompt(72, 81));
        session.AddBox(0, 2, new BoxPrompt(145, 85, 192, 132));
        var frames = 0;
        foreach (var frame in session.Propagate())
        {
            frames++;
            foreach (var found in frame.Objects)
            {
                using var inner = NewDisposeScope();
                var lowRes = tensor(found.Logits!.Cast<float>().ToArray(), [1, 1, found.Logits!.GetLength(0), found.Logits.GetLength(1)]);
                GoldenProbe.CheckMask(_golden, $"tracked.{frame.Frame}.{found.ObjectId}", MaskResize.Logits(lowRes, 180, 240)[0], 1e-3);
            }
        }
        Assert.That(frames, Is.EqualTo(5));
    }

    [Test]
    public void Batch_normalisation_takes_the_batch_in_training_and_its_running_statistics_in_inference()
    {
        using var scope = NewDisposeScope();
        using var layer = new ConvNorm(3, 5, kernel: 3);
        var x = DeterministicWeights.NoiseTensor("x", 4, 3, 8, 8) + 1;
        var state = layer.state_dict();
        var plain = nn.functional.conv2d(x, state["c.weight"], padding: [1, 1]);
        var (mean, variance) = (plain.mean([0, 2, 3], keepdim: true), plain.var([0, 2, 3], unbiased: false, keepdim: true));
        Close.Within(layer.call(x), (plain - mean) / (variance + 1e-5).sqrt(), 1e-5, "training");
        Close.Within(layer.state_dict()["bn.running_mean"], mean.flatten() * 0.1, 1e-6, "running mean");

        layer.eval();
        var before = layer.state_dict()["bn.running_mean"].clone();
        var inferred = layer.call(x);
        Close.Within(inferred, (plain - before.view(1, -1, 1, 1)) / (layer.state_dict()["bn.running_var"].view(1, -1, 1, 1) + 1e-5).sqrt(), 1e-5, "inference");
        Close.Within(layer.state_dict()["bn.running_mean"], before, 0, "running mean in inference");
    }

    [Test]
    public void A_saved_model_loads_in_half_precision_and_counts_in_whole_numbers()
    {
        using var scope = NewDisposeScope();
        using (var saved = NanoModel.Create(SmallRelatives.EdgeTam()))
            CheckpointWriter.Save(Folder["small.pt"], saved, ConfigValues.EntriesFor(saved.Config));
        using var model = ModelLoader.Load(Folder["small.pt"], precision: ScalarType.BFloat16);
        var state = model.state_dict();
        Assert.That(state["image_encoder.trunk.body.stem.conv1.bn.num_batches_tracked"].dtype, Is.EqualTo(ScalarType.Int64));
        Assert.That(state["image_encoder.trunk.body.stem.conv1.bn.running_var"].dtype, Is.EqualTo(ScalarType.BFloat16));
        using var predictor = new ImagePredictor(model);
        predictor.SetImage(new DrawnVideo(1).Read(0)!);
        using var prediction = predictor.Predict(ObjectPrompt.FromPoints(new PointPrompt(36, 40)), multimask: true);
        Assert.That(prediction.LowResLogits.isfinite().all().item<bool>());
    }

    [Test]
    public void Parts_that_do_not_fit_are_refused_by_name()
    {
        var small = SmallRelatives.EdgeTam();
        var perceiver = small.SpatialPerceiver!;
        void Refused(Sam2Config config, string named) => Assert.That(() => new Sam2Model(config), Throws.ArgumentException.With.Message.Contains(named));
        Refused(small with { SpatialPerceiver = perceiver with { NumLatents2d = 9 } }, "image_size is 128");
        Refused(small with { SpatialPerceiver = perceiver with { NumLatents2d = 4 } }, "k_sizes [4, 4]");
        Refused(small with { SpatialPerceiver = perceiver with { Dim = 8 } }, "spatial_perceiver.dim is 8");
        Refused(small with { SpatialPerceiver = perceiver with { Heads = 2 } }, "2 · 16");
        Refused(small with { SpatialPerceiver = null }, "there is no spatial_perceiver");
        Refused(small with { RecurrentMemory = true }, "recurrent_memory");
        Refused(Sam2Presets.Nano with { SpatialPerceiver = perceiver }, "is RoPEAttention");
        Assert.That(() => new PooledMemory(small), Throws.ArgumentException.With.Message.Contains("another memory policy"));
    }

    private static Sam2Config Resized() => DependentSettings.Follow(EdgeTamPresets.EdgeTam with { ImageSize = Size });
}
