using NUnit.Framework;
using Sam2.Torch.Modeling;
using TestSupport;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Modeling;

/// <summary>The model can be trained: gradients reach every parameter and are those that finite differences give.</summary>
public sealed class GradientTests
{
    private DisposeScope _scope = null!;
    private Sam2Model _model = null!;

    [SetUp]
    public void CreateModel()
    {
        _scope = NewDisposeScope();
        _model = NanoModel.Create();
    }

    [TearDown]
    public void Free()
    {
        _model.Dispose();
        _scope.Dispose();
    }

    [Test]
    public void Gradients_of_the_image_side_equal_finite_differences()
    {
        Loss().backward();
        var parameters = _model.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        string[] names =
        [
            "image_encoder.trunk.pos_embed", "image_encoder.trunk.patch_embed.proj.weight", "image_encoder.trunk.blocks.0.attn.qkv.weight",
            "image_encoder.trunk.blocks.1.proj.weight", "image_encoder.trunk.blocks.4.mlp.layers.0.weight", "image_encoder.neck.convs.1.conv.weight",
            "sam_mask_decoder.conv_s0.weight", "sam_mask_decoder.output_upscaling.0.weight", "sam_mask_decoder.output_upscaling.1.bias",
            "sam_mask_decoder.transformer.layers.0.cross_attn_image_to_token.q_proj.weight", "sam_mask_decoder.iou_prediction_head.layers.1.weight",
            "sam_prompt_encoder.point_embeddings.1.weight", "sam_prompt_encoder.mask_downscaling.3.weight",
        ];
        Assert.Multiple(() =>
        {
            foreach (var name in names)
            {
                using var inner = NewDisposeScope();
                var parameter = parameters[name];
                var gradient = parameter.grad!.clone();
                // Along the gradient itself the slope is its norm, which stands out of the rounding of float32.
                var norm = gradient.norm().item<float>();
                var direction = gradient / norm;
                // Changes the loss by ±0.02: far above rounding, little enough for the curvature.
                var step = 0.02f / norm;
                var slope = (LossAt(parameter, direction, step) - LossAt(parameter, direction, -step)) / (2 * step);
                Assert.That(slope, Is.EqualTo(norm).Within(0.02 * norm + 1e-4), name);
            }
        });
    }

    [Test]
    public void Gradients_reach_every_parameter_of_the_image_side_in_training_mode()
    {
        _model.train();
        Loss().backward();
        var without = _model.named_parameters()
            .Where(p => (p.name.StartsWith("image_encoder") || p.name.StartsWith("sam_")) && p.parameter.grad is null)
            .Select(p => p.name);
        // The token of absent points is used only when a prompt has some; a given mask takes the place of the learned one.
        Assert.That(without, Is.EquivalentTo(new[]
        {
            "sam_prompt_encoder.point_embeddings.0.weight", "sam_prompt_encoder.point_embeddings.2.weight",
            "sam_prompt_encoder.point_embeddings.3.weight", "sam_prompt_encoder.no_mask_embed.weight",
        }).Or.EquivalentTo(new[] { "sam_prompt_encoder.no_mask_embed.weight" }));
    }

    [Test]
    public void Drop_path_keeps_the_mean_and_drops_whole_samples()
    {
        manual_seed(3);
        using var drop = new DropPath(0.25);
        drop.train();
        var x = ones(4000, 3);
        var y = drop.forward(x);
        var rows = y.sum(1);
        Assert.That(y.mean().item<float>(), Is.EqualTo(1).Within(0.05));
        Assert.That(((rows == 0).logical_or((rows - 4).abs() < 1e-5)).all().item<bool>());
        drop.eval();
        Close.Within(drop.forward(x), x, 0, "evaluation mode");
    }

    private double LossAt(Parameter parameter, Tensor direction, float step)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        parameter.add_(direction * step);
        var loss = Loss().item<double>();
        parameter.sub_(direction * step);
        return loss;
    }

    /// <summary>A smooth function of masks, scores, tokens and object score of one prompt with a point and a mask.</summary>
    private Tensor Loss()
    {
        using var scope = NewDisposeScope();
        var image = DeterministicWeights.NoiseTensor("image", 1, 3, 128, 128);
        var features = _model.EncodeImage(image);
        var prompts = (PromptEncoder)_model.PromptEncoder;
        var output = _model.MaskDecoder.forward(
            features.Embedding,
            prompts.DensePositionEncoding(),
            prompts.EmbedPoints(tensor(new float[] { 40, 50 }, [1, 1, 2]), ones(1, 1, dtype: int32)),
            prompts.EmbedMasks(DeterministicWeights.NoiseTensor("mask", 1, 1, 32, 32)),
            features.HighRes,
            multimaskOutput: true);
        return (output.Masks.to(float64).tanh().sum() / 32 + output.Ious.to(float64).sum() + output.Tokens.to(float64).sin().mean()
            + output.ObjectScores.to(float64).sum()).MoveToOuterDisposeScope();
    }
}
