using Sam2.Torch.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>
/// The image encoder of MobileSAM: a stage of convolutions and three of windowed attention, with the neck of the first Segment Anything
/// (arXiv 2306.14289; TinyViT, arXiv 2207.10666; mobile_sam/modeling/tiny_vit_sam.py).
/// </summary>
public class TinyViT : nn.Module<Tensor, Tensor>
{
    private readonly TinyViTPatches patch_embed;
    private readonly ModuleList<TinyViTStage> layers;
    private readonly LayerNorm norm_head;
    private readonly LinearLayer head;
    private readonly Sequential neck;

    /// <summary>Builds the encoder with freshly initialised weights.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="outChannels">Channels of the result.</param>
    /// <exception cref="ArgumentException">The lists of the stages' settings have different lengths, or heads do not divide channels.</exception>
    public TinyViT(TinyViTConfig config, int outChannels) : base(nameof(TinyViT))
    {
        var stages = config.EmbedDims.Count;
        if (stages < 2 || config.Depths.Count != stages || config.NumHeads.Count != stages || config.WindowSizes.Count != stages)
            throw new ArgumentException($"Widths {config.EmbedDims}, depths {config.Depths}, heads {config.NumHeads} and windows {config.WindowSizes} must be equally many, at least two.");
        patch_embed = new TinyViTPatches(config.EmbedDims[0]);
        layers = new ModuleList<TinyViTStage>([.. Enumerable.Range(0, stages).Select(i => Stage(config, i))]);
        norm_head = nn.LayerNorm(config.EmbedDims[stages - 1]);
        head = new LinearLayer(config.EmbedDims[stages - 1], config.NumClasses);
        neck = ImageEncoderViT.Neck(config.EmbedDims[stages - 1], outChannels);
        RegisterComponents();
    }

    /// <summary>Encodes images.</summary>
    /// <param name="x"><c>[B, 3, H, W]</c>, normalised; H and W are multiples of 16.</param>
    /// <returns>The image embedding of stride 16, <c>[B, C, H/16, W/16]</c>.</returns>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = patch_embed.call(x);
        foreach (var layer in layers)
        {
            var next = layer.call(x);
            x.Dispose();
            x = next;
        }

        return neck.call(x).MoveToOuterDisposeScope();
    }

    private static TinyViTStage Stage(TinyViTConfig config, int index)
    {
        var (dim, last) = (config.EmbedDims[index], config.EmbedDims.Count - 1);
        nn.Module<Tensor, Tensor> Block() => index == 0
            ? new TinyViTConvBlock(dim)
            : new TinyViTBlock(dim, config.NumHeads[index], config.WindowSizes[index]);
        // The last stage keeps the grid of the one before, so that the embedding has the stride that the mask decoder knows.
        var merging = index == last ? null : new TinyViTMerging(dim, config.EmbedDims[index + 1], stride: index + 1 == last ? 1 : 2);
        return new TinyViTStage(Enumerable.Range(0, config.Depths[index]).Select(_ => Block()), merging);
    }
}

/// <summary>Blocks of one width, and what leads to the next one (mobile_sam/modeling/tiny_vit_sam.py, <c>ConvLayer</c> and <c>BasicLayer</c>).</summary>
public class TinyViTStage : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<nn.Module<Tensor, Tensor>> blocks;
    private readonly TinyViTMerging? downsample;

    /// <summary>Puts a stage together.</summary>
    /// <param name="blocks">Each maps <c>[B, C, H, W]</c> to the same shape.</param>
    /// <param name="downsample">What follows them; null for nothing.</param>
    public TinyViTStage(IEnumerable<nn.Module<Tensor, Tensor>> blocks, TinyViTMerging? downsample) : base(nameof(TinyViTStage))
    {
        this.blocks = new ModuleList<nn.Module<Tensor, Tensor>>([.. blocks]);
        this.downsample = downsample;
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, C, H, W]</c> to the next stage's <c>[B, C', H', W']</c>.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = x.alias();
        foreach (var block in blocks)
        {
            var next = block.call(x);
            x.Dispose();
            x = next;
        }

        return (downsample is null ? x : downsample.call(x)).MoveToOuterDisposeScope();
    }
}

/// <summary>Turns an image into features of stride 4 by two convolutions (mobile_sam/modeling/tiny_vit_sam.py, <c>PatchEmbed</c>).</summary>
public class TinyViTPatches : nn.Module<Tensor, Tensor>
{
    private readonly Sequential seq;

    /// <summary>Makes features of <paramref name="embedDim"/> channels.</summary>
    public TinyViTPatches(long embedDim) : base(nameof(TinyViTPatches))
    {
        seq = nn.Sequential(
            new NormalisedConv(3, embedDim / 2, kernel: 3, stride: 2), new Gelu(), new NormalisedConv(embedDim / 2, embedDim, kernel: 3, stride: 2));
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, 3, H, W]</c> to <c>[B, C, H/4, W/4]</c>.</summary>
    public override Tensor forward(Tensor x) => seq.call(x);
}

/// <summary>A convolution and its batch normalisation (mobile_sam/modeling/tiny_vit_sam.py, <c>Conv2d_BN</c>).</summary>
public class NormalisedConv : nn.Module<Tensor, Tensor>
{
    private readonly Conv2dLayer c;
    private readonly BatchNorm2d bn;

    /// <summary>Builds both with freshly initialised weights.</summary>
    /// <param name="inChannels">Channels of the input.</param>
    /// <param name="outChannels">Channels of the result.</param>
    /// <param name="kernel">Side of the kernel, odd; the edges are padded so that it fits.</param>
    /// <param name="stride">Stride.</param>
    /// <param name="groups">Groups of channels that don't mix.</param>
    public NormalisedConv(long inChannels, long outChannels, int kernel = 1, int stride = 1, long groups = 1) : base(nameof(NormalisedConv))
    {
        c = new Conv2dLayer(inChannels, outChannels, kernelSize: kernel, stride: stride, padding: kernel / 2, groups: groups, hasBias: false);
        bn = nn.BatchNorm2d(outChannels);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, C, H, W]</c> to <c>[B, C', H / stride, W / stride]</c>.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return bn.call(c.call(x)).MoveToOuterDisposeScope();
    }
}

/// <summary>A block of convolutions that widens the channels in between (mobile_sam/modeling/tiny_vit_sam.py, <c>MBConv</c>).</summary>
public class TinyViTConvBlock : nn.Module<Tensor, Tensor>
{
    private readonly NormalisedConv conv1;
    private readonly NormalisedConv conv2;
    private readonly NormalisedConv conv3;

    /// <summary>Builds a block of <paramref name="dim"/> channels with freshly initialised weights.</summary>
    public TinyViTConvBlock(long dim) : base(nameof(TinyViTConvBlock))
    {
        const int expandRatio = 4;
        conv1 = new NormalisedConv(dim, dim * expandRatio);
        conv2 = new NormalisedConv(dim * expandRatio, dim * expandRatio, kernel: 3, groups: dim * expandRatio);
        conv3 = new NormalisedConv(dim * expandRatio, dim);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, C, H, W]</c> to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var wide = Activation.Gelu.ApplyConsuming(conv2.call(Activation.Gelu.ApplyConsuming(conv1.call(x))));
        return Activation.Gelu.ApplyConsuming(conv3.call(wide).Plus(x)).MoveToOuterDisposeScope();
    }
}

/// <summary>Leads from one stage to the next, wider one (mobile_sam/modeling/tiny_vit_sam.py, <c>PatchMerging</c>).</summary>
public class TinyViTMerging : nn.Module<Tensor, Tensor>
{
    private readonly NormalisedConv conv1;
    private readonly NormalisedConv conv2;
    private readonly NormalisedConv conv3;

    /// <summary>Builds it with freshly initialised weights.</summary>
    /// <param name="dim">Channels of the input.</param>
    /// <param name="outDim">Channels of the result.</param>
    /// <param name="stride">By how much the grid becomes coarser.</param>
    public TinyViTMerging(long dim, long outDim, int stride) : base(nameof(TinyViTMerging))
    {
        conv1 = new NormalisedConv(dim, outDim);
        conv2 = new NormalisedConv(outDim, outDim, kernel: 3, stride: stride, groups: outDim);
        conv3 = new NormalisedConv(outDim, outDim);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, C, H, W]</c> to <c>[B, C', H / stride, W / stride]</c>.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var wide = Activation.Gelu.ApplyConsuming(conv1.call(x));
        return conv3.call(Activation.Gelu.ApplyConsuming(conv2.call(wide))).MoveToOuterDisposeScope();
    }
}

/// <summary>A block with attention in windows, a convolution of neighbours and an MLP (mobile_sam/modeling/tiny_vit_sam.py, <c>TinyViTBlock</c>).</summary>
public class TinyViTBlock : nn.Module<Tensor, Tensor>
{
    private readonly TinyViTAttention attn;
    private readonly TinyViTMlp mlp;
    private readonly NormalisedConv local_conv;
    private readonly int _windowSize;

    /// <summary>Builds a block with freshly initialised weights.</summary>
    /// <param name="dim">Channels.</param>
    /// <param name="numHeads">Attention heads; divides <paramref name="dim"/>.</param>
    /// <param name="windowSize">Side of the attention windows.</param>
    public TinyViTBlock(int dim, int numHeads, int windowSize) : base(nameof(TinyViTBlock))
    {
        const int mlpRatio = 4;
        attn = new TinyViTAttention(dim, numHeads, windowSize);
        mlp = new TinyViTMlp(dim, dim * mlpRatio);
        local_conv = new NormalisedConv(dim, dim, kernel: 3, groups: dim);
        _windowSize = windowSize;
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, C, H, W]</c> to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var tokens = x.permute(0, 2, 3, 1);
        var windows = WindowPartition.Partition(tokens, _windowSize);
        var attended = attn.call(windows.flatten(1, 2)).view(windows.shape);
        tokens = tokens.Plus(WindowPartition.Unpartition(attended, x.size(2), x.size(3)));
        tokens = local_conv.call(tokens.permute(0, 3, 1, 2)).permute(0, 2, 3, 1);
        return tokens.Plus(mlp.call(tokens)).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Self-attention in a window with a learned term for the distance of two tokens, the same in all directions
/// (mobile_sam/modeling/tiny_vit_sam.py, <c>Attention</c>).
/// </summary>
public class TinyViTAttention : nn.Module<Tensor, Tensor>
{
    private readonly Parameter attention_biases;
    private readonly LayerNorm norm;
    private readonly LinearLayer qkv;
    private readonly LinearLayer proj;
    private readonly int _numHeads;
    private readonly int _windowSize;

    /// <summary>Builds the attention with freshly initialised weights.</summary>
    /// <param name="dim">Channels.</param>
    /// <param name="numHeads">Attention heads.</param>
    /// <param name="windowSize">Side of the window.</param>
    /// <exception cref="ArgumentException">The heads do not divide the channels.</exception>
    public TinyViTAttention(int dim, int numHeads, int windowSize) : base(nameof(TinyViTAttention))
    {
        if (numHeads < 1 || dim % numHeads != 0)
            throw new ArgumentException($"{numHeads} heads do not divide the {dim} channels.");
        attention_biases = nn.Parameter(zeros(numHeads, windowSize * windowSize));
        norm = nn.LayerNorm(dim);
        qkv = new LinearLayer(dim, dim * 3);
        proj = new LinearLayer(dim, dim);
        _numHeads = numHeads;
        _windowSize = windowSize;
        RegisterComponents();
    }

    /// <summary>Lets the tokens of each window attend to each other: <c>[B, tokens, C]</c> to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var projected = qkv.call(norm.call(x)).unflatten(2, _numHeads, -1).transpose(1, 2).chunk(3, 3); // [B, heads, tokens, channels per head] each
        var attended = F.scaled_dot_product_attention(projected[0], projected[1], projected[2], attn_mask: Biases());
        return proj.call(attended.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    /// <summary>What is added to the scores, <c>[1, heads, tokens, tokens]</c>. Each head has a number for each distance in rows and in columns.</summary>
    private Tensor Biases()
    {
        using var scope = NewDisposeScope();
        var position = TensorArithmetic.Range(0, _windowSize, int64, attention_biases.device);
        var distance = (position.unsqueeze(1) - position.unsqueeze(0)).abs();
        var index = distance.Times(_windowSize).view(_windowSize, 1, _windowSize, 1).Plus(distance.view(1, _windowSize, 1, _windowSize));
        var tokens = _windowSize * _windowSize;
        return attention_biases.index_select(1, index.flatten()).view(1, _numHeads, tokens, tokens).MoveToOuterDisposeScope();
    }
}

/// <summary>Normalisation and two linear layers (mobile_sam/modeling/tiny_vit_sam.py, <c>Mlp</c>).</summary>
public class TinyViTMlp : nn.Module<Tensor, Tensor>
{
    private readonly LayerNorm norm;
    private readonly LinearLayer fc1;
    private readonly LinearLayer fc2;

    /// <summary>Builds the layers with freshly initialised weights.</summary>
    /// <param name="dim">Channels of input and result.</param>
    /// <param name="hiddenDim">Channels in between.</param>
    public TinyViTMlp(long dim, long hiddenDim) : base(nameof(TinyViTMlp))
    {
        norm = nn.LayerNorm(dim);
        fc1 = new LinearLayer(dim, hiddenDim);
        fc2 = new LinearLayer(hiddenDim, dim);
        RegisterComponents();
    }

    /// <summary>Maps <c>[…, dim]</c> to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return fc2.call(Activation.Gelu.After(fc1, norm.call(x))).MoveToOuterDisposeScope();
    }
}
