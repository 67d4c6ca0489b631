using Sam2.Torch.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>
/// The plain vision transformer that encodes EfficientTAM's frames (arXiv 2411.18933, section 3.2;
/// efficient_track_anything/modeling/backbones/vitdet.py, <c>ViT</c>): one grid of tokens from the first block to the last, most of which
/// attend in windows.
/// </summary>
public class ViT : nn.Module<Tensor, IReadOnlyList<Tensor>>
{
    private readonly Parameter pos_embed;
    private readonly PatchEmbed patch_embed;
    private readonly ModuleList<nn.Module<Tensor, Tensor>> blocks;
    private readonly ViTConfig _config;

    /// <summary>Builds the trunk with freshly initialised weights.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="block">Makes the block of an index, which maps <c>[B, H, W, C]</c> to the same shape; a <see cref="ViTBlock"/> when null.</param>
    /// <exception cref="ArgumentException">The heads don't divide the channels, or attention has no biases.</exception>
    public ViT(ViTConfig config, Func<int, nn.Module<Tensor, Tensor>>? block = null) : base(nameof(ViT))
    {
        if (config.NumHeads < 1 || config.EmbedDim % config.NumHeads != 0)
            throw new ArgumentException($"num_heads is {config.NumHeads}; it must divide embed_dim, which is {config.EmbedDim}.");
        if (!config.QkvBias)
            throw new ArgumentException("qkv_bias is false; queries, keys and values without biases aren't supported.");
        _config = config;
        patch_embed = new PatchEmbed(config.EmbedDim, kernelSize: config.PatchSize, stride: config.PatchSize, padding: 0);
        var positions = (long)config.PretrainGrid * config.PretrainGrid + (config.PretrainUseClsToken ? 1 : 0);
        pos_embed = nn.Parameter(zeros(1, positions, config.EmbedDim));
        block ??= i => new ViTBlock(config, i);
        blocks = new ModuleList<nn.Module<Tensor, Tensor>>([.. Enumerable.Range(0, config.Depth).Select(block)]);
        RegisterComponents();
    }

    /// <summary>Encodes images.</summary>
    /// <param name="x"><c>[B, 3, H, W]</c>, normalised; H and W are multiples of 16.</param>
    /// <returns>One level, <c>[B, C, H/16, W/16]</c>; channels-last in memory.</returns>
    public override IReadOnlyList<Tensor> forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = AddPositionEmbedding(patch_embed.call(x));
        for (var i = 0; i < blocks.Count; i++)
        {
            var next = blocks[i].call(x);
            x.Dispose();
            x = next;
        }
        return [x.permute(0, 3, 1, 2).MoveToOuterDisposeScope()];
    }

    /// <summary>Adds the learned embedding, interpolated to the grid, to <c>[B, H, W, C]</c>. The sum is contiguous.</summary>
    internal Tensor AddPositionEmbedding(Tensor x)
    {
        using var scope = NewDisposeScope();
        long side = _config.PretrainGrid, height = x.size(1), width = x.size(2);
        var positions = pos_embed.narrow(1, pos_embed.size(1) - side * side, side * side).reshape(1, side, side, -1);
        if (height != side || width != side)
        {
            // Interpolated in float32 whatever the weights' type.
            positions = F.interpolate(positions.permute(0, 3, 1, 2).to(float32), size: [height, width], mode: InterpolationMode.Bicubic, align_corners: false)
                .permute(0, 2, 3, 1).to(x.dtype);
        }
        return x.Plus(positions).contiguous().MoveToOuterDisposeScope();
    }
}

/// <summary>
/// A transformer block of <see cref="ViT"/>, with attention in windows or over the whole grid
/// (efficient_track_anything/modeling/backbones/vitdet.py, <c>Block</c>).
/// </summary>
public class ViTBlock : nn.Module<Tensor, Tensor>
{
    private readonly LayerNorm norm1;
    private readonly MultiScaleAttention attn;
    private readonly LayerNorm norm2;
    private readonly Mlp mlp;
    private readonly DropPath _dropPath;
    private readonly DropoutLayer _dropout;
    private readonly int _windowSize;

    /// <summary>Builds a block with freshly initialised weights.</summary>
    /// <param name="config">The architecture of the trunk.</param>
    /// <param name="index">Index of the block, from 0, by which it has a window or not.</param>
    public ViTBlock(ViTConfig config, int index) : base(nameof(ViTBlock))
    {
        const double epsilon = 1e-6;
        norm1 = nn.LayerNorm(config.EmbedDim, epsilon);
        attn = new MultiScaleAttention(config.EmbedDim, config.EmbedDim, config.NumHeads, queryStride: null);
        norm2 = nn.LayerNorm(config.EmbedDim, epsilon);
        mlp = new Mlp(config.EmbedDim, (int)(config.EmbedDim * config.MlpRatio), config.EmbedDim, numLayers: 2, Activation.Gelu);
        _dropPath = new DropPath(config.Depth == 1 ? 0 : config.DropPathRate * index / (config.Depth - 1));
        _dropout = new DropoutLayer(config.Dropout);
        _windowSize = config.WindowBlockIndexes.Contains(index) ? config.WindowSize : 0;
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, H, W, C]</c> to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var normed = norm1.call(x);
        var attended = _windowSize == 0
            ? attn.call(normed)
            : WindowPartition.Unpartition(attn.call(WindowPartition.Partition(normed, _windowSize)), x.size(1), x.size(2));
        x = x.Plus(_dropout.call(_dropPath.call(attended)));
        return x.Plus(_dropout.call(_dropPath.call(mlp.call(norm2.call(x))))).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// The neck of EfficientTAM: a 1×1 and a 3×3 convolution over the trunk's only level
/// (efficient_track_anything/modeling/backbones/image_encoder.py, <c>ViTDetNeck</c>).
/// </summary>
public class ViTDetNeck : nn.Module<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>>
{
    private readonly ModuleList<Sequential> convs;

    /// <summary>Builds the neck with freshly initialised weights.</summary>
    /// <exception cref="ArgumentException">There is more than one level.</exception>
    public ViTDetNeck(ViTDetNeckConfig config) : base(nameof(ViTDetNeck))
    {
        if (config.BackboneChannelList.Count != 1)
            throw new ArgumentException($"backbone_channel_list is {config.BackboneChannelList}; this neck has one level.");
        var (normed, width) = (config.NeckNorm is not null, config.DModel);
        var parts = new List<(string, nn.Module<Tensor, Tensor>)> { ("conv_1x1", new Conv2dLayer(config.BackboneChannelList[0], width, kernelSize: 1, hasBias: !normed)) };
        if (normed) parts.Add(("norm_0", new LayerNorm2d(width)));
        parts.Add(("conv_3x3", new Conv2dLayer(width, width, kernelSize: 3, padding: 1, hasBias: !normed)));
        if (normed) parts.Add(("norm_1", new LayerNorm2d(width)));
        convs = new ModuleList<Sequential>(nn.Sequential(parts));
        RegisterComponents();
    }

    /// <summary>Maps one level, <c>[B, C, H, W]</c>, to one of <c>[B, d_model, H, W]</c>.</summary>
    public override IReadOnlyList<Tensor> forward(IReadOnlyList<Tensor> stages) => [convs[0].call(stages[0])];
}
