using Sam2.Torch.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>What a model asks of its mask decoder; derive from it to replace <see cref="MaskDecoder"/> as a whole.</summary>
/// <param name="name">Name of the module.</param>
public abstract class MaskDecoderBase(string name)
    : nn.Module<Tensor, Tensor, Tensor, Tensor, HighResFeatures?, bool, MaskDecoderOutput>(name)
{
    /// <summary>
    /// Projects the stride-4 and stride-8 features of an image for the skip connections, once per image; asked for only where
    /// <see cref="Sam2Config.UseHighResFeaturesInSam"/> is set.
    /// </summary>
    /// <param name="stride4"><c>[B, C, 4H, 4W]</c>.</param>
    /// <param name="stride8"><c>[B, C, 2H, 2W]</c>.</param>
    public abstract HighResFeatures ProjectHighRes(Tensor stride4, Tensor stride8);

    /// <summary>Predicts masks for B prompts.</summary>
    /// <param name="image">Image embeddings, <c>[B, C, H, W]</c>, or <c>[1, C, H, W]</c> shared by all prompts.</param>
    /// <param name="imagePe">Their position encoding, <c>[1, C, H, W]</c>.</param>
    /// <param name="sparsePrompts">Embedded points and boxes, <c>[B, N, C]</c>.</param>
    /// <param name="densePrompts">Embedded masks, <c>[B, C, H, W]</c>, or <c>[1, C, H, W]</c> for all prompts.</param>
    /// <param name="highRes">Skip connections; null for a model without them.</param>
    /// <param name="multimaskOutput">Whether to return the three masks for ambiguous prompts, or one.</param>
    public abstract override MaskDecoderOutput forward(
        Tensor image, Tensor imagePe, Tensor sparsePrompts, Tensor densePrompts, HighResFeatures? highRes, bool multimaskOutput);
}

/// <summary>
/// Predicts masks, their IoUs and whether the object is visible, from an image embedding and prompts
/// (paper, section 4 and appendix D.1; sam2/modeling/sam/mask_decoder.py).
/// </summary>
public class MaskDecoder : MaskDecoderBase
{
    private readonly nn.Module<Tensor, Tensor, Tensor, (Tensor Tokens, Tensor Image)> transformer;
    private readonly Embedding iou_token;
    private readonly Embedding mask_tokens;
    private readonly Embedding? obj_score_token;
    private readonly Sequential output_upscaling;
    private readonly Conv2dLayer? conv_s0;
    private readonly Conv2dLayer? conv_s1;
    private readonly ModuleList<Mlp> output_hypernetworks_mlps;
    private readonly Mlp iou_prediction_head;
    private readonly nn.Module<Tensor, Tensor>? pred_obj_score_head;
    private readonly MaskDecoderConfig _config;
    private readonly bool _useMultimaskTokenForObjPtr;

    private const int NumMultimaskOutputs = 3;
    private const int NumMaskTokens = NumMultimaskOutputs + 1;

    // Prompts whose embeddings are upscaled together. Of 8 at once, a map of 67 MB goes to memory and back four times: 64 clicks take 7 % longer, and 600 MB more.
    private const int UpscaledTogether = 2;

    /// <summary>Builds the decoder with freshly initialised weights.</summary>
    /// <param name="config">The model's architecture.</param>
    /// <param name="transformer">
    /// Lets tokens and image attend to each other, called as <see cref="TwoWayTransformer.forward"/> is; a
    /// <see cref="TwoWayTransformer"/> of two layers when null.
    /// </param>
    public MaskDecoder(Sam2Config config, nn.Module<Tensor, Tensor, Tensor, (Tensor Tokens, Tensor Image)>? transformer = null)
        : base(nameof(MaskDecoder))
    {
        var dim = config.HiddenDim;
        // Depths and widths that the original fixes for every model.
        this.transformer = transformer ?? new TwoWayTransformer(depth: 2, dim, numHeads: 8, mlpDim: 2048);
        iou_token = nn.Embedding(1, dim);
        mask_tokens = nn.Embedding(NumMaskTokens, dim);
        if (config.PredObjScores) obj_score_token = nn.Embedding(1, dim);
        output_upscaling = nn.Sequential(
            new ConvTranspose2dLayer(dim, dim / 4, kernelSize: 2, stride: 2),
            new LayerNorm2d(dim / 4),
            new Gelu(),
            new ConvTranspose2dLayer(dim / 4, dim / 8, kernelSize: 2, stride: 2),
            new Gelu());
        if (config.UseHighResFeaturesInSam)
        {
            conv_s0 = new Conv2dLayer(dim, dim / 8, kernelSize: 1);
            conv_s1 = new Conv2dLayer(dim, dim / 4, kernelSize: 1);
        }
        output_hypernetworks_mlps = new ModuleList<Mlp>(
            [.. Enumerable.Range(0, NumMaskTokens).Select(_ => new Mlp(dim, dim, dim / 8, numLayers: 3))]);
        iou_prediction_head = new Mlp(dim, 256, NumMaskTokens, numLayers: 3, sigmoidOutput: config.IouPredictionUseSigmoid);
        if (config.PredObjScores)
            pred_obj_score_head = config.PredObjScoresMlp ? new Mlp(dim, dim, 1, numLayers: 3) : new LinearLayer(dim, 1);
        _config = config.SamMaskDecoderExtraArgs;
        _useMultimaskTokenForObjPtr = config.UseMultimaskTokenForObjPtr;
        RegisterComponents();
    }

    /// <summary>What <see cref="ProjectHighRes"/> applies to the levels of stride 4 and 8; null where that is replaced or there is nothing to apply.</summary>
    internal IReadOnlyList<Conv2dLayer>? SkipProjections =>
        GetType() == typeof(MaskDecoder) && conv_s0 is not null && conv_s1 is not null ? [conv_s0, conv_s1] : null;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The model has no skip connections.</exception>
    public override HighResFeatures ProjectHighRes(Tensor stride4, Tensor stride8)
    {
        if (conv_s0 is null || conv_s1 is null)
            throw new InvalidOperationException("This mask decoder has no skip connections: use_high_res_features_in_sam is off.");
        using var scope = NewDisposeScope();
        return new HighResFeatures(
            conv_s1.call(stride8).MoveToOuterDisposeScope(), conv_s0.call(stride4).MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override MaskDecoderOutput forward(
        Tensor image, Tensor imagePe, Tensor sparsePrompts, Tensor densePrompts, HighResFeatures? highRes, bool multimaskOutput)
    {
        using var scope = NewDisposeScope();
        var dtype = iou_token.weight!.dtype;
        var (batch, height, width) = (sparsePrompts.size(0), image.size(2), image.size(3));

        var outputTokens = obj_score_token is null
            ? cat([iou_token.weight!, mask_tokens.weight!])
            : cat([obj_score_token.weight!, iou_token.weight!, mask_tokens.weight!]);
        var tokens = cat([outputTokens.unsqueeze(0).expand(batch, -1, -1), sparsePrompts.to(dtype)], dim: 1);
        var (outputs, keys) = transformer.call(
            AsTokens(image.to(dtype).Plus(densePrompts.to(dtype))), AsTokens(imagePe.to(dtype)), tokens);

        var first = obj_score_token is null ? 0 : 1;
        var iouToken = outputs.select(1, first);
        var maskTokens = outputs.narrow(1, first + 1, NumMaskTokens);

        // A view in which a pixel's channels lie next to each other. The convolutions keep that order, and the skip connections
        // have it too: in the other order they make the upscaling 30 to 50 % slower.
        // Cut into rows before it is transposed: the other way round, libtorch takes a batch of one for a picture in the other order.
        var embedding = keys.unflatten(1, height, width).permute(0, 3, 1, 2);
        var hyper = stack(output_hypernetworks_mlps.Select((mlp, i) => mlp.call(maskTokens.select(1, i))), dim: 1);
        var masks = Pieces.ByIndices(embedding, this, UpscaledTogether, (first, count) =>
        {
            using var piece = NewDisposeScope();
            // Prompts share one picture's skip connections, or each has its own.
            var skips = highRes is null ? null : new HighResFeatures(Pieces.Of(highRes.Stride8, first, count), Pieces.Of(highRes.Stride4, first, count));
            var upscaled = Upscale(embedding.narrow(0, first, count), skips);
            return hyper.narrow(0, first, count).matmul(upscaled.flatten(2)).MoveToOuterDisposeScope();
        }).unflatten(2, 4 * height, 4 * width).to(float32);

        var ious = iou_prediction_head.call(iouToken).to(float32);
        // A model without an occlusion head takes the object for present: sigmoid(10) ≈ 1.
        var objectScores = pred_obj_score_head?.call(outputs.select(1, 0)).to(float32)
            ?? full(batch, 1, Scalars.Of(10.0), device: ious.device);

        (masks, ious) = Select(masks, ious, multimaskOutput);
        var pointerTokens = multimaskOutput && _useMultimaskTokenForObjPtr
            ? maskTokens.narrow(1, 1, NumMultimaskOutputs)
            : maskTokens.narrow(1, 0, 1);
        return new MaskDecoderOutput(masks, ious, pointerTokens, objectScores).MoveToOuterDisposeScope();
    }

    /// <summary><c>[B, C, H, W]</c> to <c>[B, C/8, 4H, 4W]</c>, with the skip connections added on the way.</summary>
    private Tensor Upscale(Tensor image, HighResFeatures? skips)
    {
        if (skips is null) return output_upscaling.call(image);
        var (first, norm, gelu, second, lastGelu) = (
            output_upscaling[0], output_upscaling[1], output_upscaling[2], output_upscaling[3], output_upscaling[4]);
        // Added in place, which autograd allows here: fresh tensors make the upscaling of eight prompts 16 % slower.
        var x = gelu.call(norm.call(first.call(image).AddInPlace(skips.Stride8)));
        return lastGelu.call(second.call(x).AddInPlace(skips.Stride4));
    }

    private static Tensor AsTokens(Tensor map) => map.flatten(2).transpose(1, 2);

    /// <summary>The masks for ambiguous prompts, or the one for clear prompts, of all <see cref="NumMaskTokens"/>.</summary>
    private (Tensor Masks, Tensor Ious) Select(Tensor masks, Tensor ious, bool multimaskOutput)
    {
        if (multimaskOutput) return (masks.narrow(1, 1, NumMultimaskOutputs), ious.narrow(1, 1, NumMultimaskOutputs));
        var (single, singleIou) = (masks.narrow(1, 0, 1), ious.narrow(1, 0, 1));
        if (training || !_config.DynamicMultimaskViaStability) return (single, singleIou);

        var delta = _config.DynamicMultimaskStabilityDelta;
        var flat = single.flatten(2);
        var inner = flat.gt(Scalars.Of(delta)).sum(-1, type: float32);
        var outer = flat.gt(Scalars.Of(-delta)).sum(-1, type: float32);
        var stability = where(outer.gt(Scalars.Of(0)), inner / outer, ones_like(outer)); // [B, 1]
        var stable = stability.ge(Scalars.Of(_config.DynamicMultimaskStabilityThresh));

        var best = ious.narrow(1, 1, NumMultimaskOutputs).argmax(1).Plus(1);
        var rows = TensorArithmetic.Range(0, masks.size(0), device: masks.device);
        var bestMask = masks.index(rows, best).unsqueeze(1);
        var bestIou = ious.index(rows, best).unsqueeze(1);
        return (where(stable.unsqueeze(2).unsqueeze(3), single, bestMask), where(stable, singleIou, bestIou));
    }
}

/// <summary>What the mask decoder predicts for B prompts.</summary>
/// <param name="Masks">Mask logits, <c>[B, M, 4H, 4W]</c>, float32; M is 3 for multimask output, else 1.</param>
/// <param name="Ious">Predicted IoU of each mask, <c>[B, M]</c>, float32.</param>
/// <param name="Tokens">Mask tokens that object pointers are made of, <c>[B, M or 1, C]</c>.</param>
/// <param name="ObjectScores">Logits of the object being visible, <c>[B, 1]</c>, float32.</param>
public sealed record MaskDecoderOutput(Tensor Masks, Tensor Ious, Tensor Tokens, Tensor ObjectScores) : IDisposable
{
    /// <summary>Moves the tensors to the next outer dispose scope.</summary>
    public MaskDecoderOutput MoveToOuterDisposeScope()
    {
        Masks.MoveToOuterDisposeScope();
        Ious.MoveToOuterDisposeScope();
        Tokens.MoveToOuterDisposeScope();
        ObjectScores.MoveToOuterDisposeScope();
        return this;
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Masks.Dispose();
        Ious.Dispose();
        Tokens.Dispose();
        ObjectScores.Dispose();
    }
}
