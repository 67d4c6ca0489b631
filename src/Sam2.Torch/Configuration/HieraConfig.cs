using Sam2.Torch.Modeling;

namespace Sam2.Torch.Configuration;

/// <summary>The Hiera trunk (sam2/modeling/backbones/hieradet.py). Defaults are the original's.</summary>
public sealed record HieraConfig
{
    /// <summary>Channels of the first stage.</summary>
    public int EmbedDim { get; init; } = 96;

    /// <summary>Attention heads of the first stage.</summary>
    public int NumHeads { get; init; } = 1;

    /// <summary>Stochastic depth of the last block, in [0, 1); blocks before it scale down linearly. Training only.</summary>
    public double DropPathRate { get; init; }

    /// <summary>Number of stage changes that pool the queries.</summary>
    public int QPool { get; init; } = 3;

    /// <summary>Pooling stride [height, width] at those stage changes.</summary>
    public IntList QStride { get; init; } = [2, 2];

    /// <summary>Blocks per stage.</summary>
    public IntList Stages { get; init; } = [2, 3, 16, 3];

    /// <summary>Factor of the channels at a stage change.</summary>
    public double DimMul { get; init; } = 2;

    /// <summary>Factor of the heads at a stage change.</summary>
    public double HeadMul { get; init; } = 2;

    /// <summary>Grid [height, width] of the learned global position embedding.</summary>
    public IntList WindowPosEmbedBkgSpatialSize { get; init; } = [14, 14];

    /// <summary>Attention window, in tokens, per stage.</summary>
    public IntList WindowSpec { get; init; } = [8, 4, 14, 7];

    /// <summary>Indices of the blocks that attend globally instead of in windows.</summary>
    public IntList GlobalAttBlocks { get; init; } = [12, 16, 20];

    /// <summary>Whether the trunk returns the features of every stage, or of the last only.</summary>
    public bool ReturnIntermLayers { get; init; } = true;
}
