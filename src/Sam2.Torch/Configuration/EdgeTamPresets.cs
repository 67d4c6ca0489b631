namespace Sam2.Torch.Configuration;

/// <summary>
/// The published architecture of EdgeTAM (Zhou et al., "EdgeTAM: On-Device Track Anything Model", arXiv 2501.07256): SAM 2.0 with a RepViT trunk, half of the memory
/// attention, and memories that a spatial perceiver has summed up.
/// </summary>
public static class EdgeTamPresets
{
    /// <summary>EdgeTAM.</summary>
    public static Sam2Config EdgeTam
    {
        get
        {
            var attention = new AttentionConfig { Dropout = 0.1 };
            return Sam2Presets.AsVersion20(new()
            {
                ImageEncoder = new()
                {
                    Trunk = new RepViTConfig(),
                    Neck = new FpnNeckConfig { BackboneChannelList = [384, 192, 96, 48], FpnTopDownLevels = [2, 3], FpnInterpModel = "nearest" },
                    Scalp = 1,
                },
                MemoryAttention = new()
                {
                    NumLayers = 2,
                    Layer = new()
                    {
                        SelfAttention = attention with { FeatSizes = [32, 32] },
                        CrossAttention = attention with { Kind = AttentionKind.RoPEAttentionV2, KSizes = [16, 16], KvInDim = 64 },
                    },
                },
                SpatialPerceiver = new()
                {
                    NumLatents = 256,
                    NumLatents2d = 256,
                    HiddenDropoutP = 0,
                    AttentionDropoutP = 0,
                    PosEncAtKeyValue = true,
                    UseSelfAttn = true,
                },
            });
        }
    }
}
