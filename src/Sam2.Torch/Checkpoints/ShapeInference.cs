using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>What the keys and shapes of a state dict tell about the architecture.</summary>
internal static class ShapeInference
{
    private const string Attention = "memory_attention.", Memory = "memory_encoder.";

    /// <summary>Replaces every setting of <paramref name="start"/> that the shapes determine; the others stay.</summary>
    /// <exception cref="CheckpointException">These are not the weights of a SAM 2 model.</exception>
    public static Sam2Config Apply(Checkpoint checkpoint, Sam2Config start)
    {
        var shapes = new StateDictShapes(checkpoint);
        start = start with
        {
            ImageEncoder = ModelFamily.Of(shapes).ImageEncoder(shapes, start.ImageEncoder),
            PredObjScores = shapes.Has("sam_mask_decoder.obj_score_token.weight"),
            PredObjScoresMlp = shapes.Has("sam_mask_decoder.obj_score_token.weight") ? shapes.Has("sam_mask_decoder.pred_obj_score_head.layers.0.weight") : start.PredObjScoresMlp,
            UseHighResFeaturesInSam = shapes.Has("sam_mask_decoder.conv_s0.weight"),
        };
        if (!checkpoint.IsImageOnly) start = start with { SpatialPerceiver = EdgeTamFamily.Perceiver(shapes, start.SpatialPerceiver) };
        // Of the memory, the part for images says nothing.
        return checkpoint.IsImageOnly ? start : start with
        {
            MemoryAttention = MemoryAttention(shapes, start.MemoryAttention, start.SpatialPerceiver),
            MemoryEncoder = MemoryEncoder(shapes, start.MemoryEncoder),
            NumMaskmem = shapes.Has("maskmem_tpos_enc") && checkpoint.StateDict["maskmem_tpos_enc"].Shape is [0, ..] ? 0 : shapes["maskmem_tpos_enc", 0],
            RecurrentMemory = shapes.Has("memory_gru.gates.weight"),
            UseObjPtrsInEncoder = shapes.Has("mask_downsample.weight"),
            NoObjEmbedSpatial = shapes.Has("no_obj_embed_spatial"),
            ProjTposEncInObjPtrs = shapes.Has("obj_ptr_tpos_proj.weight"),
            AddTposEncToObjPtrs = start.AddTposEncToObjPtrs || shapes.Has("obj_ptr_tpos_proj.weight"),
            UseMlpForObjPtrProj = shapes.Has("mask_downsample.weight") ? shapes.Has("obj_ptr_proj.layers.0.weight") : start.UseMlpForObjPtrProj,
        };
    }

    private static MemoryAttentionConfig MemoryAttention(StateDictShapes shapes, MemoryAttentionConfig start, PerceiverConfig? perceiver)
    {
        var dModel = shapes[Attention + "norm.weight", 0];
        var cross = AttentionLayer(shapes, Attention + "layers.0.cross_attn_image.", start.Layer.CrossAttention);
        // The grid of a memory's keys is that of the perceiver's latents.
        if (cross.Kind == AttentionKind.RoPEAttentionV2 && perceiver is { Side: > 0 and var side }) cross = cross with { KSizes = [side, side] };
        return start with
        {
            DModel = dModel,
            NumLayers = shapes.CountLayers(Attention + "layers.", ".norm1.weight"),
            Layer = start.Layer with
            {
                DModel = dModel,
                DimFeedforward = shapes[Attention + "layers.0.linear1.weight", 0],
                SelfAttention = AttentionLayer(shapes, Attention + "layers.0.self_attn.", start.Layer.SelfAttention),
                CrossAttention = cross,
            },
        };
    }

    private static AttentionConfig AttentionLayer(StateDictShapes shapes, string prefix, AttentionConfig start)
    {
        var (embedding, inner, keys) = (shapes[prefix + "q_proj.weight", 1], shapes[prefix + "q_proj.weight", 0], shapes[prefix + "k_proj.weight", 1]);
        return start with
        {
            EmbeddingDim = embedding,
            DownsampleRate = Math.Max(1, embedding / Math.Max(1, inner)),
            KvInDim = keys == embedding && start.KvInDim is null ? null : keys,
        };
    }

    private static MemoryEncoderConfig MemoryEncoder(StateDictShapes shapes, MemoryEncoderConfig start)
    {
        var inDim = shapes[Memory + "pix_feat_proj.weight", 1];
        // Where input and output are equally wide there is no output projection.
        var outDim = shapes.Has(Memory + "out_proj.weight") ? shapes[Memory + "out_proj.weight", 0] : inDim;
        return start with
        {
            InDim = inDim,
            OutDim = outDim,
            PositionEncoding = start.PositionEncoding with { NumPosFeats = outDim },
            MaskDownsampler = MaskDownSampler(shapes, start.MaskDownsampler),
            Fuser = Fuser(shapes, start.Fuser),
        };
    }

    private static MaskDownSamplerConfig MaskDownSampler(StateDictShapes shapes, MaskDownSamplerConfig start)
    {
        const string Encoder = Memory + "mask_downsampler.encoder.";
        // Convolution, normalisation, activation per level; the last convolution is 1×1 and changes the width only.
        var levels = 0;
        while (levels < 16 && shapes.Has($"{Encoder}{3 * levels + 1}.weight"))
            levels++;
        // Every level multiplies the channels by the square of its stride.
        var stride = (int)Math.Round(Math.Sqrt(shapes[Encoder + "0.weight", 0]));
        return start with
        {
            EmbedDim = shapes[$"{Encoder}{3 * levels}.weight", 0],
            KernelSize = shapes[Encoder + "0.weight", 2],
            Stride = stride,
            TotalStride = (int)Math.Min(1 << 20, Math.Pow(stride, levels)),
        };
    }

    private static FuserConfig Fuser(StateDictShapes shapes, FuserConfig start)
    {
        const string Layers = Memory + "fuser.layers.";
        var projected = shapes.Has(Memory + "fuser.proj.weight");
        var dim = shapes[Layers + "0.dwconv.weight", 0];
        // Some programs call gamma weight. That is the loader's to say, which knows the remedy.
        var scaled = shapes.Has(Layers + "0.gamma") || shapes.Has(Layers + "0.weight");
        return start with
        {
            NumLayers = shapes.CountLayers(Layers, ".dwconv.weight"),
            InputProjection = projected,
            Dim = projected ? shapes[Memory + "fuser.proj.weight", 0] : start.Dim,
            Layer = start.Layer with
            {
                Dim = dim,
                KernelSize = shapes[Layers + "0.dwconv.weight", 2],
                UseDwconv = dim == 1 ? start.Layer.UseDwconv : shapes[Layers + "0.dwconv.weight", 1] == 1,
                LayerScaleInitValue = !scaled ? 0 : start.Layer.LayerScaleInitValue > 0 ? start.Layer.LayerScaleInitValue : 1e-6,
            },
        };
    }
}

/// <summary>The keys and shapes of a checkpoint, read as those of a SAM 2 model.</summary>
internal readonly struct StateDictShapes(Checkpoint checkpoint)
{
    private const int MaxSize = 1 << 20;
    private const int MaxLayers = 1024;

    public bool Has(string key) => checkpoint.StateDict.ContainsKey(key);

    /// <summary>A size of a tensor that every SAM 2 model has.</summary>
    public int this[string key, int dimension]
    {
        get
        {
            if (!checkpoint.StateDict.TryGetValue(key, out var entry))
                throw new CheckpointException(checkpoint.Path, $"is not a SAM 2 model: among its {checkpoint.StateDict.Count} tensors there is no '{key}'",
                    Advice(key));
            if (dimension >= entry.Shape.Count || entry.Shape[dimension] is < 1 or > MaxSize)
                throw new CheckpointException(checkpoint.Path, $"is not a SAM 2 model: '{key}' has shape [{string.Join(", ", entry.Shape)}]", "Give a checkpoint of SAM 2 or 2.1");
            return (int)entry.Shape[dimension];
        }
    }

    public int CountLayers(string prefix, string suffix)
    {
        var count = 0;
        while (count < MaxLayers && Has($"{prefix}{count}{suffix}"))
            count++;
        return count > 0 ? count : this[$"{prefix}0{suffix}", 0];
    }

    private string Advice(string key)
    {
        var keys = checkpoint.StateDict.Keys;
        if (keys.FirstOrDefault(name => name.EndsWith("." + key, StringComparison.Ordinal)) is { } wrapped)
            return $"Its keys begin with '{wrapped[..^key.Length]}': save the inner module's state_dict()";
        return keys.Any(name => name.Contains(".lora_A.", StringComparison.Ordinal))
            ? "These are adapters of PEFT: give the model that they were trained on, and these as its adapters"
            : "Give a checkpoint of SAM 2 or 2.1";
    }
}
