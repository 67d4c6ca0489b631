using Sam2.Torch.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// The image encoder of the first Segment Anything: a plain vision transformer, most of whose blocks attend in windows, and a neck of two
/// convolutions (arXiv 2304.02643, appendix A; segment_anything/modeling/image_encoder.py).
/// </summary>
public class ImageEncoderViT : nn.Module<Tensor, Tensor>
{
    private readonly Parameter pos_embed;
    private readonly ImageEncoderViTPatches patch_embed;
    private readonly ModuleList<nn.Module<Tensor, Tensor>> blocks;
    private readonly Sequential neck;

    /// <summary>Builds the encoder with freshly initialised weights.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="imageSize">Side of the input, in pixels; a multiple of 16.</param>
    /// <param name="outChannels">Channels of the result.</param>
    /// <param name="block">Makes the block of an index, which keeps its input's shape, <c>[B, H, W, C]</c>; an <see cref="ImageEncoderViTBlock"/> when null.</param>
    /// <exception cref="ArgumentException">The heads do not divide the channels.</exception>
    public ImageEncoderViT(ImageEncoderViTConfig config, int imageSize, int outChannels, Func<int, nn.Module<Tensor, Tensor>>? block = null)
        : base(nameof(ImageEncoderViT))
    {
        if (config.NumHeads < 1 || config.EmbedDim % config.NumHeads != 0)
            throw new ArgumentException($"{config.NumHeads} heads do not divide the {config.EmbedDim} channels.");
        var grid = imageSize / SamConfig.Stride;
        patch_embed = new ImageEncoderViTPatches(config.EmbedDim);
        pos_embed = nn.Parameter(zeros(1, grid, grid, config.EmbedDim));
        block ??= i => new ImageEncoderViTBlock(config.EmbedDim, config.NumHeads, grid, config.GlobalAttnIndexes.Contains(i) ? 0 : config.WindowSize);
        blocks = new([.. Enumerable.Range(0, config.Depth).Select(block)]);
        neck = Neck(config.EmbedDim, outChannels);
        RegisterComponents();
    }

    /// <summary>Encodes images.</summary>
    /// <param name="x"><c>[B, 3, S, S]</c>, normalised, S being the side that the encoder was built for.</param>
    /// <returns>The image embedding of stride 16, <c>[B, C, S/16, S/16]</c>.</returns>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = patch_embed.call(x).Plus(pos_embed).contiguous();
        foreach (var block in blocks)
        {
            var next = block.call(x);
            x.Dispose();
            x = next;
        }

        return neck.call(x.permute(0, 3, 1, 2)).MoveToOuterDisposeScope();
    }

    /// <summary>What brings a trunk's features to the image embedding's channels, here and in MobileSAM.</summary>
    internal static Sequential Neck(long inChannels, long outChannels) => nn.Sequential(
        new Conv2dLayer(inChannels, outChannels, kernelSize: 1, hasBias: false),
        new LayerNorm2d(outChannels),
        new Conv2dLayer(outChannels, outChannels, kernelSize: 3, padding: 1, hasBias: false),
        new LayerNorm2d(outChannels));
}

/// <summary>Turns patches of 16×16 pixels into tokens (segment_anything/modeling/image_encoder.py, <c>PatchEmbed</c>).</summary>
public class ImageEncoderViTPatches : nn.Module<Tensor, Tensor>
{
    private readonly Conv2dLayer proj;

    /// <summary>Makes tokens of <paramref name="embedDim"/> channels.</summary>
    public ImageEncoderViTPatches(long embedDim) : base(nameof(ImageEncoderViTPatches))
    {
        proj = new Conv2dLayer(3, embedDim, kernelSize: SamConfig.Stride, stride: SamConfig.Stride);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, 3, H, W]</c> to <c>[B, H/16, W/16, C]</c>.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return proj.call(x).permute(0, 2, 3, 1).MoveToOuterDisposeScope();
    }
}

/// <summary>A block of the transformer: attention in windows or over the grid, and an MLP (segment_anything/modeling/image_encoder.py, <c>Block</c>).</summary>
public class ImageEncoderViTBlock : nn.Module<Tensor, Tensor>
{
    private readonly LayerNorm norm1;
    private readonly RelativePositionAttention attn;
    private readonly LayerNorm norm2;
    private readonly MlpBlock mlp;
    private readonly int _windowSize;

    /// <summary>Builds a block with freshly initialised weights.</summary>
    /// <param name="dim">Channels.</param>
    /// <param name="numHeads">Attention heads.</param>
    /// <param name="grid">Side of the grid of tokens.</param>
    /// <param name="windowSize">Side of the attention windows; 0 for attention over the whole grid.</param>
    public ImageEncoderViTBlock(int dim, int numHeads, int grid, int windowSize) : base(nameof(ImageEncoderViTBlock))
    {
        const double epsilon = 1e-6;
        const int mlpRatio = 4;
        norm1 = nn.LayerNorm(dim, epsilon);
        attn = new RelativePositionAttention(dim, numHeads, windowSize == 0 ? grid : windowSize);
        norm2 = nn.LayerNorm(dim, epsilon);
        mlp = new MlpBlock(dim, dim * mlpRatio, Activation.Gelu);
        _windowSize = windowSize;
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
        x = x.Plus(attended);
        return x.Plus(mlp.call(norm2.call(x))).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Self-attention with a learned term for the distance of two tokens, in rows and in columns
/// (segment_anything/modeling/image_encoder.py, <c>Attention</c> and <c>add_decomposed_rel_pos</c>).
/// </summary>
public class RelativePositionAttention : nn.Module<Tensor, Tensor>
{
    /// <summary>
    /// Scores that exist at a time. All scores of the largest grid, 64×64 tokens and 16 heads, would take 1 GB; 8 million are 32 MB.
    /// </summary>
    private const long MaxScores = 8 << 20;

    private readonly LinearLayer qkv;
    private readonly LinearLayer proj;
    private readonly Parameter rel_pos_h;
    private readonly Parameter rel_pos_w;
    private readonly int _numHeads;

    /// <summary>Builds the attention with freshly initialised weights.</summary>
    /// <param name="dim">Channels.</param>
    /// <param name="numHeads">Attention heads; divides <paramref name="dim"/>.</param>
    /// <param name="side">Side of the square of tokens that attend to each other.</param>
    public RelativePositionAttention(int dim, int numHeads, int side) : base(nameof(RelativePositionAttention))
    {
        qkv = new LinearLayer(dim, dim * 3);
        proj = new LinearLayer(dim, dim);
        rel_pos_h = nn.Parameter(zeros(2 * side - 1, dim / numHeads));
        rel_pos_w = nn.Parameter(zeros(2 * side - 1, dim / numHeads));
        _numHeads = numHeads;
        RegisterComponents();
    }

    /// <summary>Lets the tokens of each square attend to each other.</summary>
    /// <param name="x"><c>[B, side, side, C]</c>.</param>
    /// <returns>The same shape.</returns>
    /// <exception cref="ArgumentException">The squares have another size than the attention was built for.</exception>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (batch, height, width) = (x.size(0), x.size(1), x.size(2));
        if (2 * height - 1 != rel_pos_h.size(0) || 2 * width - 1 != rel_pos_w.size(0))
            throw new ArgumentException($"Tokens have shape [{string.Join(", ", x.shape)}]; this attention takes squares of {(rel_pos_h.size(0) + 1) / 2} tokens a side.", nameof(x));
        // [3, B · heads, tokens, channels per head]
        var projected = qkv.call(x).view(batch, height * width, 3, _numHeads, -1).permute(2, 0, 3, 1, 4).flatten(1, 2).unbind(0);
        var (query, key, value) = (projected[0].unflatten(1, height, width), projected[1], projected[2]);
        var rows = query.matmul(Relative(rel_pos_h, height).transpose(1, 2)); // [B · heads, H, W, H], by row of the key
        var columns = query.transpose(1, 2).matmul(Relative(rel_pos_w, width).transpose(1, 2)).transpose(1, 2); // by its column
        var scaled = query.Times(1 / Math.Sqrt(query.size(3)));
        var keys = key.transpose(1, 2);

        var perRow = Math.Max(1, query.size(0) * width * height * width);
        var rowsAtATime = Math.Max(1, MaxScores / perRow);
        var parts = new List<Tensor>();
        for (long row = 0; row < height; row += rowsAtATime)
        {
            using var part = NewDisposeScope();
            var count = Math.Min(rowsAtATime, height - row);
            var scores = scaled.narrow(1, row, count).flatten(1, 2).bmm(keys).view(-1, count, width, height, width);
            scores.AddInPlace(rows.narrow(1, row, count).unsqueeze(4)).AddInPlace(columns.narrow(1, row, count).unsqueeze(3));
            parts.Add(scores.view(-1, count * width, height * width).softmax(-1).bmm(value).MoveToOuterDisposeScope());
        }

        var attended = (parts.Count == 1 ? parts[0] : cat(parts, 1)).view(batch, _numHeads, height, width, -1);
        return proj.call(attended.permute(0, 2, 3, 1, 4).reshape(batch, height, width, -1)).MoveToOuterDisposeScope();
    }

    /// <summary>For every position of a query and of a key, the embedding of their distance: <c>[side, side, C]</c> from <c>[2 · side − 1, C]</c>.</summary>
    private static Tensor Relative(Tensor embeddings, long side)
    {
        using var scope = NewDisposeScope();
        var position = TensorArithmetic.Range(0, side, int64, embeddings.device);
        var distance = (position.unsqueeze(1) - position.unsqueeze(0)).Plus(side - 1);
        return embeddings.index_select(0, distance.flatten()).view(side, side, -1).MoveToOuterDisposeScope();
    }
}

/// <summary>Two linear layers and an activation between them (segment_anything/modeling/common.py, <c>MLPBlock</c>).</summary>
public class MlpBlock : nn.Module<Tensor, Tensor>
{
    private readonly LinearLayer lin1;
    private readonly LinearLayer lin2;
    private readonly Activation _activation;

    /// <summary>Builds the layers with freshly initialised weights.</summary>
    /// <param name="dim">Channels of input and result.</param>
    /// <param name="hiddenDim">Channels in between.</param>
    /// <param name="activation">What is applied in between.</param>
    public MlpBlock(long dim, long hiddenDim, Activation activation) : base(nameof(MlpBlock))
    {
        lin1 = new LinearLayer(dim, hiddenDim);
        lin2 = new LinearLayer(hiddenDim, dim);
        _activation = activation;
        RegisterComponents();
    }

    /// <summary>Maps <c>[…, dim]</c> to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return lin2.call(_activation.After(lin1, x)).MoveToOuterDisposeScope();
    }
}
