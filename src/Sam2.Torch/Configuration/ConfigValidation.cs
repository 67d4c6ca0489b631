namespace Sam2.Torch.Configuration;

/// <summary>Bounds on the settings that no shape confirms, so that a file can't make the model allocate or index without limit.</summary>
public static class ConfigValidation
{
    private const int MaxImageSize = 8192;
    private const int MaxGrid = MaxImageSize / 16;

    /// <exception cref="ConfigurationException">A setting is impossible; the error names it.</exception>
    public static void Require(string file, Sam2Config config)
    {
        var layer = config.MemoryAttention.Layer;
        Check(config.BackboneStride == 16, "backbone_stride", config.BackboneStride, "16");
        Check(config.ImageSize is >= 32 and <= MaxImageSize && config.ImageSize % 32 == 0, "image_size", config.ImageSize, $"a multiple of 32 up to {MaxImageSize}");
        foreach (var check in config.ImageEncoder.Trunk.Checks(MaxGrid)) Check(check.Valid, "image_encoder.trunk." + check.Setting, check.Value, check.Expected);
        foreach (var check in config.ImageEncoder.Neck.Checks()) Check(check.Valid, "image_encoder.neck." + check.Setting, check.Value, check.Expected);
        var levels = config.ImageEncoder.Trunk.StageChannels.Count;
        Check(config.ImageEncoder.Scalp >= 0 && config.ImageEncoder.Scalp < levels, "image_encoder.scalp", config.ImageEncoder.Scalp, $"below {levels}");
        if (config.SpatialPerceiver is { } perceiver)
        {
            Check(perceiver.Depth is >= 1 and <= 64, "spatial_perceiver.depth", perceiver.Depth, "1 to 64");
            Check(perceiver.NumLatents <= MaxGrid * MaxGrid, "spatial_perceiver.num_latents", perceiver.NumLatents, $"at most {MaxGrid * MaxGrid}");
            Check(perceiver.NumLatents2d <= MaxGrid * MaxGrid, "spatial_perceiver.num_latents_2d", perceiver.NumLatents2d, $"at most {MaxGrid * MaxGrid}");
            Check(perceiver.Heads is >= 1 and <= 4096 && perceiver.DimHead is >= 1 and <= 1 << 16, "spatial_perceiver.heads", $"{perceiver.Heads} of dim_head {perceiver.DimHead}", "1 or more");
            Check(perceiver.FfMult is > 0 and <= 64, "spatial_perceiver.ff_mult", perceiver.FfMult, "above 0, up to 64");
            Check(perceiver.HiddenDropoutP is >= 0 and < 1 && perceiver.AttentionDropoutP is >= 0 and < 1, "spatial_perceiver.hidden_dropout_p and attention_dropout_p",
                $"{perceiver.HiddenDropoutP} and {perceiver.AttentionDropoutP}", "0 to below 1");
        }
        CheckAttention("memory_attention.layer.self_attention", layer.SelfAttention);
        CheckAttention("memory_attention.layer.cross_attention", layer.CrossAttention);
        Check(config.MaxObjPtrsInEncoder is >= 0 and <= 4096, "max_obj_ptrs_in_encoder", config.MaxObjPtrsInEncoder, "0 to 4096");
        Check(config.MaxCondFramesInAttn is -1 or >= 2, "max_cond_frames_in_attn", config.MaxCondFramesInAttn, "-1 for all, or at least 2");
        Check(config.MemoryTemporalStrideForEval is >= 1 and <= 1000, "memory_temporal_stride_for_eval", config.MemoryTemporalStrideForEval, "1 to 1000");
        Check(config.MemoryEncoder.MaskDownsampler.Padding is >= 0 and <= 64, "memory_encoder.mask_downsampler.padding", config.MemoryEncoder.MaskDownsampler.Padding, "0 to 64");
        Check(config.MemoryEncoder.Fuser.Layer.Padding is >= 0 and <= 64, "memory_encoder.fuser.layer.padding", config.MemoryEncoder.Fuser.Layer.Padding, "0 to 64");
        Check(layer.Dropout is >= 0 and < 1, "memory_attention.layer.dropout", layer.Dropout, "0 to below 1");
        Check(layer.Activation is "relu" or "gelu" or "glu", "memory_attention.layer.activation", layer.Activation, "relu, gelu or glu");

        void CheckAttention(string path, AttentionConfig attention)
        {
            var inner = attention.EmbeddingDim / Math.Max(1, attention.DownsampleRate);
            Check(attention.NumHeads >= 1 && inner % attention.NumHeads == 0, path + ".num_heads", attention.NumHeads, $"a divisor of {inner}");
            Check(attention.Dropout is >= 0 and < 1, path + ".dropout", attention.Dropout, "0 to below 1");
            Check(attention.KSizes is null || attention.KSizes.Count == 2 && attention.KSizes.All(size => size is >= 1 and <= MaxGrid), path + ".k_sizes", attention.KSizes ?? [], "width and height of the grid");
            Check(attention.FeatSizes.Count == 2 && attention.FeatSizes.All(size => size is >= 1 and <= MaxGrid), path + ".feat_sizes", attention.FeatSizes, "width and height of the grid");
        }

        void Check(bool valid, string setting, object value, string expected)
        {
            if (!valid)
                throw new ConfigurationException(file, $"has {setting} {value} where {expected} is expected", "Correct the setting, or give another configuration");
        }
    }
}

/// <summary>
/// Settings that follow from others, so that an architecture can be varied by one setting: the channels of memories, object
/// pointers, the occlusion head, the image size.
/// </summary>
public static class DependentSettings
{
    /// <summary>Brings the dependent settings in line with <c>memory_encoder.out_dim</c>, <c>use_obj_ptrs_in_encoder</c>,
    /// <c>pred_obj_scores</c> and <c>image_size</c>; a configuration whose parts fit stays as it is, but for switches that have no effect.</summary>
    public static Sam2Config Follow(Sam2Config config)
    {
        var layer = config.MemoryAttention.Layer;
        IntList grid = [config.ImageEmbeddingSize, config.ImageEmbeddingSize];
        config = config with
        {
            MemoryEncoder = config.MemoryEncoder with
            {
                PositionEncoding = config.MemoryEncoder.PositionEncoding with { NumPosFeats = config.MemDim },
            },
            SpatialPerceiver = config.SpatialPerceiver is not { } perceiver ? null : perceiver with
            {
                Dim = config.MemDim,
                PositionEncoding = perceiver.PositionEncoding with { NumPosFeats = config.MemDim },
            },
            MemoryAttention = config.MemoryAttention with
            {
                Layer = layer with
                {
                    SelfAttention = layer.SelfAttention with { FeatSizes = grid },
                    CrossAttention = layer.CrossAttention with { FeatSizes = grid, KvInDim = config.MemDim },
                },
            },
        };
        if (!config.UseObjPtrsInEncoder)
        {
            config = config with
            {
                FixedNoObjPtr = false,
                AddTposEncToObjPtrs = false,
                ProjTposEncInObjPtrs = false,
                UseSignedTposEncToObjPtrs = false,
                UseMlpForObjPtrProj = false,
            };
        }

        return config.PredObjScores ? config : config with
        {
            PredObjScoresMlp = false,
            FixedNoObjPtr = false,
            SoftNoObjPtr = false,
            NoObjEmbedSpatial = false,
        };
    }
}

/// <summary>A setting of a model, a recipe or a sweep is unknown or wrong. Names the file, the setting and what to do about it.</summary>
public sealed class ConfigurationException : RemedyException
{
    /// <summary>Describes a wrong setting.</summary>
    /// <param name="file">The file, as the caller named it, or the part of a recipe that is wrong.</param>
    /// <param name="cause">What is wrong with it, a sentence without a full stop.</param>
    /// <param name="remedy">What the user can do, a sentence without a full stop, or a question; empty if there is nothing to add.</param>
    /// <param name="inner">The exception that revealed it, if any.</param>
    public ConfigurationException(string file, string cause, string remedy = "", Exception? inner = null)
        : base(file, cause, remedy, inner)
    {
    }
}
