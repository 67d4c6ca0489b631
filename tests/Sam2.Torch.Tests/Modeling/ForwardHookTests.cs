using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking;
using TestSupport;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Modeling;

/// <summary>Forward hooks fire as they do in PyTorch, so that what happens inside of the model can be watched.</summary>
public sealed class ForwardHookTests
{
    /// <summary>Modules that nothing calls, as in the original, besides lists, which only hold modules.</summary>
    private static readonly string[] NeverCalled =
    [
        // Embeddings whose weights are used as they are.
        "sam_prompt_encoder.point_embeddings.0", "sam_prompt_encoder.point_embeddings.1", "sam_prompt_encoder.point_embeddings.2",
        "sam_prompt_encoder.point_embeddings.3", "sam_prompt_encoder.not_a_point_embed", "sam_prompt_encoder.no_mask_embed",
        "sam_mask_decoder.iou_token", "sam_mask_decoder.mask_tokens", "sam_mask_decoder.obj_score_token",
        // A sequence between whose members the high-resolution features are added.
        "sam_mask_decoder.output_upscaling",
        // Depends on the grid alone and is asked for without features.
        "memory_position_encoding",
    ];

    [Test]
    public void Every_submodule_fires_its_forward_hook_over_prediction_and_tracking()
    {
        using var model = NanoModel.Create(Sam2Presets.Nano with { ImageSize = 64 });
        var silent = new HashSet<string>();
        foreach (var (name, module) in model.named_modules())
        {
            if (module.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(ModuleList<>)) continue;
            silent.Add(name);
            // The base class that has hooks is generic in the module's inputs and result.
            module.GetType().GetMethod("register_forward_hook", [typeof(Action<nn.Module>)])?
                .Invoke(module, [(Action<nn.Module>)(_ => silent.Remove(name))]);
        }

        var video = new DrawnVideo(3);
        using (var predictor = new ImagePredictor(model))
        {
            predictor.SetImage(video.Drawn(0).Image);
            var size = model.PromptEncoder.MaskInputSize;
            using var logits = zeros(size, size);
            using var prediction = predictor.Predict(ObjectPrompt.FromPoints(new PointPrompt(60, 45)) with { MaskLogits = logits });
        }
        using (var session = new VideoSession(model, video))
        {
            session.AddPoints(0, 1, new PointPrompt(60, 45));
            session.AddMask(0, 2, video.Drawn(0).Mask(2));
            foreach (var _ in session.Propagate()) { }
        }

        Assert.That(silent, Is.EquivalentTo(NeverCalled));
    }

    [Test]
    public void A_hook_sees_all_objects_at_once_though_they_are_computed_one_after_the_other_without_it()
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var model = NanoModel.Create(Sam2Presets.Nano with { ImageSize = 64 });
        manual_seed(1);
        var (width, side) = (model.Config.HiddenDim, 64 / model.Config.BackboneStride);
        var image = randn(1, width, side, side);
        var memories = new MemoryTokens(randn(3, side * side, model.Config.MemDim), randn(1, side * side, model.Config.MemDim), NumObjPtrTokens: 0);
        var masks = randn(3, 1, 64, 64);

        var conditioned = model.ConditionOnMemory(image, memories);
        var encoded = model.EncodeMemory(image, masks, ones(3, 1), binarize: false);

        var seen = new List<long>();
        Tensor See(nn.Module<Tensor, Tensor> module, Tensor input, Tensor output)
        {
            seen.Add(input.shape[0]);
            return output;
        }

        foreach (var (name, module) in model.named_modules())
            if (name is "memory_attention.layers.1.norm2" or "memory_encoder.fuser") ((nn.Module<Tensor, Tensor>)module).register_forward_hook(See);
        Assert.That((model.ConditionOnMemory(image, memories) - conditioned).abs().max().item<float>(), Is.LessThan(1e-4));
        Assert.That((model.EncodeMemory(image, masks, ones(3, 1), binarize: false) - encoded).abs().max().item<float>(), Is.LessThan(1e-4));
        Assert.That(seen, Is.EqualTo(new long[] { 3, 3 }));
    }

    [Test]
    public void A_hook_sees_all_windows_at_once_though_they_are_computed_some_rows_at_a_time_without_it(
        [Values(1, 2)] long images, [Values(6, 8)] int window, [Values] bool pooling)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        manual_seed(1);
        const int width = 90;
        var dimOut = pooling ? 192 : 96;
        // More rows than are taken at a time, and neither side a multiple of the windows'.
        var height = (((4 << 20) / (images * width * 4 * dimOut)) + window) * 2 + 3;
        using var block = new MultiScaleBlock(new HieraBlockConfig(1, 96, dimOut, 2, 0, pooling ? [2, 2] : null, window));
        block.eval();
        var x = randn(images, height, width, 96);

        var inRows = block.call(x);
        var seen = new List<long>();
        foreach (var (name, part) in block.named_children())
        {
            if (name == "mlp") ((nn.Module<Tensor, Tensor>)part).register_forward_hook((_, _, output) =>
            {
                seen.Add(output.shape[1]);
                return output;
            });
        }
        var atOnce = block.call(x);
        Assert.That(seen, Is.EqualTo(new[] { pooling ? height / 2 : height }));
        Assert.That(inRows.shape, Is.EqualTo(atOnce.shape));
        Assert.That((inRows - atOnce).abs().max().item<float>(), Is.LessThan(1e-5));
    }
}
