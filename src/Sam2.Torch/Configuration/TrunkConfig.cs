using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Configuration;

/// <summary>
/// The trunk of an image encoder: <see cref="HieraConfig"/>, <see cref="ViTConfig"/> of EfficientTAM, or <see cref="RepViTConfig"/> of EdgeTAM. In
/// YAML files its <c>_target_</c> says which.
/// </summary>
public abstract record TrunkConfig
{
    /// <summary>Channels of the features that the trunk returns, the coarsest first.</summary>
    public abstract IReadOnlyList<int> StageChannels { get; }

    /// <summary>The architecture in a few words, such as <c>Hiera: width 96, stages 1-2-7-2</c>.</summary>
    public abstract string Summary { get; }

    /// <summary>The settings that make training random, such as stochastic depth, with their values.</summary>
    public virtual IReadOnlyList<(string Setting, double Value)> Randomness => [];

    /// <summary>Whether training changes more than parameters: the running statistics of batch normalisation, with every forward pass.</summary>
    public virtual bool KeepsStatistics => false;

    /// <summary>The same trunk without anything random in training.</summary>
    public virtual TrunkConfig WithoutRandomness() => this;

    /// <summary>The Python package of whose modules a model with this trunk is made; the first part of each <c>_target_</c>.</summary>
    internal virtual string Package => ConfigTree.OriginalPackage;

    /// <summary>Builds the trunk with freshly initialised weights.</summary>
    /// <returns>Maps images <c>[B, 3, H, W]</c> to features <c>[B, C_i, H_i, W_i]</c>, finest first.</returns>
    /// <exception cref="ArgumentException">The settings contradict each other.</exception>
    public abstract nn.Module<Tensor, IReadOnlyList<Tensor>> Build();

    /// <summary>What has to hold for the trunk to be built.</summary>
    /// <param name="maxGrid">The most tokens that a side of the grid may have.</param>
    internal abstract IEnumerable<SettingCheck> Checks(int maxGrid);
}

/// <summary>
/// The neck of an image encoder: <see cref="FpnNeckConfig"/>, or <see cref="ViTDetNeckConfig"/> of EfficientTAM. In YAML files its
/// <c>_target_</c> says which.
/// </summary>
public abstract record NeckConfig
{
    /// <summary>Position encoding of every level.</summary>
    public abstract PositionEncodingConfig PositionEncoding { get; init; }

    /// <summary>Channels of every level.</summary>
    public abstract int DModel { get; init; }

    /// <summary>Channels of the trunk's features, the coarsest first.</summary>
    public abstract IntList BackboneChannelList { get; init; }

    /// <summary>Builds the neck with freshly initialised weights.</summary>
    /// <returns>Maps the trunk's features to levels <c>[B, DModel, H_i, W_i]</c>, finest first.</returns>
    /// <exception cref="ArgumentException">The settings contradict each other.</exception>
    public abstract nn.Module<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> Build();

    /// <summary>What has to hold for the neck to be built.</summary>
    internal abstract IEnumerable<SettingCheck> Checks();
}

/// <summary>A setting, and whether it is possible.</summary>
/// <param name="Valid">Whether it is.</param>
/// <param name="Setting">Its name, within the record that it belongs to.</param>
/// <param name="Value">Its value.</param>
/// <param name="Expected">What would be possible.</param>
internal readonly record struct SettingCheck(bool Valid, string Setting, object Value, string Expected);

/// <summary>
/// The plain vision transformer of EfficientTAM (arXiv 2411.18933; efficient_track_anything/modeling/backbones/vitdet.py, <c>ViT</c>).
/// Defaults are the original's.
/// </summary>
public sealed record ViTConfig : TrunkConfig
{
    /// <summary>Side of the squares of pixels that become a token.</summary>
    public int PatchSize { get; init; } = 16;

    /// <summary>Channels.</summary>
    public int EmbedDim { get; init; } = 768;

    /// <summary>Number of blocks.</summary>
    public int Depth { get; init; } = 12;

    /// <summary>Attention heads.</summary>
    public int NumHeads { get; init; } = 12;

    /// <summary>Hidden channels of the feed-forward parts, as a multiple of <see cref="EmbedDim"/>.</summary>
    public double MlpRatio { get; init; } = 4;

    /// <summary>Whether queries, keys and values have biases; other models aren't supported.</summary>
    public bool QkvBias { get; init; } = true;

    /// <summary>Stochastic depth of the last block, in [0, 1); blocks before it scale down linearly. Training only.</summary>
    public double DropPathRate { get; init; }

    /// <summary>Attention window, in tokens, of the blocks that have one.</summary>
    public int WindowSize { get; init; } = 14;

    /// <summary>Indices of the blocks that attend in windows instead of globally; the last block isn't among them.</summary>
    public IntList WindowBlockIndexes { get; init; } = [0, 1, 3, 4, 6, 7, 9, 10];

    /// <summary>Side, in pixels, of the images that the position embedding was made for; it is interpolated to others.</summary>
    public int PretrainImgSize { get; init; } = 224;

    /// <summary>Whether the position embedding has an entry for a class token, which isn't used.</summary>
    public bool PretrainUseClsToken { get; init; } = true;

    /// <summary>Dropout of the residual branches. Training only.</summary>
    public double Dropout { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<int> StageChannels => [EmbedDim];

    /// <inheritdoc/>
    public override string Summary => $"ViT: width {EmbedDim}, {Depth} blocks";

    /// <inheritdoc/>
    public override IReadOnlyList<(string Setting, double Value)> Randomness => [("drop_path_rate", DropPathRate), ("dropout", Dropout)];

    /// <summary>Side of the grid of the position embedding.</summary>
    internal int PretrainGrid => PretrainImgSize / Math.Max(1, PatchSize);

    /// <inheritdoc/>
    internal override string Package => ConfigTree.EfficientTamPackage;

    /// <inheritdoc/>
    public override TrunkConfig WithoutRandomness() => this with { DropPathRate = 0, Dropout = 0 };

    /// <inheritdoc/>
    public override nn.Module<Tensor, IReadOnlyList<Tensor>> Build() => new ViT(this);

    /// <inheritdoc/>
    internal override IEnumerable<SettingCheck> Checks(int maxGrid) =>
    [
        new(PatchSize == 16, "patch_size", PatchSize, "16"),
        new(Depth is >= 1 and <= 1024, "depth", Depth, "1 to 1024"),
        new(EmbedDim is >= 1 and <= 1 << 16, "embed_dim", EmbedDim, "1 to 65536"),
        new(NumHeads >= 1 && EmbedDim % Math.Max(1, NumHeads) == 0, "num_heads", NumHeads, $"a divisor of {EmbedDim}"),
        new(MlpRatio is > 0 and <= 64, "mlp_ratio", MlpRatio, "above 0, up to 64"),
        new(QkvBias, "qkv_bias", QkvBias, "true"),
        new(WindowSize >= 1 && WindowSize <= maxGrid, "window_size", WindowSize, $"1 to {maxGrid}"),
        new(WindowBlockIndexes.All(block => block >= 0 && block < Depth - 1), "window_block_indexes", WindowBlockIndexes, $"indices below {Depth - 1}, since the last block attends globally"),
        new(PretrainImgSize >= 16 && PretrainGrid <= maxGrid, "pretrain_img_size", PretrainImgSize, $"16 to {16 * maxGrid}"),
        new(DropPathRate is >= 0 and < 1, "drop_path_rate", DropPathRate, "0 to below 1"),
        new(Dropout is >= 0 and < 1, "dropout", Dropout, "0 to below 1"),
    ];
}

/// <summary>
/// The neck of EfficientTAM: two convolutions over the trunk's only level
/// (efficient_track_anything/modeling/backbones/image_encoder.py, <c>ViTDetNeck</c>).
/// </summary>
public sealed record ViTDetNeckConfig : NeckConfig
{
    /// <inheritdoc/>
    public override PositionEncodingConfig PositionEncoding { get; init; } = new();

    /// <inheritdoc/>
    public override int DModel { get; init; } = 256;

    /// <inheritdoc/>
    public override IntList BackboneChannelList { get; init; } = [768];

    /// <summary>What follows each convolution: a layer normalisation if this is set, whatever it says (<c>LN</c>); else nothing, and the convolutions have biases.</summary>
    public string? NeckNorm { get; init; }

    /// <inheritdoc/>
    public override nn.Module<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> Build() => new ViTDetNeck(this);

    /// <inheritdoc/>
    internal override IEnumerable<SettingCheck> Checks() =>
        [new(BackboneChannelList.Count == 1, "backbone_channel_list", BackboneChannelList, "the channels of one level")];
}
