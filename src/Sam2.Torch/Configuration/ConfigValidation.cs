namespace Sam2.Torch.Configuration;

/// <summary>Bounds on the settings that no shape confirms, so that a file can't make the model allocate or index without limit.</summary>
public static class ConfigValidation
{
    private const int MaxImageSize = 8192;
    private const int MaxGrid = MaxImageSize / 16;

    /// <exception cref="ConfigurationException">A setting is impossible; the error names it.</exception>
    public static void Require(string file, Sam2Config config)
    {
        var trunk = config.ImageEncoder.Trunk;
        var layer = config.MemoryAttention.Layer;
        Check(config.BackboneStride == 16, "backbone_stride", config.BackboneStride, "16");
        Check(config.ImageSize is >= 32 and <= MaxImageSize && config.ImageSize % 32 == 0, "image_size", config.ImageSize, $"a multiple of 32 up to {MaxImageSize}");
        var blocks = trunk.Stages.Sum(stage => (long)stage);
        Check(trunk.WindowSpec.Count == trunk.Stages.Count && trunk.WindowSpec.All(size => size is >= 1 and <= MaxGrid), "image_encoder.trunk.window_spec", trunk.WindowSpec, $"{trunk.Stages.Count} sizes, one per stage");
        Check(trunk.GlobalAttBlocks.All(block => block >= 0 && block < blocks), "image_encoder.trunk.global_att_blocks", trunk.GlobalAttBlocks, $"indices below {blocks}");
        Check(trunk.NumHeads >= 1 && HeadsDivide(trunk), "image_encoder.trunk.num_heads", trunk.NumHeads, "a divisor of every stage's width");
        Check(trunk.QStride.Count == 2 && trunk.QStride.All(stride => stride is >= 1 and <= 16), "image_encoder.trunk.q_stride", trunk.QStride, "two strides");
        Check(trunk.QPool >= 0 && trunk.QPool < Math.Max(1, trunk.Stages.Count), "image_encoder.trunk.q_pool", trunk.QPool, $"below {trunk.Stages.Count}");
        Check(config.ImageEncoder.Scalp >= 0 && config.ImageEncoder.Scalp < trunk.Stages.Count, "image_encoder.scalp", config.ImageEncoder.Scalp, $"below {trunk.Stages.Count}");
        CheckAttention("memory_attention.layer.self_attention", layer.SelfAttention);
        CheckAttention("memory_attention.layer.cross_attention", layer.CrossAttention);
        Check(config.MaxObjPtrsInEncoder is >= 0 and <= 4096, "max_obj_ptrs_in_encoder", config.MaxObjPtrsInEncoder, "0 to 4096");
        Check(config.MaxCondFramesInAttn is -1 or >= 2, "max_cond_frames_in_attn", config.MaxCondFramesInAttn, "-1 for all, or at least 2");
        Check(config.MemoryTemporalStrideForEval is >= 1 and <= 1000, "memory_temporal_stride_for_eval", config.MemoryTemporalStrideForEval, "1 to 1000");
        Check(config.MemoryEncoder.MaskDownsampler.Padding is >= 0 and <= 64, "memory_encoder.mask_downsampler.padding", config.MemoryEncoder.MaskDownsampler.Padding, "0 to 64");
        Check(config.MemoryEncoder.Fuser.Layer.Padding is >= 0 and <= 64, "memory_encoder.fuser.layer.padding", config.MemoryEncoder.Fuser.Layer.Padding, "0 to 64");
        Check(layer.Activation is "relu" or "gelu" or "glu", "memory_attention.layer.activation", layer.Activation, "relu, gelu or glu");
        Check(config.ImageEncoder.Neck.FpnInterpModel is "nearest" or "bilinear", "image_encoder.neck.fpn_interp_model", config.ImageEncoder.Neck.FpnInterpModel, "nearest or bilinear");
        Check(config.ImageEncoder.Neck.FuseType is "sum" or "avg", "image_encoder.neck.fuse_type", config.ImageEncoder.Neck.FuseType, "sum or avg");

        void CheckAttention(string path, AttentionConfig attention)
        {
            var inner = attention.EmbeddingDim / Math.Max(1, attention.DownsampleRate);
            Check(attention.NumHeads >= 1 && inner % attention.NumHeads == 0, path + ".num_heads", attention.NumHeads, $"a divisor of {inner}");
            Check(attention.FeatSizes.Count == 2 && attention.FeatSizes.All(size => size is >= 1 and <= MaxGrid), path + ".feat_sizes", attention.FeatSizes, "width and height of the grid");
        }

        void Check(bool valid, string setting, object value, string expected)
        {
            if (!valid)
                throw new ConfigurationException(file, $"has {setting} {value} where {expected} is expected", "Correct the setting, or give another configuration");
        }
    }

    private static bool HeadsDivide(HieraConfig trunk)
    {
        double width = trunk.EmbedDim, heads = trunk.NumHeads;
        for (var stage = 0; stage < trunk.Stages.Count; stage++)
        {
            if (heads is < 1 or > 4096 || (int)width % (int)heads != 0)
                return false;
            width = (int)(width * trunk.DimMul);
            heads = (int)(heads * trunk.HeadMul);
        }
        return true;
    }
}
