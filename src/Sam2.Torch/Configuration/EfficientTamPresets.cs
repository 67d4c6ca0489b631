namespace Sam2.Torch.Configuration;

/// <summary>
/// The published architectures of EfficientTAM (Xiong et al., "Efficient Track Anything", arXiv 2411.18933): SAM 2.0 with a plain vision
/// transformer as its trunk, whose only level is what the mask decoder sees.
/// </summary>
public static class EfficientTamPresets
{
    /// <summary>EfficientTAM-S, 34 million parameters.</summary>
    public static Sam2Config Small => Create(embedDim: 384, numHeads: 6);

    /// <summary>EfficientTAM-Ti, 18 million parameters.</summary>
    public static Sam2Config Tiny => Create(embedDim: 192, numHeads: 3);

    /// <summary>The variant with another cross-attention to memories: <c>_1</c> and <c>_2</c> of the published names.</summary>
    /// <param name="config">An architecture.</param>
    /// <param name="crossAttention">The kind of attention.</param>
    public static Sam2Config With(Sam2Config config, AttentionKind crossAttention)
    {
        var layer = config.MemoryAttention.Layer;
        return config with { MemoryAttention = config.MemoryAttention with { Layer = layer with { CrossAttention = layer.CrossAttention with { Kind = crossAttention } } } };
    }

    /// <summary>The variant for images of 512×512 pixels.</summary>
    /// <param name="config">An architecture.</param>
    public static Sam2Config For512(Sam2Config config) => DependentSettings.Follow(config with { ImageSize = 512 });

    private static Sam2Config Create(int embedDim, int numHeads) => Sam2Presets.AsVersion20(new()
    {
        ImageEncoder = new()
        {
            Trunk = new ViTConfig { EmbedDim = embedDim, NumHeads = numHeads },
            Neck = new ViTDetNeckConfig { BackboneChannelList = [embedDim], NeckNorm = "LN" },
        },
        UseHighResFeaturesInSam = false,
    });
}
