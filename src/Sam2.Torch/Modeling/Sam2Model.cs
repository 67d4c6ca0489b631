using Sam2.Torch.Configuration;
using Sam2.Torch.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// SAM 2: image encoder, memory attention, prompt encoder, mask decoder and memory encoder (paper, section 4;
/// sam2/modeling/sam2_base.py, <c>SAM2Base</c>). Parameter names are the original's state-dict keys. The model keeps no
/// state between calls: features, prompts and memories are arguments.
/// </summary>
public sealed partial class Sam2Model : nn.Module, IPromptableModel
{
    private readonly Parameter maskmem_tpos_enc;
    private readonly Parameter no_mem_embed;
    private readonly Parameter no_mem_pos_enc;
    private readonly Parameter? no_obj_ptr;
    private readonly Parameter? no_obj_embed_spatial;
    private readonly nn.Module<Tensor, IReadOnlyList<Tensor>> image_encoder;
    private readonly PositionEmbeddingSine image_position_encoding;
    private readonly Conv2dLayer? mask_downsample;
    private readonly nn.Module<Tensor, Tensor, Tensor, Tensor, long, Tensor> memory_attention;
    private readonly nn.Module<Tensor, Tensor, Tensor> memory_encoder;
    private readonly PositionEmbeddingSine memory_position_encoding;
    private readonly nn.Module<Tensor, Tensor, Tensor>? memory_gru;
    private readonly PerceiverResampler? spatial_perceiver;
    private readonly PromptEncoderBase sam_prompt_encoder;
    private readonly MaskDecoderBase sam_mask_decoder;
    private readonly nn.Module<Tensor, Tensor> obj_ptr_proj;
    private readonly nn.Module<Tensor, Tensor> obj_ptr_tpos_proj;

    /// <summary>Builds a model with random weights, in training mode.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="parts">Parts that replace the standard ones; none when null.</param>
    /// <exception cref="ArgumentException">The configuration contradicts itself; the message names the setting.</exception>
    public Sam2Model(Sam2Config config, Sam2Parts? parts = null) : base(nameof(Sam2Model))
    {
        TorchRuntime.EnsureLoaded();
        Validate(config);
        Config = config;
        Parts = parts ??= Sam2Parts.Standard;
        var (hidden, memory) = (config.HiddenDim, config.MemDim);
        maskmem_tpos_enc = Token(config.NumMaskmem, 1, 1, memory);
        no_mem_embed = Token(1, 1, hidden);
        no_mem_pos_enc = Token(1, 1, hidden);
        if (config.PredObjScores && config.UseObjPtrsInEncoder) no_obj_ptr = Token(1, hidden);
        if (config.NoObjEmbedSpatial) no_obj_embed_spatial = Token(1, memory);

        image_encoder = parts.ImageEncoder?.Invoke(config) ?? new ImageEncoder(config.ImageEncoder);
        image_position_encoding = new PositionEmbeddingSine(config.ImageEncoder.Neck.PositionEncoding);
        // Brings a mask prompt to the scale of logits and to stride 4, so that the decoder can make a pointer of it.
        if (config.UseObjPtrsInEncoder) mask_downsample = new Conv2dLayer(1, 1, kernelSize: 4, stride: 4);
        memory_attention = parts.MemoryAttention?.Invoke(config) ?? new MemoryAttention(config.MemoryAttention, unplaced: Math.Max(0, config.SpatialPerceiver?.NumLatents ?? 0));
        memory_encoder = parts.MemoryEncoder?.Invoke(config) ?? new MemoryEncoder(config.MemoryEncoder);
        memory_position_encoding = new PositionEmbeddingSine(config.MemoryEncoder.PositionEncoding);
        if (config.RecurrentMemory) memory_gru = parts.MemoryGru?.Invoke(config) ?? new MemoryGru(memory);
        if (config.SpatialPerceiver is { } perceiver) spatial_perceiver = parts.SpatialPerceiver?.Invoke(config) ?? new PerceiverResampler(perceiver);
        sam_prompt_encoder = parts.PromptEncoder?.Invoke(config)
            ?? new PromptEncoder(hidden, config.ImageEmbeddingSize, config.ImageSize, maskInChans: 16);
        sam_mask_decoder = parts.MaskDecoder?.Invoke(config) ?? new MaskDecoder(config);
        obj_ptr_proj = parts.ObjectPointerProjection?.Invoke(config)
            ?? (!config.UseObjPtrsInEncoder ? nn.Identity()
                : config.UseMlpForObjPtrProj ? new Mlp(hidden, hidden, hidden, numLayers: 3)
                : new LinearLayer(hidden, hidden));
        obj_ptr_tpos_proj = config.ProjTposEncInObjPtrs ? new LinearLayer(hidden, memory) : nn.Identity();
        RegisterComponents();
        if (parts.Adapters is { } adapters) Attach(adapters);
    }

    /// <summary>The architecture.</summary>
    public Sam2Config Config { get; }

    /// <summary>The parts that replace standard ones. <c>new Sam2Model(model.Config, model.Parts)</c> has the same keys and shapes.</summary>
    public Sam2Parts Parts { get; private set; }

    /// <summary>
    /// Whether the weights are those of the part for images, from a checkpoint that has no others: the memory's are random then, and
    /// nothing can be tracked.
    /// </summary>
    public bool IsImageOnly { get; internal set; }

    /// <summary>The device of the weights.</summary>
    public Device Device => no_mem_embed.device;

    /// <summary>The type of the weights.</summary>
    public ScalarType Precision => no_mem_embed.dtype;

    /// <summary>Encodes images.</summary>
    /// <param name="images"><c>[B, 3, S, S]</c>, normalised, S being the model's image size.</param>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    /// <exception cref="InvalidOperationException">The image encoder returned too few levels.</exception>
    public ImageFeatures EncodeImage(Tensor images)
    {
        if (images.dim() != 4 || images.size(1) != 3 || images.size(2) != Config.ImageSize || images.size(3) != Config.ImageSize)
            throw new ArgumentException($"Images have shape [{string.Join(", ", images.shape)}]; this model takes [B, 3, {Config.ImageSize}, {Config.ImageSize}].", nameof(images));
        using var scope = NewDisposeScope();
        if (image_encoder is ImageEncoder encoder && sam_mask_decoder is MaskDecoder { SkipProjections: { } skips } && encoder.CanProject(skips))
        {
            var projected = encoder.EncodeProjected(images.to(Precision), skips);
            return new ImageFeatures(projected[2], new HighResFeatures(Stride8: projected[1], Stride4: projected[0])).MoveToOuterDisposeScope();
        }
        var levels = image_encoder.call(images.to(Precision));
        var needed = Config.UseHighResFeaturesInSam ? 3 : 1;
        if (levels.Count < needed)
            throw new InvalidOperationException($"The image encoder returned {levels.Count} levels; this model needs {needed}, the last of stride {Config.BackboneStride}.");
        var highRes = Config.UseHighResFeaturesInSam ? sam_mask_decoder.ProjectHighRes(levels[^3], levels[^2]) : null;
        return new ImageFeatures(levels[^1], highRes).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The embedding of a frame that has no memories to attend to, <c>[B, C, H, W]</c>: the learned no-memory embedding is
    /// added where the configuration says so, as in training on videos.
    /// </summary>
    public Tensor AddNoMemoryEmbedding(Tensor embedding)
    {
        using var scope = NewDisposeScope();
        return (Config.DirectlyAddNoMemEmbed ? embedding.Plus(no_mem_embed.view(1, -1, 1, 1)) : embedding.alias()).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The image encoder: images <c>[B, 3, S, S]</c> to levels, finest first, the last of stride 16. An <see cref="Modeling.ImageEncoder"/>
    /// unless <see cref="Parts"/> say otherwise.
    /// </summary>
    public nn.Module<Tensor, IReadOnlyList<Tensor>> ImageEncoder => image_encoder;

    /// <summary>The position encoding of image levels, with which a frame attends to memories. It has no weights.</summary>
    public PositionEmbeddingSine ImagePositionEncoding => image_position_encoding;

    /// <summary>The prompt encoder, a <see cref="Modeling.PromptEncoder"/> unless <see cref="Parts"/> say otherwise.</summary>
    public PromptEncoderBase PromptEncoder => sam_prompt_encoder;

    /// <summary>The mask decoder, a <see cref="Modeling.MaskDecoder"/> unless <see cref="Parts"/> say otherwise.</summary>
    public MaskDecoderBase MaskDecoder => sam_mask_decoder;

    /// <summary>
    /// The memory attention, with the arguments of <see cref="Modeling.MemoryAttention.forward"/>; a <see cref="Modeling.MemoryAttention"/>
    /// unless <see cref="Parts"/> say otherwise.
    /// </summary>
    public nn.Module<Tensor, Tensor, Tensor, Tensor, long, Tensor> MemoryAttention => memory_attention;

    /// <summary>
    /// The memory encoder: image embedding and masks to memories, as <see cref="Modeling.MemoryEncoder.forward"/>; a
    /// <see cref="Modeling.MemoryEncoder"/> unless <see cref="Parts"/> say otherwise.
    /// </summary>
    public nn.Module<Tensor, Tensor, Tensor> MemoryEncoder => memory_encoder;

    /// <summary>The position encoding of spatial memories. It has no weights.</summary>
    public PositionEmbeddingSine MemoryPositionEncoding => memory_position_encoding;

    // The original truncates at ±2, a hundred deviations away. TorchSharp 0.107's trunc_normal_ fills with a constant.
    private static Parameter Token(params long[] shape) =>
        nn.Parameter(nn.init.normal_(zeros(shape), std: 0.02));

    private static void Validate(Sam2Config config)
    {
        if (config.ImageSize <= 0 || config.ImageSize % (2 * config.BackboneStride) != 0)
            throw new ArgumentException($"image_size is {config.ImageSize}; it must be a positive multiple of {2 * config.BackboneStride}.");
        var (hidden, memory) = (config.HiddenDim, config.MemDim);
        if (config.MemoryAttention.Layer.CrossAttention.KvInDim is var keys && (keys ?? config.MemoryAttention.DModel) != memory)
            throw new ArgumentException($"memory_attention.layer.cross_attention.kv_in_dim is {keys}, but memories (memory_encoder.out_dim) have {memory} channels.");
        if (config.MemoryEncoder.PositionEncoding.NumPosFeats != memory)
            throw new ArgumentException($"memory_encoder.position_encoding.num_pos_feats is {config.MemoryEncoder.PositionEncoding.NumPosFeats}, but memories (memory_encoder.out_dim) have {memory} channels.");
        ValidateMemoryTokens(config);
        if (config.UseObjPtrsInEncoder && hidden % memory != 0)
            throw new ArgumentException($"memory_encoder.out_dim is {memory}; object pointers of {hidden} channels need a divisor of that.");
        if (config.ProjTposEncInObjPtrs && !config.AddTposEncToObjPtrs)
            throw new ArgumentException("proj_tpos_enc_in_obj_ptrs needs add_tpos_enc_to_obj_ptrs.");
        if (config.FixedNoObjPtr && !(config.PredObjScores && config.UseObjPtrsInEncoder))
            throw new ArgumentException("fixed_no_obj_ptr needs pred_obj_scores and use_obj_ptrs_in_encoder.");
    }

    /// <summary>What the tokens of a memory are, and what attends to them, have to fit.</summary>
    private static void ValidateMemoryTokens(Sam2Config config)
    {
        var attention = config.MemoryAttention.Layer.CrossAttention;
        var own = attention.Kind == AttentionKind.RoPEAttentionV2;
        var grid = attention.KSizes is { Count: 2 } sizes ? (long)sizes[0] * sizes[1] : 0;
        if (config.SpatialPerceiver is not { } perceiver)
        {
            if (own && grid != config.TokensPerMemory)
                throw new ArgumentException($"memory_attention.layer.cross_attention.k_sizes is {attention.KSizes?.ToString() ?? "missing"}, but memories have {config.ImageEmbeddingSize} by {config.ImageEmbeddingSize} tokens, and there is no spatial_perceiver.");
            return;
        }

        if (perceiver.Dim != config.MemDim)
            throw new ArgumentException($"spatial_perceiver.dim is {perceiver.Dim}, but memories (memory_encoder.out_dim) have {config.MemDim} channels.");
        if (config.RecurrentMemory)
            throw new ArgumentException("recurrent_memory needs memories that are grids, and spatial_perceiver makes other tokens of them; use one of the two.");
        if (perceiver.NumLatents2d > 0 && perceiver.Side > 0 && config.ImageEmbeddingSize % perceiver.Side != 0)
            throw new ArgumentException($"image_size is {config.ImageSize}; the {perceiver.Side} by {perceiver.Side} windows of spatial_perceiver.num_latents_2d need a multiple of {config.BackboneStride * perceiver.Side}.");
        if (own ? grid != Math.Max(0, perceiver.NumLatents2d) : attention.Rope)
            throw new ArgumentException($"memory_attention.layer.cross_attention is {attention.Kind} with k_sizes {attention.KSizes?.ToString() ?? "missing"}; memories of {perceiver.NumLatents2d} latents with a place (spatial_perceiver.num_latents_2d) need {AttentionKind.RoPEAttentionV2} with that many keys, or {AttentionKind.Attention}.");
    }
}
