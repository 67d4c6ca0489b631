namespace Sam2.Torch.Configuration;

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
