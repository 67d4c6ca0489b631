using Sam2.Torch.Configuration;
using Sam2.Torch.Runtime;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// The first Segment Anything (arXiv 2304.02643; segment_anything/modeling/sam.py, <c>Sam</c>), or MobileSAM, which has another encoder: an image
/// encoder, and SAM 2's prompt encoder and mask decoder without what SAM 2 added to them. It has no memory, so it segments pictures only.
/// Parameter names are the original's state-dict keys.
/// </summary>
public class SamModel : nn.Module, IPromptableModel
{
    private readonly nn.Module<Tensor, Tensor> image_encoder;
    private readonly PromptEncoderBase prompt_encoder;
    private readonly MaskDecoderBase mask_decoder;

    /// <summary>Builds a model with random weights, in training mode.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="imageEncoder">Replaces the image encoder; maps <c>[B, 3, S, S]</c> to <c>[B, C, S/16, S/16]</c>.</param>
    /// <param name="promptEncoder">Replaces the prompt encoder.</param>
    /// <param name="maskDecoder">Replaces the mask decoder.</param>
    /// <exception cref="ArgumentException">The configuration contradicts itself; the message names the setting.</exception>
    /// <remarks>The model disposes its parts. A part keeps its place in the state dict, whatever its class.</remarks>
    public SamModel(
        SamConfig config, nn.Module<Tensor, Tensor>? imageEncoder = null, PromptEncoderBase? promptEncoder = null, MaskDecoderBase? maskDecoder = null)
        : base(nameof(SamModel))
    {
        TorchRuntime.EnsureLoaded();
        ArgumentNullException.ThrowIfNull(config);
        if (config.ImageSize <= 0 || config.ImageSize % SamConfig.Stride != 0)
            throw new ArgumentException($"The image size is {config.ImageSize}; it must be a positive multiple of {SamConfig.Stride}.", nameof(config));
        if (config.PromptEmbedDim <= 0 || config.PromptEmbedDim % 16 != 0)
            throw new ArgumentException($"Prompts have {config.PromptEmbedDim} channels; the mask decoder needs a positive multiple of 16.", nameof(config));
        Config = config;
        var channels = config.PromptEmbedDim;
        image_encoder = (imageEncoder, config.ImageEncoderViT, config.TinyViT) switch
        {
            ({ } own, _, _) => own,
            (_, { } plain, null) => new ImageEncoderViT(plain, config.ImageSize, channels),
            (_, null, { } tiny) => new TinyViT(tiny, channels),
            _ => throw new ArgumentException("Give the settings of one image encoder, ImageEncoderViT or TinyViT.", nameof(config)),
        };
        prompt_encoder = promptEncoder ?? new PromptEncoder(channels, config.ImageEmbeddingSize, config.ImageSize, maskInChans: 16, padBoxes: false);
        mask_decoder = maskDecoder ?? new MaskDecoder(WithoutAdditions(channels), Transformer(channels));
        RegisterComponents();
    }

    /// <summary>The architecture.</summary>
    public SamConfig Config { get; }

    /// <summary>The image encoder, an <see cref="ImageEncoderViT"/> or a <see cref="TinyViT"/> unless it was replaced: <c>[B, 3, S, S]</c> to <c>[B, C, S/16, S/16]</c>.</summary>
    public nn.Module<Tensor, Tensor> ImageEncoder => image_encoder;

    /// <summary>The prompt encoder.</summary>
    public PromptEncoderBase PromptEncoder => prompt_encoder;

    /// <summary>The mask decoder.</summary>
    public MaskDecoderBase MaskDecoder => mask_decoder;

    nn.Module IPromptableModel.Module => this;

    /// <inheritdoc/>
    public int ImageSize => Config.ImageSize;

    /// <inheritdoc/>
    public PictureFit PictureFit => PictureFit.Padded;

    /// <inheritdoc/>
    public int MaskInputSize => prompt_encoder.MaskInputSize;

    /// <inheritdoc/>
    public Device Device => parameters().First().device;

    /// <inheritdoc/>
    public ScalarType Precision => parameters().First().dtype;

    /// <inheritdoc/>
    public ImageFeatures EncodePicture(Tensor image)
    {
        if (image.dim() != 4 || image.size(1) != 3 || image.size(2) != ImageSize || image.size(3) != ImageSize)
            throw new ArgumentException($"Images have shape [{string.Join(", ", image.shape)}]; this model takes [B, 3, {ImageSize}, {ImageSize}].", nameof(image));
        using var scope = NewDisposeScope();
        return new ImageFeatures(image_encoder.call(image.to(Precision)), HighRes: null).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor DensePositionEncoding() => prompt_encoder.DensePositionEncoding();

    /// <inheritdoc/>
    public MaskDecoderOutput DecodePrompts(
        Tensor embedding, HighResFeatures? highRes, PointTensors? points, Tensor? masks, bool multimaskOutput, Tensor? positionEncoding = null)
    {
        using var scope = NewDisposeScope();
        var (sparse, dense) = prompt_encoder.call(points, masks);
        return mask_decoder.call(embedding, positionEncoding ?? DensePositionEncoding(), sparse, dense, highRes, multimaskOutput)
            .MoveToOuterDisposeScope();
    }

    /// <summary>The settings of the mask decoder as they were before skip connections, occlusion and the choice by stability.</summary>
    private static Sam2Config WithoutAdditions(int channels) => new()
    {
        ImageEncoder = new() { Neck = new FpnNeckConfig { DModel = channels } },
        UseHighResFeaturesInSam = false,
        PredObjScores = false,
        IouPredictionUseSigmoid = false,
        SamMaskDecoderExtraArgs = new() { DynamicMultimaskViaStability = false },
    };

    /// <summary>SAM 2's transformer with the names that its MLPs had before.</summary>
    private static TwoWayTransformer Transformer(int channels)
    {
        const int depth = 2, heads = 8, mlpDim = 2048, downsampling = 2;
        return new(depth, channels, heads, mlpDim, downsampling, layer: i => new TwoWayAttentionBlock(
            channels, heads, mlpDim, downsampling, skipFirstLayerPe: i == 0, new MlpBlock(channels, mlpDim, Activation.Relu)));
    }
}
