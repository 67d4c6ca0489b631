using Sam2.Torch.Configuration;

namespace TestSupport;

/// <summary>The small architecture with the parts of SAM 2's relatives: each kind of module, in seconds.</summary>
public static class SmallRelatives
{
    /// <summary>EfficientTAM's trunk and neck, and the cross-attention of one of its variants.</summary>
    public static Sam2Config EfficientTam(AttentionKind kind = AttentionKind.RoPEAttention) => EfficientTamPresets.With(
        Sam2Presets.Nano with
        {
            ImageEncoder = new()
            {
                Trunk = new ViTConfig { EmbedDim = 48, Depth = 3, NumHeads = 3, WindowSize = 3, WindowBlockIndexes = [0, 1] },
                Neck = new ViTDetNeckConfig { DModel = 64, BackboneChannelList = [48], NeckNorm = "LN", PositionEncoding = new() { NumPosFeats = 64 } },
            },
            UseHighResFeaturesInSam = false,
        }, kind);

    /// <summary>EdgeTAM's trunk as it is, and a perceiver of 8 global latents and 16 in windows of 2×2 tokens.</summary>
    public static Sam2Config EdgeTam()
    {
        var nano = Sam2Presets.Nano;
        var layer = nano.MemoryAttention.Layer;
        return nano with
        {
            ImageEncoder = nano.ImageEncoder with { Trunk = new RepViTConfig(), Neck = (FpnNeckConfig)nano.ImageEncoder.Neck with { BackboneChannelList = [384, 192, 96, 48] } },
            MemoryAttention = nano.MemoryAttention with
            {
                Layer = layer with { CrossAttention = layer.CrossAttention with { Kind = AttentionKind.RoPEAttentionV2, KSizes = [4, 4], RopeKRepeat = false } },
            },
            SpatialPerceiver = new()
            {
                Dim = 16, DimHead = 16, NumLatents = 8, NumLatents2d = 16, HiddenDropoutP = 0, AttentionDropoutP = 0,
                PosEncAtKeyValue = true, UseSelfAttn = true, PositionEncoding = new() { NumPosFeats = 16 },
            },
        };
    }
}
