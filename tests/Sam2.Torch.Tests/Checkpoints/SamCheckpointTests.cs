using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Checkpoints;

/// <summary>Checkpoints of the first Segment Anything and MobileSAM: what they are is found out, and they load.</summary>
public sealed class SamCheckpointTests : FolderTests
{
    public static IEnumerable<string> Published => SamPresets.ByName.Keys;

    [TestCaseSource(nameof(Published))]
    public void The_architecture_of_a_published_checkpoint_is_found(string name)
    {
        using var checkpoint = SyntheticStateDict.Open(SyntheticStateDict.Published(name));
        Assert.That(SamConfigInference.Matches(checkpoint));
        var config = SamConfigInference.Infer(checkpoint);
        Assert.That(config, Is.EqualTo(SamPresets.ByName[name]));
        Assert.That(SamConfigInference.PublishedName(config), Is.EqualTo(name));
    }

    /// <summary>
    /// The large models would take seconds and gigabytes. A narrow one has the same keys, and shapes in which each width stands for the real one:
    /// its 11 channels per head make widths that occur nowhere else.
    /// </summary>
    [TestCase("sam_vit_b")]
    [TestCase("sam_vit_l")]
    [TestCase("sam_vit_h")]
    public void Keys_and_shapes_of_the_plain_models_are_those_of_the_published_checkpoints(string name)
    {
        using var scope = NewDisposeScope();
        var real = SamPresets.ByName[name].ImageEncoderViT!;
        var narrow = 11 * real.NumHeads;
        var widths = new[] { 1, 3, 4 }.ToDictionary(factor => (long)factor * narrow, factor => (long)factor * real.EmbedDim);
        widths[11] = real.EmbedDim / real.NumHeads;
        using var model = new SamModel(SamPresets.ByName[name] with { ImageEncoderViT = real with { EmbedDim = narrow } });
        var actual = model.state_dict().Select(entry => $"{entry.Key} [{string.Join(", ", entry.Value.shape.Select(size => widths.GetValueOrDefault(size, size)))}]");
        Assert.That(actual, Is.EquivalentTo(File.ReadAllLines(RepositoryFiles.Golden($"keys_{name}.txt"))));
    }

    [Test]
    public void Keys_and_shapes_of_MobileSam_are_those_of_the_published_checkpoint()
    {
        using var scope = NewDisposeScope();
        using var model = new SamModel(SamPresets.MobileSam);
        var actual = model.state_dict().Select(entry => $"{entry.Key} [{string.Join(", ", entry.Value.shape)}]");
        Assert.That(actual, Is.EquivalentTo(File.ReadAllLines(RepositoryFiles.Golden("keys_mobile_sam.txt"))));
    }

    [Test]
    public void A_checkpoint_loads_and_segments_as_the_model_that_was_saved()
    {
        using var scope = NewDisposeScope();
        var path = SamModels.Save(Folder["sam.pth"], SamModels.Plain);
        using var saved = SamModels.Create(SamModels.Plain);
        using var loaded = ModelLoader.LoadForPictures(path);
        Assert.That(loaded, Is.InstanceOf<SamModel>());
        Assert.That(((SamModel)loaded).Config, Is.EqualTo(SamModels.Plain));
        Assert.That(Difference(saved, loaded), Is.Zero);
    }

    [Test]
    public void Reduced_precision_keeps_the_masks()
    {
        using var scope = NewDisposeScope();
        using var full = SamModels.Create(SamModels.Tiny);
        using var half = SamModels.Create(SamModels.Tiny);
        half.to(bfloat16);
        Assert.That(half.Precision, Is.EqualTo(bfloat16));
        Assert.That(half.state_dict().Where(entry => entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal)).Select(entry => entry.Value.dtype), Is.All.EqualTo(int64));
        using var expected = Logits(full);
        Assert.That(Difference(full, half), Is.LessThan(0.3 * expected.std().item<float>()));
    }

    [Test]
    public void A_wrapper_around_the_names_is_taken_off()
    {
        var shapes = SyntheticStateDict.Published("sam_vit_b").Select(entry => ("model." + entry.Key, entry.Shape));
        using var checkpoint = SyntheticStateDict.Open(shapes);
        Assert.That(SamConfigInference.Infer(checkpoint), Is.EqualTo(SamPresets.ViTB));
        Assert.That(checkpoint.Wrapper, Is.EqualTo("model."));
    }

    [Test]
    public void What_needs_a_memory_says_that_there_is_none()
    {
        var path = SamModels.Save(Folder["sam.pth"], SamModels.Plain);
        Assert.That(() => ModelLoader.Load(path), Throws.TypeOf<CheckpointException>().With.Message.Contains("no memory").And.Message.Contains("Give a SAM 2 model: tracking"));
    }

    [Test]
    public void Both_generations_have_the_limit_of_their_own_original_for_everything()
    {
        using var first = SamModels.Create(SamModels.Plain);
        using var second = NanoModel.Create();
        Assert.That(MaskGeneratorOptions.PredIouThresholdOf(first), Is.EqualTo(0.88));
        Assert.That(MaskGeneratorOptions.PredIouThresholdOf(second), Is.EqualTo(0.8));
    }

    [Test]
    public void A_configuration_of_SAM_2_beside_it_is_refused()
    {
        var path = SamModels.Save(Folder["sam.pth"], SamModels.Plain);
        Assert.That(() => ModelLoader.LoadForPictures(path, Folder["sam2.yaml"]), Throws.TypeOf<CheckpointException>().With.Message.Contains("sam2.yaml"));
    }

    [TestCase("image_encoder.blocks.3.attn.rel_pos_h", "lacks 'image_encoder.blocks.3.attn.rel_pos_h'")]
    [TestCase("image_encoder.pos_embed", "lacks 'image_encoder.pos_embed'")]
    [TestCase("mask_decoder.iou_token.weight", "not a SAM 2 model")]
    public void A_checkpoint_that_lacks_a_part_is_refused_by_its_name(string key, string cause)
    {
        var shapes = SyntheticStateDict.Published("sam_vit_b").Where(entry => entry.Key != key);
        SyntheticStateDict.Open(shapes, path: Folder["sam.pt"]).Dispose();
        Assert.That(() => ModelLoader.LoadForPictures(Folder["sam.pt"]), Throws.TypeOf<CheckpointException>().With.Message.Contains(cause));
    }

    [Test]
    public void Sizes_that_the_file_does_not_have_are_refused_before_a_model_is_built()
    {
        var shapes = SyntheticStateDict.Published("sam_vit_b").Select(entry => entry.Key == "image_encoder.patch_embed.proj.weight" ? (entry.Key, [64_000, 3, 16, 16]) : entry);
        SyntheticStateDict.Open(shapes, path: Folder["sam.pt"]).Dispose();
        Assert.That(() => ModelLoader.LoadForPictures(Folder["sam.pt"]), Throws.TypeOf<CheckpointException>().With.Message.Contains("[192000, 64000]"));
    }

    [Test]
    public void A_mask_prompts_in_the_picture_s_part_of_the_square()
    {
        using var scope = NewDisposeScope();
        using var model = SamModels.Create(SamModels.Plain);
        var mask = new BinaryMask(150, 220);
        for (var y = 0; y < 150; y++) mask.Row(y).Fill(1);
        var logits = new PicturePlacement(model, 150, 220).ToLogits(mask);
        // The picture takes 175 of 256 rows of the input, and so 43.75 of 64 here.
        Assert.That(logits.shape, Is.EqualTo(new long[] { 1, 64, 64 }));
        Assert.That(logits[0, TensorIndex.Slice(0, 44)].min().item<float>(), Is.EqualTo(10));
        Assert.That(logits[0, TensorIndex.Slice(44)].max().item<float>(), Is.EqualTo(-10));
    }

    [TestCase(1, 3000)]
    [TestCase(3000, 1)]
    public void A_picture_of_one_row_or_column_is_segmented(int height, int width)
    {
        using var model = SamModels.Create(SamModels.Plain);
        using var predictor = new ImagePredictor(model);
        predictor.SetImage(new RgbImage(width, height));
        using var prediction = predictor.Predict(ObjectPrompt.FromPoints(new PointPrompt(width / 2f, height / 2f)));
        Assert.That(prediction.Masks.shape, Is.EqualTo(new long[] { 1, 3, height, width }));
    }

    [Test]
    public void Predicting_leaves_no_tensor_behind()
    {
        using var model = SamModels.Create(SamModels.Plain);
        void Run()
        {
            using var predictor = new ImagePredictor(model);
            predictor.SetImage(new RgbImage(60, 40));
            predictor.Predict([ObjectPrompt.FromPoints(new PointPrompt(20, 20)), ObjectPrompt.FromBox(5, 5, 30, 30)]).Dispose();
            new MaskGenerator(model, new() { PointsPerSide = 2, PredIouThreshold = 0, StabilityScoreThreshold = 0 }).Generate(new RgbImage(60, 40));
        }

        Run();
        // The count is the process's: what earlier tests dropped must not go away in between.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;
        Run();
        Assert.That(Tensor.TotalCount, Is.EqualTo(before));
    }

    [Test]
    public void Prompts_of_different_kinds_give_together_what_they_give_alone()
    {
        using var scope = NewDisposeScope();
        using var model = SamModels.Create(SamModels.Plain);
        using var predictor = new ImagePredictor(model);
        predictor.SetImage(Pattern.Create(150, 220));
        // Both have two tokens, but only the points get a padding point.
        ObjectPrompt[] prompts = [ObjectPrompt.FromPoints(new(100, 60), new(30, 110, false)), ObjectPrompt.FromBox(40, 30, 170, 120)];
        using var together = predictor.Predict(prompts, returnLogits: true);
        for (var i = 0; i < prompts.Length; i++)
        {
            using var alone = predictor.Predict(prompts[i], returnLogits: true);
            Close.Within(together.Masks[i], alone.Masks[0], 1e-5, $"prompt {i}");
        }
    }

    private static Tensor Logits(IPromptableModel model)
    {
        using var predictor = new ImagePredictor(model);
        predictor.SetImage(Pattern.Create(150, 220));
        using var prediction = predictor.Predict(ObjectPrompt.FromPoints(new PointPrompt(100, 60)));
        return prediction.LowResLogits.clone();
    }

    private static float Difference(IPromptableModel a, IPromptableModel b)
    {
        using var scope = NewDisposeScope();
        return (Logits(a) - Logits(b)).abs().max().item<float>();
    }
}
