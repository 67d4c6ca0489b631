using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Configuration;

/// <summary>Trunk and neck (sam2/modeling/backbones/image_encoder.py, <c>ImageEncoder</c>).</summary>
public sealed record ImageEncoderConfig
{
    /// <summary>The trunk; SAM 2's is a <see cref="HieraConfig"/>.</summary>
    public TrunkConfig Trunk { get; init; } = new HieraConfig();

    /// <summary>The neck; SAM 2's is a <see cref="FpnNeckConfig"/>.</summary>
    public NeckConfig Neck { get; init; } = new FpnNeckConfig();

    /// <summary>Number of coarsest levels that are dropped from the output.</summary>
    public int Scalp { get; init; }
}

/// <summary>The Hiera trunk (sam2/modeling/backbones/hieradet.py). Defaults are the original's.</summary>
public sealed record HieraConfig : TrunkConfig
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

    /// <inheritdoc/>
    public override IReadOnlyList<int> StageChannels
    {
        get
        {
            var widths = new List<int> { EmbedDim };
            while (widths.Count < Stages.Count) widths.Insert(0, (int)(widths[0] * DimMul));
            return ReturnIntermLayers ? widths : widths[..1];
        }
    }

    /// <inheritdoc/>
    public override string Summary => $"Hiera: width {EmbedDim}, stages {string.Join("-", Stages)}";

    /// <inheritdoc/>
    public override IReadOnlyList<(string Setting, double Value)> Randomness => [("drop_path_rate", DropPathRate)];

    /// <inheritdoc/>
    public override TrunkConfig WithoutRandomness() => this with { DropPathRate = 0 };

    /// <inheritdoc/>
    public override nn.Module<Tensor, IReadOnlyList<Tensor>> Build() => new Hiera(this);

    /// <inheritdoc/>
    internal override IEnumerable<SettingCheck> Checks(int maxGrid)
    {
        var blocks = Stages.Sum(stage => (long)stage);
        return
        [
            new(WindowSpec.Count == Stages.Count && WindowSpec.All(size => size >= 1 && size <= maxGrid), "window_spec", WindowSpec, $"{Stages.Count} sizes, one per stage"),
            new(GlobalAttBlocks.All(block => block >= 0 && block < blocks), "global_att_blocks", GlobalAttBlocks, $"indices below {blocks}"),
            new(NumHeads >= 1 && HeadsDivide(), "num_heads", NumHeads, "a divisor of every stage's width"),
            new(QStride.Count == 2 && QStride.All(stride => stride is >= 1 and <= 16), "q_stride", QStride, "two strides"),
            new(QPool >= 0 && QPool < Math.Max(1, Stages.Count), "q_pool", QPool, $"below {Stages.Count}"),
        ];
    }

    private bool HeadsDivide()
    {
        double width = EmbedDim, heads = NumHeads;
        for (var stage = 0; stage < Stages.Count; stage++)
        {
            if (heads is < 1 or > 4096 || (int)width % (int)heads != 0)
                return false;
            width = (int)(width * DimMul);
            heads = (int)(heads * HeadMul);
        }
        return true;
    }
}

/// <summary>The feature pyramid neck (sam2/modeling/backbones/image_encoder.py, <c>FpnNeck</c>).</summary>
public sealed record FpnNeckConfig : NeckConfig
{
    /// <inheritdoc/>
    public override PositionEncodingConfig PositionEncoding { get; init; } = new();

    /// <inheritdoc/>
    public override int DModel { get; init; } = 256;

    /// <inheritdoc/>
    public override IntList BackboneChannelList { get; init; } = [768, 384, 192, 96];

    /// <summary>Kernel of the lateral convolutions.</summary>
    public int KernelSize { get; init; } = 1;

    /// <summary>Stride of the lateral convolutions.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>Padding of the lateral convolutions.</summary>
    public int Padding { get; init; }

    /// <summary>Interpolation of the top-down features: <c>nearest</c> or <c>bilinear</c>.</summary>
    public string FpnInterpModel { get; init; } = "bilinear";

    /// <summary>How lateral and top-down features join: <c>sum</c> or <c>avg</c>.</summary>
    public string FuseType { get; init; } = "sum";

    /// <summary>Levels (0 is the finest) that take top-down features; null for all.</summary>
    public IntList? FpnTopDownLevels { get; init; }

    /// <inheritdoc/>
    public override nn.Module<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> Build() => new FpnNeck(this);

    /// <inheritdoc/>
    internal override IEnumerable<SettingCheck> Checks() =>
    [
        new(FpnInterpModel is "nearest" or "bilinear", "fpn_interp_model", FpnInterpModel, "nearest or bilinear"),
        new(FuseType is "sum" or "avg", "fuse_type", FuseType, "sum or avg"),
    ];
}

/// <summary>Sine position encoding (sam2/modeling/position_encoding.py, <c>PositionEmbeddingSine</c>).</summary>
public sealed record PositionEncodingConfig
{
    /// <summary>Channels of the encoding; half of them for y, half for x.</summary>
    public int NumPosFeats { get; init; } = 256;

    /// <summary>Whether positions are divided by the grid's size before they are scaled.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>Scale of normalised positions; 2π when null.</summary>
    public double? Scale { get; init; }

    /// <summary>Base of the geometric progression of wavelengths.</summary>
    public double Temperature { get; init; } = 10000;
}
