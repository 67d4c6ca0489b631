using Sam2.Torch.Modeling;

namespace Sam2.Torch.Configuration;

/// <summary>
/// The architecture of a SAM 2 model, every switch of the original's <c>SAM2Base</c> (sam2/modeling/sam2_base.py) and of
/// its parts. Property names are the original's in Pascal case, so that its YAML files map one to one; defaults are those
/// of the published SAM 2.1 models, which differ from the constructor defaults of <c>SAM2Base</c>.
/// </summary>
public sealed record Sam2Config
{
    /// <summary>Image encoder: trunk and neck.</summary>
    public ImageEncoderConfig ImageEncoder { get; init; } = new();

    /// <summary>Conditions the current frame on memories.</summary>
    public MemoryAttentionConfig MemoryAttention { get; init; } = new();

    /// <summary>Turns image features and a mask into a memory.</summary>
    public MemoryEncoderConfig MemoryEncoder { get; init; } = new();

    /// <summary>Sums memories up before they are stored, as EdgeTAM does; none when null.</summary>
    public PerceiverConfig? SpatialPerceiver { get; init; }

    /// <summary>Inference switches of the mask decoder.</summary>
    public MaskDecoderConfig SamMaskDecoderExtraArgs { get; init; } = new();

    /// <summary>Side of the square input, in pixels; a multiple of <see cref="BackboneStride"/>.</summary>
    public int ImageSize { get; init; } = 1024;

    /// <summary>Pixels per token of the image embedding.</summary>
    public int BackboneStride { get; init; } = 16;

    /// <summary>Spatial memories that a frame can attend to: the conditioning frame and the last ones. 0: no memory at all.</summary>
    public int NumMaskmem { get; init; } = 7;

    /// <summary>Scale of the mask probabilities before the memory encoder.</summary>
    public double SigmoidScaleForMemEnc { get; init; } = 20;

    /// <summary>Bias of the mask probabilities before the memory encoder.</summary>
    public double SigmoidBiasForMemEnc { get; init; } = -10;

    /// <summary>Whether, at inference, the mask of a clicked frame is binarised before the memory encoder.</summary>
    public bool BinarizeMaskFromPtsForMemEnc { get; init; }

    /// <summary>Whether a mask prompt is itself the output, without the mask decoder.</summary>
    public bool UseMaskInputAsOutputWithoutSam { get; init; } = true;

    /// <summary>Conditioning frames that a frame can attend to, the closest in time; −1 for all.</summary>
    public int MaxCondFramesInAttn { get; init; } = -1;

    /// <summary>Whether a frame without memories adds the no-memory embedding instead of attending to it.</summary>
    public bool DirectlyAddNoMemEmbed { get; init; } = true;

    /// <summary>Whether the mask decoder uses the stride-4 and stride-8 features.</summary>
    public bool UseHighResFeaturesInSam { get; init; } = true;

    /// <summary>Whether three masks are predicted for ambiguous prompts.</summary>
    public bool MultimaskOutputInSam { get; init; } = true;

    /// <summary>Fewest points of a prompt for which three masks are predicted.</summary>
    public int MultimaskMinPtNum { get; init; }

    /// <summary>Most points of a prompt for which three masks are predicted; a box counts as two.</summary>
    public int MultimaskMaxPtNum { get; init; } = 1;

    /// <summary>Whether three masks are predicted while tracking too.</summary>
    public bool MultimaskOutputForTracking { get; init; } = true;

    /// <summary>Whether the object pointer comes from the token of the mask that was chosen among three.</summary>
    public bool UseMultimaskTokenForObjPtr { get; init; } = true;

    /// <summary>Whether predicted IoUs pass a sigmoid.</summary>
    public bool IouPredictionUseSigmoid { get; init; } = true;

    /// <summary>At inference, take every r-th frame into the memory bank (and the last).</summary>
    public int MemoryTemporalStrideForEval { get; init; } = 1;

    /// <summary>
    /// Whether, at inference, the masks of several objects are made disjoint before the memory encoder, where they are encoded
    /// together. Video sessions encode each object's memory on its own, as the original's video predictor does, where this has no effect.
    /// </summary>
    public bool NonOverlapMasksForMemEnc { get; init; }

    /// <summary>Whether frames attend to object pointers.</summary>
    public bool UseObjPtrsInEncoder { get; init; } = true;

    /// <summary>Object pointers that a frame can attend to.</summary>
    public int MaxObjPtrsInEncoder { get; init; } = 16;

    /// <summary>Whether object pointers get a temporal position encoding.</summary>
    public bool AddTposEncToObjPtrs { get; init; } = true;

    /// <summary>Whether that encoding passes a linear layer.</summary>
    public bool ProjTposEncInObjPtrs { get; init; } = true;

    /// <summary>Whether it encodes the signed distance in time instead of the absolute one.</summary>
    public bool UseSignedTposEncToObjPtrs { get; init; } = true;

    /// <summary>Whether, at inference, only pointers of the past (in tracking order) are attended to.</summary>
    public bool OnlyObjPtrsInThePastForEval { get; init; } = true;

    /// <summary>Whether the decoder predicts if the object is visible (occlusion head).</summary>
    public bool PredObjScores { get; init; } = true;

    /// <summary>Whether the occlusion head is an MLP instead of a linear layer.</summary>
    public bool PredObjScoresMlp { get; init; } = true;

    /// <summary>Whether an occluded object's pointer is the learned one alone, instead of added to it.</summary>
    public bool FixedNoObjPtr { get; init; } = true;

    /// <summary>Whether the occlusion score mixes the pointers softly.</summary>
    public bool SoftNoObjPtr { get; init; }

    /// <summary>Whether the object pointer's projection is an MLP.</summary>
    public bool UseMlpForObjPtrProj { get; init; } = true;

    /// <summary>Whether an occluded object's memory gets a learned embedding (SAM 2.1).</summary>
    public bool NoObjEmbedSpatial { get; init; } = true;

    /// <summary>
    /// Whether memories pass a recurrent unit (<see cref="MemoryGru"/>) before they are stored, as in the paper's ablations. Not
    /// in the original's code.
    /// </summary>
    public bool RecurrentMemory { get; init; }

    /// <summary>Channels of the image embedding, of prompts and of tokens.</summary>
    public int HiddenDim => ImageEncoder.Neck.DModel;

    /// <summary>Channels of a memory.</summary>
    public int MemDim => MemoryEncoder.OutDim;

    /// <summary>Side of the image embedding, in tokens.</summary>
    public int ImageEmbeddingSize => ImageSize / BackboneStride;

    /// <summary>Tokens of a frame's memory.</summary>
    public long TokensPerMemory => SpatialPerceiver?.Tokens ?? (long)ImageEmbeddingSize * ImageEmbeddingSize;
}

/// <summary>
/// Switches of the mask decoder at inference (<c>sam_mask_decoder_extra_args</c>). The defaults are those that the
/// original's builder sets for its predictors; they have no effect in training mode.
/// </summary>
public sealed record MaskDecoderConfig
{
    /// <summary>Whether an unstable single mask is replaced by the best of the three multimask outputs.</summary>
    public bool DynamicMultimaskViaStability { get; init; } = true;

    /// <summary>Offset, in logits, of the two thresholds whose IoU is the stability.</summary>
    public double DynamicMultimaskStabilityDelta { get; init; } = 0.05;

    /// <summary>Stability, in [0, 1], below which a mask counts as unstable.</summary>
    public double DynamicMultimaskStabilityThresh { get; init; } = 0.98;
}
