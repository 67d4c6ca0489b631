using Sam2.Torch.Configuration;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>
/// The hierarchical vision transformer that encodes frames (paper, section 4 and appendix D.1; sam2/modeling/backbones/hieradet.py).
/// </summary>
public class Hiera : nn.Module<Tensor, IReadOnlyList<Tensor>>
{
    private readonly Parameter pos_embed;
    private readonly Parameter pos_embed_window;
    private readonly PatchEmbed patch_embed;
    private readonly ModuleList<nn.Module<Tensor, Tensor>> blocks;
    private readonly HashSet<int> _outputBlocks;
    private readonly List<int> _stageChannels = [];

    /// <summary>Builds the trunk with freshly initialised weights.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="block">
    /// Makes one block, which maps <c>[B, H, W, Dim]</c> to <c>[B, H', W', DimOut]</c>; a <see cref="MultiScaleBlock"/> when null.
    /// </param>
    /// <exception cref="ArgumentException">Stages and windows differ in number, or more stage changes pool than there are.</exception>
    public Hiera(HieraConfig config, Func<HieraBlockConfig, nn.Module<Tensor, Tensor>>? block = null) : base(nameof(Hiera))
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

        block ??= settings => new MultiScaleBlock(settings);
        var list = new List<nn.Module<Tensor, Tensor>>();
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
            list.Add(block(new HieraBlockConfig(i, dim, dimOut, heads, dropPath, pooled.Contains(i) ? config.QStride : null, window)));
            if (stageEnds.Contains(i)) _stageChannels.Insert(0, dimOut);
            dim = dimOut;
        }
        blocks = new ModuleList<nn.Module<Tensor, Tensor>>([.. list]);
        _outputBlocks = config.ReturnIntermLayers ? [.. stageEnds] : [stageEnds[^1]];
        if (!config.ReturnIntermLayers) _stageChannels.RemoveRange(1, _stageChannels.Count - 1);
        RegisterComponents();
    }

    /// <summary>Channels of the outputs, the coarsest first.</summary>
    public IReadOnlyList<int> StageChannels => _stageChannels;

    /// <summary>Encodes images.</summary>
    /// <param name="x"><c>[B, 3, H, W]</c>, normalised; H and W are multiples of 32.</param>
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
    /// Adds the learned global embedding, interpolated, and the window embedding, repeated, to <c>[B, H, W, C]</c>.
    /// </summary>
    internal Tensor AddPositionEmbedding(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (height, width, channels) = (x.size(1), x.size(2), x.size(3));
        var (side, windowSide) = (pos_embed.shape[2..], pos_embed_window.shape[2..]);
        // Interpolated in float32 whatever the weights' type, as the original does. Bicubic interpolation is one product for each direction: 2 ms, and
        // 37 ms as interpolate does it (256×256, 2 cores).
        var global = pos_embed.to(float32).permute(0, 2, 3, 1);
        global = matmul(Bicubic(side[0], height, x.device), global.reshape(side[0], side[1] * channels)).view(height, side[1], channels);
        global = matmul(Bicubic(side[1], width, x.device), global).to(x.dtype);
        var windows = pos_embed_window.permute(0, 2, 3, 1).view(1, windowSide[0], 1, windowSide[1], channels);
        global = global.view(height / windowSide[0], windowSide[0], width / windowSide[1], windowSide[1], channels);
        // Under autocast the image's tokens are in half precision and their sum is in float32.
        var embedding = (global.dtype == windows.dtype ? global.AddInPlace(windows) : global.Plus(windows)).view(1, height, width, channels);
        // In the embedding's memory where it has room. Layer normalisation takes six times as long where channels lie apart.
        return (x.size(0) == 1 ? embedding.AddInPlace(x) : x.Plus(embedding).contiguous()).MoveToOuterDisposeScope();
    }

    /// <summary>The weights of bicubic interpolation along one side, <c>[to, from]</c>: what it makes of each unit vector.</summary>
    private static Tensor Bicubic(long from, long to, Device device)
    {
        using var scope = NewDisposeScope();
        var units = eye(from, device: device).view(from, 1, from, 1);
        return F.interpolate(units, size: [to, 1], mode: InterpolationMode.Bicubic, align_corners: false).view(from, to).t().MoveToOuterDisposeScope();
    }
}

/// <summary>Settings of one block of the trunk, which follow from those of the stages.</summary>
/// <param name="Index">Index of the block, from 0.</param>
/// <param name="Dim">Channels of the input.</param>
/// <param name="DimOut">Channels of the result.</param>
/// <param name="NumHeads">Attention heads.</param>
/// <param name="DropPath">Stochastic depth, in [0, 1).</param>
/// <param name="QueryStride">Pooling stride [height, width], or null for none.</param>
/// <param name="WindowSize">Side of the attention window in tokens; 0 for attention over the whole grid.</param>
public sealed record HieraBlockConfig(
    int Index, int Dim, int DimOut, int NumHeads, double DropPath, IntList? QueryStride, int WindowSize);

/// <summary>
/// A transformer block of the trunk, with attention in windows or over the whole grid, and with pooling at a stage change
/// (sam2/modeling/backbones/hieradet.py, <c>MultiScaleBlock</c>).
/// </summary>
public class MultiScaleBlock : nn.Module<Tensor, Tensor>
{
    private readonly LayerNorm norm1;
    private readonly MultiScaleAttention attn;
    private readonly LayerNorm norm2;
    private readonly Mlp mlp;
    private readonly LinearLayer? proj;
    private readonly DropPath _dropPath;
    private readonly IntList? _queryStride;
    private readonly int _windowSize, _hiddenDim;

    /// <summary>Builds a block with freshly initialised weights.</summary>
    public MultiScaleBlock(HieraBlockConfig config) : base(nameof(MultiScaleBlock))
    {
        var (_, dim, dimOut, numHeads, dropPath, queryStride, windowSize) = config;
        const double epsilon = 1e-6;
        const int mlpRatio = 4;
        norm1 = nn.LayerNorm(dim, epsilon);
        attn = new MultiScaleAttention(dim, dimOut, numHeads, queryStride);
        norm2 = nn.LayerNorm(dimOut, epsilon);
        _hiddenDim = dimOut * mlpRatio;
        mlp = new Mlp(dimOut, _hiddenDim, dimOut, numLayers: 2, Activation.Gelu);
        if (dim != dimOut) proj = new LinearLayer(dim, dimOut);
        _dropPath = new DropPath(dropPath);
        _queryStride = queryStride;
        _windowSize = windowSize;
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, H, W, dim]</c> to <c>[B, H', W', dimOut]</c>, where H' and W' are divided by the pooling stride.</summary>
    public override Tensor forward(Tensor x) =>
        _windowSize == 0 ? Compute(x) : Pieces.ByRows(x, this, RowsOfWindows(x), Compute);

    /// <summary>As many rows of <paramref name="x"/>, in whole windows, as the largest tensor, the hidden layer of the MLP, has room for in the cache.</summary>
    private long RowsOfWindows(Tensor x)
    {
        // 32 MB. In strips of 4 MB the encoder of the tiny model takes 8 % longer. All rows at once take as long as this, but 1.7 GB instead of 0.95 after some pictures, and
        // 0.2 GB more for the first (AMD's Zen 4, 2 cores).
        const long hidden = 8 << 20;
        return Math.Max(1, hidden / (x.size(0) * x.size(2) * _hiddenDim) / _windowSize) * _windowSize;
    }

    private Tensor Compute(Tensor x)
    {
        using var scope = NewDisposeScope();
        var normed = norm1.call(x);
        var shortcut = x;
        if (proj is not null)
        {
            shortcut = proj.call(normed);
            if (_queryStride is not null) shortcut = Pool(shortcut, _queryStride);
        }

        var attended = _windowSize == 0
            ? attn.call(normed)
            : WindowPartition.Unpartition(
                attn.call(WindowPartition.Partition(normed, _windowSize)), shortcut.size(1), shortcut.size(2));
        x = shortcut.Plus(_dropPath.call(attended));
        return x.Plus(_dropPath.call(mlp.call(norm2.call(x)))).MoveToOuterDisposeScope();
    }

    /// <summary>Max pooling of <c>[B, H, W, C]</c> with the kernel equal to the stride.</summary>
    internal static Tensor Pool(Tensor x, IntList stride)
    {
        using var scope = NewDisposeScope();
        long[] kernel = [stride[0], stride[1]];
        return F.max_pool2d(x.permute(0, 3, 1, 2), kernel, kernel).permute(0, 2, 3, 1).MoveToOuterDisposeScope();
    }
}

/// <summary>Self-attention of a window, with optional pooling of the queries (sam2/modeling/backbones/hieradet.py, <c>MultiScaleAttention</c>).</summary>
public class MultiScaleAttention : nn.Module<Tensor, Tensor>
{
    private readonly LinearLayer qkv;
    private readonly LinearLayer proj;
    private readonly int _numHeads;
    private readonly IntList? _queryStride;

    /// <summary>Builds the attention.</summary>
    /// <param name="dim">Channels of the input.</param>
    /// <param name="dimOut">Channels of the result.</param>
    /// <param name="numHeads">Attention heads; divides <paramref name="dimOut"/>.</param>
    /// <param name="queryStride">Stride [height, width] of the max pooling of the queries, or null for none.</param>
    public MultiScaleAttention(long dim, long dimOut, int numHeads, IntList? queryStride) : base(nameof(MultiScaleAttention))
    {
        qkv = new LinearLayer(dim, dimOut * 3);
        proj = new LinearLayer(dimOut, dimOut);
        _numHeads = numHeads;
        _queryStride = queryStride;
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, H, W, dim]</c> to <c>[B, H', W', dimOut]</c>, where H' and W' are divided by the pooling stride.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (batch, height, width) = (x.size(0), x.size(1), x.size(2));
        // One unbind instead of three selections, each of whose gradients would be as large as all three together.
        var projected = qkv.call(x).view(batch, height * width, 3, _numHeads, -1).unbind(2);
        var query = projected[0];
        if (_queryStride is not null)
        {
            query = MultiScaleBlock.Pool(query.reshape(batch, height, width, -1), _queryStride);
            (height, width) = (query.size(1), query.size(2));
            query = query.reshape(batch, height * width, _numHeads, -1);
        }
        var attended = BlockwiseAttention.AttendHeads(query.transpose(1, 2), projected[1].transpose(1, 2), projected[2].transpose(1, 2));
        return proj.call(attended.transpose(1, 2).reshape(batch, height, width, -1)).MoveToOuterDisposeScope();
    }
}

/// <summary>Turns an image into tokens by a convolution (sam2/modeling/backbones/utils.py, <c>PatchEmbed</c>).</summary>
public class PatchEmbed : nn.Module<Tensor, Tensor>
{
    private readonly Conv2dLayer proj;

    /// <summary>A convolution into <paramref name="embedDim"/> channels, Hiera's unless told otherwise.</summary>
    /// <param name="embedDim">Channels of the tokens.</param>
    /// <param name="kernelSize">Side of the kernel.</param>
    /// <param name="stride">Stride, the pixels per token.</param>
    /// <param name="padding">Padding at each edge.</param>
    public PatchEmbed(long embedDim, long kernelSize = 7, long stride = 4, long padding = 3) : base(nameof(PatchEmbed))
    {
        proj = new Conv2dLayer(3, embedDim, kernelSize, stride, padding);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, 3, H, W]</c> to <c>[B, H/stride, W/stride, C]</c>.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        // A CPU convolves channels that lie next to each other, and puts its result in this order; bringing it there afterwards takes 20 ms at 1024×1024 pixels.
        if (x.device_type == DeviceType.CPU) x = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        return proj.call(x).permute(0, 2, 3, 1).MoveToOuterDisposeScope();
    }
}

/// <summary>Cuts a grid of tokens into windows and joins them again (sam2/modeling/backbones/utils.py).</summary>
public static class WindowPartition
{
    /// <summary>
    /// Cuts <paramref name="x"/>, <c>[B, H, W, C]</c>, into windows of <paramref name="size"/>×<paramref name="size"/>
    /// tokens, <c>[B · windows, size, size, C]</c>. The grid is padded with zeros at the bottom and right as needed.
    /// </summary>
    public static Tensor Partition(Tensor x, long size)
    {
        using var scope = NewDisposeScope();
        var (batch, height, width, channels) = (x.size(0), x.size(1), x.size(2), x.size(3));
        var (rows, columns) = (CeilDiv(height, size), CeilDiv(width, size));
        if (rows * size != height || columns * size != width)
            x = F.pad(x, [0, 0, 0, columns * size - width, 0, rows * size - height]);
        return x.view(batch, rows, size, columns, size, channels)
            .permute(0, 1, 3, 2, 4, 5).reshape(-1, size, size, channels).MoveToOuterDisposeScope();
    }

    /// <summary>The inverse of <see cref="Partition"/>: windows to a grid <c>[B, height, width, C]</c>, without the padding.</summary>
    public static Tensor Unpartition(Tensor windows, long height, long width)
    {
        using var scope = NewDisposeScope();
        var (size, channels) = (windows.size(1), windows.size(3));
        var (rows, columns) = (CeilDiv(height, size), CeilDiv(width, size));
        var grid = windows.view(-1, rows, columns, size, size, channels).permute(0, 1, 3, 2, 4, 5);
        if (rows * size == height && columns * size == width)
            return grid.reshape(-1, height, width, channels).MoveToOuterDisposeScope();
        grid = grid.reshape(-1, rows * size, columns * size, channels);
        return grid.slice(1, 0, height, 1).slice(2, 0, width, 1).MoveToOuterDisposeScope();
    }

    private static long CeilDiv(long a, long b) => (a + b - 1) / b;
}

/// <summary>Stochastic depth: in training, drops a residual branch per sample (sam2/modeling/sam2_utils.py, <c>DropPath</c>).</summary>
public class DropPath : nn.Module<Tensor, Tensor>
{
    private readonly double _dropProbability;

    /// <summary>Drops with probability <paramref name="dropProbability"/>, in [0, 1); kept branches are scaled to the same mean.</summary>
    public DropPath(double dropProbability) : base(nameof(DropPath)) => _dropProbability = dropProbability;

    /// <summary>Returns <paramref name="x"/>, <c>[B, …]</c>, with some samples zeroed; in evaluation mode unchanged.</summary>
    public override Tensor forward(Tensor x)
    {
        if (!training || _dropProbability == 0) return x.alias();
        using var scope = NewDisposeScope();
        var keep = 1 - _dropProbability;
        var shape = new long[x.dim()];
        Array.Fill(shape, 1);
        shape[0] = x.size(0);
        var mask = empty(shape, dtype: x.dtype, device: x.device).bernoulli_(keep).div_(Scalars.Of(keep));
        return (x * mask).MoveToOuterDisposeScope();
    }
}
