using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Modeling;

/// <summary>EfficientTAM against its public implementation, with deterministic weights (family_efficienttam.pt).</summary>
public sealed class EfficientTamTests
{
    private const double Tolerance = 1e-4;
    private const int Size = 256;

    private static readonly (string Name, AttentionKind Kind)[] Kinds =
        [("plain", AttentionKind.RoPEAttention), ("first", AttentionKind.EfficientRoPEAttention1), ("second", AttentionKind.EfficientRoPEAttention2)];

    private readonly GoldenFile _golden = GoldenFile.Open("family_efficienttam.pt");

    [OneTimeTearDown]
    public void Free() => _golden.Dispose();

    [TestCase("efficienttam_ti", "efficienttam_ti")]
    [TestCase("efficienttam_s", "efficienttam_s")]
    [TestCase("efficienttam_s_2", "efficienttam_s")]
    public void Keys_and_shapes_are_those_of_the_public_checkpoint(string name, string keys)
    {
        using var scope = NewDisposeScope();
        using var model = new Sam2Model(Sam2Presets.ByName[name]);
        var actual = model.state_dict().Select(entry => $"{entry.Key} [{string.Join(", ", entry.Value.shape)}]");
        Assert.That(actual, Is.EquivalentTo(File.ReadAllLines(RepositoryFiles.Golden($"keys_{keys}.txt"))));
    }

    [TestCase("efficienttam_ti")]
    [TestCase("efficienttam_s_512x512")]
    public void Image_encoder_and_masks_of_images_equal_the_original(string name)
    {
        using var scope = NewDisposeScope();
        using var model = NanoModel.Create(Sam2Presets.ByName[name]);
        var image = Pattern.Create(600, 800);
        using (inference_mode())
        {
            var levels = model.ImageEncoder.call(ImageTransform.ToModelInput(image, model.Config.ImageSize).unsqueeze(0));
            Assert.That(levels, Has.Count.EqualTo(1));
            GoldenProbe.Check(_golden, $"{name}.backbone_fpn.0", levels[0], Tolerance);
        }

        FamilyGoldens.CheckPredictions(_golden, $"{name}.", model, image, Tolerance);
    }

    [TestCaseSource(nameof(Kinds))]
    public void Memory_attention_equals_the_original((string Name, AttentionKind Kind) kind)
    {
        using var scope = NewDisposeScope();
        using var attention = new MemoryAttention(Config(kind.Kind).MemoryAttention);
        DeterministicWeights.Fill(attention, "memory_attention.");
        attention.eval();
        const long Grid = Size / 16 * (Size / 16);
        foreach (var memories in new[] { 1, 3 })
        {
            foreach (var grad in new[] { false, true })
            {
                using var mode = set_grad_enabled(grad);
                Tensor Noise(string key, long count, long channels) => DeterministicWeights.NoiseTensor(key, count, 2, channels).transpose(0, 1);
                var count = memories * Grid + 16;
                var attended = attention.call(Noise("curr", Grid, 256), Noise("curr_pos", Grid, 256), Noise("memory", count, 64), Noise("memory_pos", count, 64), 16);
                GoldenProbe.Check(_golden, $"{kind.Name}.memory_attention.{memories}", attended.transpose(0, 1), Tolerance);
            }
        }
    }

    /// <summary>
    /// Memories feed every change back, and are rounded to bfloat16. The original itself, with its weights changed by 3·10⁻⁷ of their size, moves
    /// by 0.001 of the deviation on frame 2, by 0.007 on frame 3 and by 0.04 on frame 4. Five times that is allowed, and frame 4 says nothing any more.
    /// What is remembered of a click is its mask, cut at 0, and two of object 1's pixels have logits nearer to 0 than the last digits of any processor: weights
    /// changed by 3·10⁻⁸ move its logits on frame 1 by 0.07 of the deviation, by 3·10⁻⁷ those on frame 2 by 0.14. Object 2 has no such pixel.
    /// </summary>
    [TestCaseSource(nameof(Kinds))]
    public void Objects_are_tracked_as_by_the_original((string Name, AttentionKind Kind) kind)
    {
        using var scope = NewDisposeScope();
        using var model = NanoModel.Create(Config(kind.Kind));
        // No object hides: the masks of those that do are all the same.
        using (no_grad()) model.state_dict()["sam_mask_decoder.pred_obj_score_head.layers.2.bias"].fill_(50);
        using var drawn = GoldenFile.Open("video_click_nano.pt");
        using var session = new VideoSession(
            model, new FrameList([.. Enumerable.Range(0, 5).Select(i => RgbImage.FromTensor(drawn["frames"][i]))]), new VideoSessionOptions { FillHoleArea = 0, ReturnLogits = true });
        session.AddPoints(0, 1, new PointPrompt(72, 81));
        session.AddBox(0, 2, new BoxPrompt(145, 85, 192, 132));
        var frames = 0;
        foreach (var frame in session.Propagate().Take(4))
        {
            frames++;
            foreach (var found in frame.Objects)
            {
                var tolerance = (frame.Frame, found.ObjectId) switch { ( > 0, 1) => 0.2, (2, _) => 5e-3, (3, _) => 3.5e-2, _ => 2e-3 };
                using var inner = NewDisposeScope();
                var lowRes = tensor(found.Logits!.Cast<float>().ToArray(), [1, 1, found.Logits!.GetLength(0), found.Logits.GetLength(1)]);
                GoldenProbe.CheckMask(_golden, $"{kind.Name}.{frame.Frame}.{found.ObjectId}", MaskResize.Logits(lowRes, 180, 240)[0], tolerance);
            }
        }
        Assert.That(frames, Is.EqualTo(4));
    }

    [TestCase(AttentionKind.EfficientRoPEAttention1)]
    [TestCase(AttentionKind.EfficientRoPEAttention2)]
    public void A_memory_that_is_alone_is_attended_to_as_it_is(AttentionKind kind)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var config = new AttentionConfig { EmbeddingDim = 16, KvInDim = 8, RopeKRepeat = true, FeatSizes = [4, 4] };
        using var plain = RoPEAttention.Create(config);
        using var efficient = RoPEAttention.Create(config with { Kind = kind });
        efficient.load_state_dict(plain.state_dict());
        double Difference(int memories)
        {
            var (query, key) = (DeterministicWeights.NoiseTensor("query", 2, 16, 16), DeterministicWeights.NoiseTensor("key", 2, memories * 16 + 3, 8));
            return (plain.call(query, key, key, 3) - efficient.call(query, key, key, 3)).abs().max().item<float>();
        }
        Assert.That(Difference(1), Is.LessThan(1e-6));
        Assert.That(Difference(2), Is.GreaterThan(1e-4));
    }

    [Test]
    public void Grids_that_squares_of_two_do_not_divide_are_refused_by_their_size()
    {
        using var scope = NewDisposeScope();
        using var attention = new EfficientRoPEAttention(
            new AttentionConfig { Kind = AttentionKind.EfficientRoPEAttention1, EmbeddingDim = 8, KvInDim = 4, RopeKRepeat = true, FeatSizes = [3, 3] });
        Assert.That(() => attention.call(zeros(1, 9, 8), zeros(1, 18, 4), zeros(1, 18, 4), 0), Throws.ArgumentException.With.Message.Contains("3 by 3"));
    }

    private static Sam2Config Config(AttentionKind kind) =>
        DependentSettings.Follow(EfficientTamPresets.With(EfficientTamPresets.Tiny, kind) with { ImageSize = Size });
}
