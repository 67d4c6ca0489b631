using Sam2.Torch.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// SAM 2: image encoder, memory attention, prompt encoder, mask decoder and memory encoder (paper, section 4;
/// sam2/modeling/sam2_base.py, <c>SAM2Base</c>). Parameter names are the original's state-dict keys. The model keeps no
/// state between calls: features, prompts and memories are arguments.
/// </summary>
public sealed partial class Sam2Model : nn.Module
{
    private readonly Parameter maskmem_tpos_enc;
    private readonly Parameter no_mem_embed;
    private readonly Parameter no_mem_pos_enc;
    private readonly Parameter? no_obj_ptr;
    private readonly Parameter? no_obj_embed_spatial;
    private readonly ImageEncoder image_encoder;
    private readonly Conv2d? mask_downsample;
    private readonly MemoryAttention memory_attention;
    private readonly MemoryEncoder memory_encoder;
    private readonly MemoryGru? memory_gru;
    private readonly PromptEncoder sam_prompt_encoder;
    private readonly MaskDecoder sam_mask_decoder;
    private readonly nn.Module<Tensor, Tensor> obj_ptr_proj;
    private readonly nn.Module<Tensor, Tensor> obj_ptr_tpos_proj;

    /// <summary>Builds a model with random weights, in training mode.</summary>
    /// <exception cref="ArgumentException">The configuration contradicts itself; the message names the setting.</exception>
    public Sam2Model(Sam2Config config) : base(nameof(Sam2Model))
    {
        Validate(config);
        Config = config;
        var (hidden, memory) = (config.HiddenDim, config.MemDim);
        maskmem_tpos_enc = Token(config.NumMaskmem, 1, 1, memory);
        no_mem_embed = Token(1, 1, hidden);
        no_mem_pos_enc = Token(1, 1, hidden);
        if (config.PredObjScores && config.UseObjPtrsInEncoder) no_obj_ptr = Token(1, hidden);
        if (config.NoObjEmbedSpatial) no_obj_embed_spatial = Token(1, memory);

        image_encoder = new ImageEncoder(config.ImageEncoder);
        // Brings a mask prompt to the scale of logits and to stride 4, so that the decoder can make a pointer of it.
        if (config.UseObjPtrsInEncoder) mask_downsample = nn.Conv2d(1, 1, kernel_size: 4, stride: 4);
        memory_attention = new MemoryAttention(config.MemoryAttention);
        memory_encoder = new MemoryEncoder(config.MemoryEncoder);
        if (config.RecurrentMemory) memory_gru = new MemoryGru(memory);
        sam_prompt_encoder = new PromptEncoder(hidden, config.ImageEmbeddingSize, config.ImageSize, maskInChans: 16);
        sam_mask_decoder = new MaskDecoder(config);
        obj_ptr_proj = !config.UseObjPtrsInEncoder ? nn.Identity()
            : config.UseMlpForObjPtrProj ? new Mlp(hidden, hidden, hidden, numLayers: 3)
            : nn.Linear(hidden, hidden);
        obj_ptr_tpos_proj = config.ProjTposEncInObjPtrs ? nn.Linear(hidden, memory) : nn.Identity();
        RegisterComponents();
    }

    /// <summary>The architecture.</summary>
    public Sam2Config Config { get; }

    /// <summary>The device of the weights.</summary>
    public Device Device => no_mem_embed.device;

    /// <summary>The type of the weights.</summary>
    public ScalarType Precision => no_mem_embed.dtype;

    /// <summary>Encodes images.</summary>
    /// <param name="images"><c>[B, 3, S, S]</c>, normalised, S being the model's image size.</param>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public ImageFeatures EncodeImage(Tensor images)
    {
        if (images.dim() != 4 || images.shape[1] != 3 || images.shape[2] != Config.ImageSize || images.shape[3] != Config.ImageSize)
            throw new ArgumentException($"Images have shape [{string.Join(", ", images.shape)}]; this model takes [B, 3, {Config.ImageSize}, {Config.ImageSize}].", nameof(images));
        using var scope = NewDisposeScope();
        var levels = image_encoder.call(images.to(Precision));
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
        return (Config.DirectlyAddNoMemEmbed ? embedding + no_mem_embed.view(1, -1, 1, 1) : embedding.alias()).MoveToOuterDisposeScope();
    }

    /// <summary>The image encoder alone.</summary>
    public ImageEncoder ImageEncoder => image_encoder;

    /// <summary>The prompt encoder alone.</summary>
    public PromptEncoder PromptEncoder => sam_prompt_encoder;

    /// <summary>The mask decoder alone.</summary>
    public MaskDecoder MaskDecoder => sam_mask_decoder;

    /// <summary>The memory attention alone.</summary>
    public MemoryAttention MemoryAttention => memory_attention;

    /// <summary>The memory encoder alone.</summary>
    public MemoryEncoder MemoryEncoder => memory_encoder;

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
        if (config.UseObjPtrsInEncoder && hidden % memory != 0)
            throw new ArgumentException($"memory_encoder.out_dim is {memory}; object pointers of {hidden} channels need a divisor of that.");
        if (config.ProjTposEncInObjPtrs && !config.AddTposEncToObjPtrs)
            throw new ArgumentException("proj_tpos_enc_in_obj_ptrs needs add_tpos_enc_to_obj_ptrs.");
        if (config.FixedNoObjPtr && !(config.PredObjScores && config.UseObjPtrsInEncoder))
            throw new ArgumentException("fixed_no_obj_ptr needs pred_obj_scores and use_obj_ptrs_in_encoder.");
    }
}
