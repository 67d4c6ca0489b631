using NUnit.Framework;
using Sam2.Torch.Modeling;
using TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Modeling;

/// <summary>Every component of the image side against the original, tensor by tensor (modules_nano.pt).</summary>
public sealed class ImageSideTests
{
    private const double Tolerance = 1e-4;
    private readonly GoldenFile _golden = GoldenFile.Open("modules_nano.pt");
    private Sam2Model _model = null!;
    private DisposeScope _scope = null!;
    private IDisposable _inference = null!;

    [OneTimeSetUp]
    public void CreateModel() => _model = NanoModel.Create();

    [OneTimeTearDown]
    public void DisposeModel()
    {
        _model.Dispose();
        _golden.Dispose();
    }

    [SetUp]
    public void OpenScope() => (_scope, _inference) = (NewDisposeScope(), inference_mode());

    [TearDown]
    public void CloseScope()
    {
        _inference.Dispose();
        _scope.Dispose();
    }

    [Test]
    public void Trunk_equals_the_original_block_by_block()
    {
        var modules = _model.ImageEncoder.named_modules().ToDictionary(m => m.name, m => m.module);
        var trunk = (Hiera)modules["trunk"];
        var x = ((PatchEmbed)modules["trunk.patch_embed"]).forward(_golden["image"]);
        Check(x, "image_encoder.trunk.patch_embed.out");
        x = trunk.AddPositionEmbedding(x);
        for (var i = 0; i <= 4; i++)
        {
            x = ((MultiScaleBlock)modules[$"trunk.blocks.{i}"]).forward(x);
            if (i != 2) Check(x, $"image_encoder.trunk.blocks.{i}.out");
        }
    }

    [Test]
    public void Feature_pyramid_and_position_encodings_equal_the_original()
    {
        var levels = _model.ImageEncoder.forward(_golden["image"]);
        Assert.That(levels, Has.Count.EqualTo(3));
        for (var i = 0; i < levels.Count; i++)
        {
            Check(levels[i], $"image_encoder.backbone_fpn.{i}");
            Check(_model.ImagePositionEncoding.forward(levels[i]), $"image_encoder.vision_pos_enc.{i}");
        }
    }

    [Test]
    public void Points_are_embedded_as_in_the_original() =>
        Check(Prompts.EmbedPoints(_golden["points"], _golden["labels"]), "prompt_sparse");

    [TestCase(true)]
    [TestCase(false)]
    public void Points_and_labels_of_different_length_are_refused(bool pad) => Assert.That(
        () => Prompts.EmbedPoints(zeros(1, 3, 2), ones(1, 1), pad),
        Throws.ArgumentException.With.Message.Contains("[1, 3, 2]").And.Message.Contains("[1, 1]"));

    [Test]
    public void A_missing_mask_is_embedded_as_in_the_original() =>
        Check(Prompts.EmbedMasks(null).expand(2, -1, -1, -1), "prompt_dense");

    [Test]
    public void A_box_is_embedded_as_two_points()
    {
        var labels = tensor(new[] { 2, 3 }, 1, 2);
        Check(Prompts.EmbedPoints(_golden["box"], labels), "prompt_box_sparse");
    }

    [Test]
    public void A_mask_is_embedded_as_in_the_original() =>
        Check(Prompts.EmbedMasks(_golden["mask"]), "prompt_mask_dense");

    [Test]
    public void The_grid_is_encoded_as_in_the_original() =>
        Check(Prompts.DensePositionEncoding(), "dense_pe");

    [TestCase(true)]
    [TestCase(false)]
    public void Mask_decoder_equals_the_original(bool multimask)
    {
        var name = multimask ? "decoder.multi" : "decoder.single";
        var output = Decode(Prompts.EmbedPoints(_golden["points"], _golden["labels"]), multimask);
        Check(output.Ious, $"{name}.iou");
        Check(output.Tokens, $"{name}.tokens");
        Check(output.Masks, $"{name}.masks");
        Close.Within(output.ObjectScores, _golden[$"{name}.object_score"], 1e-4, "object score");
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Prompts_decoded_together_equal_prompts_decoded_alone(bool multimask)
    {
        var prompts = Prompts.EmbedPoints(_golden["points"], _golden["labels"]);
        var together = Decode(prompts, multimask);
        for (var i = 0; i < prompts.shape[0]; i++)
        {
            var alone = Decode(prompts.narrow(0, i, 1), multimask);
            Close.ToStandardDeviation(together.Masks.narrow(0, i, 1), alone.Masks, 1e-5, "masks");
        }
    }

    private PromptEncoder Prompts => (PromptEncoder)_model.PromptEncoder;

    private MaskDecoderOutput Decode(Tensor sparse, bool multimask)
    {
        var features = _model.EncodeImage(_golden["image"]);
        var noMemory = _model.state_dict()["no_mem_embed"].view(1, -1, 1, 1);
        return _model.MaskDecoder.forward(features.Embedding + noMemory, Prompts.DensePositionEncoding(),
            sparse, Prompts.EmbedMasks(null), features.HighRes, multimask);
    }

    private void Check(Tensor actual, string key) => Close.ToStandardDeviation(actual, _golden[key], Tolerance, key);
}
