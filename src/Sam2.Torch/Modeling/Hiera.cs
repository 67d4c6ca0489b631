using Sam2.Torch.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>
/// The hierarchical vision transformer that encodes frames (paper, section 4 and appendix D.1; sam2/modeling/backbones/hieradet.py).
/// </summary>
public sealed class Hiera : nn.Module<Tensor, IReadOnlyList<Tensor>>
{
    private readonly Parameter pos_embed;
    private readonly Parameter pos_embed_window;
    private readonly PatchEmbed patch_embed;
    private readonly ModuleList<MultiScaleBlock> blocks;
    private readonly HashSet<int> _outputBlocks;

    /// <summary>Builds the trunk.</summary>
    /// <exception cref="ArgumentException">Stages and windows differ in number, or more stage changes pool than there are.</exception>
    public Hiera(HieraConfig config) : base(nameof(Hiera))
    {
        if (config.Stages.Count != config.WindowSpec.Count)
            throw new ArgumentException($"The trunk has {config.Stages.Count} stages {config.Stages} but {config.WindowSpec.Count} windows {config.WindowSpec}; give one window per stage.");
        if (config.QPool < 0 || config.QPool >= config.Stages.Count)
            throw new ArgumentException($"q_pool is {config.QPool}; with {config.Stages.Count} stages it must be between 0 and {config.Stages.Count - 1}.");

        patch_embed = new PatchEmbed(config.EmbedDim);
        pos_embed = nn.Parameter(zeros(1, config.EmbedDim, config.WindowPosEmbedBkgSpatialSize[0], config.WindowPosEmbedBkgSpatialSize[1]));
        pos_embed_window = nn.Parameter(zeros(1, config.EmbedDim, config.WindowSpec[0], config.WindowSpec[0]));

        var depth = config.Stages.Sum();
        var stageEnds = new List<int>();
        foreach (var length in config.Stages) stageEnds.Add(stageEnds.LastOrDefault(-1) + length);
        var pooled = stageEnds.Take(config.QPool).Select(end => end + 1).ToHashSet();

        var list = new List<MultiScaleBlock>();
        var (dim, heads, stage) = (config.EmbedDim, config.NumHeads, 0);
        for (var i = 0; i < depth; i++)
        {
            // The first block of a stage still has the previous stage's window: it pools the queries inside of it.
            var window = config.GlobalAttBlocks.Contains(i) ? 0 : config.WindowSpec[stage];
            var dimOut = dim;
            if (stageEnds.Contains(i - 1))
            {
                dimOut = (int)(dim * config.DimMul);
                heads = (int)(heads * config.HeadMul);
                stage++;
            }
            var dropPath = depth == 1 ? 0 : config.DropPathRate * i / (depth - 1);
            list.Add(new MultiScaleBlock(dim, dimOut, heads, dropPath, pooled.Contains(i) ? config.QStride : null, window));
            if (stageEnds.Contains(i)) StageChannels.Insert(0, dimOut);
            dim = dimOut;
        }
        blocks = new ModuleList<MultiScaleBlock>([.. list]);
        _outputBlocks = config.ReturnIntermLayers ? [.. stageEnds] : [stageEnds[^1]];
        if (!config.ReturnIntermLayers) StageChannels.RemoveRange(1, StageChannels.Count - 1);
        RegisterComponents();
    }

    /// <summary>Channels of the outputs, the coarsest first.</summary>
    public List<int> StageChannels { get; } = [];

    /// <summary>Encodes images.</summary>
    /// <param name="x"><c>[B, 3, H, W]</c>, normalised; H and W multiples of 32.</param>
    /// <returns>The features of each stage, finest first, <c>[B, C, H/4, W/4]</c>, …, <c>[B, 8C, H/32, W/32]</c>; channels-last in memory.</returns>
    public override IReadOnlyList<Tensor> forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = AddPositionEmbedding(patch_embed.call(x));
        var outputs = new List<Tensor>();
        for (var i = 0; i < blocks.Count; i++)
        {
            var next = blocks[i].call(x);
            // An output of a stage stays alive; every other intermediate is freed as soon as the next block has used it.
            if (!_outputBlocks.Contains(i - 1)) x.Dispose();
            x = next;
            if (_outputBlocks.Contains(i)) outputs.Add(x.permute(0, 3, 1, 2).MoveToOuterDisposeScope());
        }
        return outputs;
    }

    /// <summary>
    /// Adds the learned global embedding, interpolated, and the window embedding, repeated, to <c>[B, H, W, C]</c>. The sum is
    /// contiguous, which the convolution's result is not: layer normalisation takes six times as long where channels lie apart.
    /// </summary>
    internal Tensor AddPositionEmbedding(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (x.shape[1], x.shape[2]);
        // Interpolated in float32 whatever the weights' type, as the original does.
        var global = F.interpolate(pos_embed.to(float32), size: [height, width], mode: InterpolationMode.Bicubic, align_corners: false).to(x.dtype);
        var windows = pos_embed_window.tile([1, 1, height / pos_embed_window.shape[2], width / pos_embed_window.shape[3]]);
        return (x + (global + windows).permute(0, 2, 3, 1)).contiguous().MoveToOuterDisposeScope();
    }
}
