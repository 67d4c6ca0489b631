using Sam2.Torch.Modeling;

namespace Sam2.Torch.Configuration;

/// <summary>Memory attention (sam2/modeling/memory_attention.py, <c>MemoryAttention</c>).</summary>
public sealed record MemoryAttentionConfig
{
    /// <summary>Channels of the image features.</summary>
    public int DModel { get; init; } = 256;

    /// <summary>Whether a tenth of the position encoding is added to the input.</summary>
    public bool PosEncAtInput { get; init; } = true;

    /// <summary>The layer, repeated <see cref="NumLayers"/> times.</summary>
    public MemoryAttentionLayerConfig Layer { get; init; } = new();

    /// <summary>Number of layers.</summary>
    public int NumLayers { get; init; } = 4;
}
