using Sam2.Torch.Configuration;
using Sam2.Torch.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>
/// The convolutional trunk of EdgeTAM, RepViT (Wang et al., "RepViT: Revisiting Mobile CNN From ViT Perspective", arXiv 2307.09283; timm/models/repvit.py) as
/// timm's features have it (sam2/modeling/backbones/timm.py, <c>TimmBackbone</c>): its keys begin with <c>body.</c>. Branches are as in training, not merged.
/// </summary>
/// <remarks>
/// Batch normalisation takes its statistics from the batch in training mode, and moves its running ones, which inference uses.
/// </remarks>
public class RepViT : nn.Module<Tensor, IReadOnlyList<Tensor>>
{
    private readonly nn.Module<Tensor, IReadOnlyList<Tensor>> body;

    /// <summary>Builds the trunk with freshly initialised weights.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="body">Stem and stages, with the results of <see cref="RepViTBody.forward"/>; those of the variant when null.</param>
    /// <exception cref="ArgumentException">There is no such variant, or the features aren't all stages in order.</exception>
    public RepViT(RepViTConfig config, nn.Module<Tensor, IReadOnlyList<Tensor>>? body = null) : base(nameof(RepViT))
    {
        TorchRuntime.EnsureLoaded();
        if (config.Variant is not { } variant)
            throw new ArgumentException($"name is '{config.Name}'; the variants are {string.Join(", ", RepViTConfig.Variants.Keys)}, with or without what follows a dot.");
        if (!config.TakesAllStages)
            throw new ArgumentException($"features are [{string.Join(", ", config.Features)}]; they must be layer0 to layer3, in this order.");
        this.body = body ?? new RepViTBody(variant);
        RegisterComponents();
    }

    /// <summary>Encodes images.</summary>
    /// <param name="x"><c>[B, 3, H, W]</c>, normalised; H and W are multiples of 32.</param>
    /// <returns>The features of each stage, finest first, <c>[B, C_i, H_i, W_i]</c>, strides 4, 8, 16 and 32.</returns>
    public override IReadOnlyList<Tensor> forward(Tensor x) => body.call(x);
}

/// <summary>Stem and four stages of <see cref="RepViT"/>, by the names that timm gives them as features.</summary>
public class RepViTBody : nn.Module<Tensor, IReadOnlyList<Tensor>>
{
    private readonly RepViTStem stem;
    private readonly RepViTStage stages_0, stages_1, stages_2, stages_3;

    /// <summary>Builds them with freshly initialised weights.</summary>
    public RepViTBody(RepViTVariant variant) : base(nameof(RepViTBody))
    {
        stem = new RepViTStem(variant.Widths[0]);
        stages_0 = new RepViTStage(variant.Widths[0], variant.Widths[0], variant.Depths[0], variant.Legacy);
        stages_1 = new RepViTStage(variant.Widths[0], variant.Widths[1], variant.Depths[1], variant.Legacy);
        stages_2 = new RepViTStage(variant.Widths[1], variant.Widths[2], variant.Depths[2], variant.Legacy);
        stages_3 = new RepViTStage(variant.Widths[2], variant.Widths[3], variant.Depths[3], variant.Legacy);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, 3, H, W]</c> to the features of each stage, finest first.</summary>
    public override IReadOnlyList<Tensor> forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = stem.call(x);
        var outputs = new List<Tensor>();
        foreach (var stage in new[] { stages_0, stages_1, stages_2, stages_3 })
        {
            x = stage.call(x);
            outputs.Add(x.MoveToOuterDisposeScope());
        }
        return outputs;
    }
}

/// <summary>Two convolutions of stride 2 (timm/models/repvit.py, <c>RepVitStem</c>).</summary>
public class RepViTStem : nn.Module<Tensor, Tensor>
{
    private readonly ConvNorm conv1, conv2;

    /// <summary>Builds the stem with freshly initialised weights.</summary>
    public RepViTStem(int width) : base(nameof(RepViTStem))
    {
        conv1 = new ConvNorm(3, width / 2, kernel: 3, stride: 2);
        conv2 = new ConvNorm(width / 2, width, kernel: 3, stride: 2);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, 3, H, W]</c> to <c>[B, C, H/4, W/4]</c>.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return conv2.call(Activation.Gelu.ApplyConsuming(conv1.call(x))).MoveToOuterDisposeScope();
    }
}

/// <summary>A stage of blocks of one width, every second of which weighs its channels (timm/models/repvit.py, <c>RepVitStage</c>).</summary>
public class RepViTStage : nn.Module<Tensor, Tensor>
{
    private readonly RepViTDownsample? downsample;
    private readonly Sequential blocks;

    /// <summary>Builds a stage with freshly initialised weights. It halves the resolution where the width changes.</summary>
    public RepViTStage(int width, int widthOut, int depth, bool legacy) : base(nameof(RepViTStage))
    {
        if (width != widthOut) downsample = new RepViTDownsample(width, widthOut, legacy);
        blocks = nn.Sequential([.. Enumerable.Range(0, depth).Select(i => new RepViTBlock(widthOut, weighsChannels: i % 2 == 0, legacy))]);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, C, H, W]</c> to <c>[B, C', H', W']</c>.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return blocks.call(downsample is null ? x : downsample.call(x)).MoveToOuterDisposeScope();
    }
}

/// <summary>Halves the resolution and changes the width (timm/models/repvit.py, <c>RepVitDownsample</c>).</summary>
public class RepViTDownsample : nn.Module<Tensor, Tensor>
{
    private readonly RepViTBlock pre_block;
    private readonly ConvNorm spatial_downsample, channel_downsample;
    private readonly RepViTMlp ffn;

    /// <summary>Builds it with freshly initialised weights.</summary>
    public RepViTDownsample(int width, int widthOut, bool legacy) : base(nameof(RepViTDownsample))
    {
        pre_block = new RepViTBlock(width, weighsChannels: false, legacy);
        spatial_downsample = new ConvNorm(width, width, kernel: 3, stride: 2, groups: width);
        channel_downsample = new ConvNorm(width, widthOut, kernel: 1);
        ffn = new RepViTMlp(widthOut);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, C, H, W]</c> to <c>[B, C', H/2, W/2]</c>.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = channel_downsample.call(spatial_downsample.call(pre_block.call(x)));
        return x.Plus(ffn.call(x)).MoveToOuterDisposeScope();
    }
}

/// <summary>Mixes tokens by depth-wise convolutions, then channels (timm/models/repvit.py, <c>RepViTBlock</c>).</summary>
public class RepViTBlock : nn.Module<Tensor, Tensor>
{
    private readonly RepVggDw token_mixer;
    private readonly SqueezeExcite? se;
    private readonly RepViTMlp channel_mixer;

    /// <summary>Builds a block with freshly initialised weights.</summary>
    public RepViTBlock(int width, bool weighsChannels, bool legacy) : base(nameof(RepViTBlock))
    {
        token_mixer = new RepVggDw(width, legacy);
        if (weighsChannels) se = new SqueezeExcite(width);
        channel_mixer = new RepViTMlp(width);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, C, H, W]</c> to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = token_mixer.call(x);
        if (se is not null) x = se.call(x);
        return x.Plus(channel_mixer.call(x)).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// A 3×3 and a 1×1 depth-wise convolution and the identity, added up (timm/models/repvit.py, <c>RepVggDw</c>). The older variants normalise each convolution, the
/// newer ones the sum.
/// </summary>
public class RepVggDw : nn.Module<Tensor, Tensor>
{
    private readonly ConvNorm conv;
    private readonly nn.Module<Tensor, Tensor> conv1;
    private readonly BatchNorm2d? bn;

    /// <summary>Builds it with freshly initialised weights.</summary>
    public RepVggDw(int width, bool legacy) : base(nameof(RepVggDw))
    {
        conv = new ConvNorm(width, width, kernel: 3, groups: width);
        conv1 = legacy ? new ConvNorm(width, width, kernel: 1, groups: width) : new Conv2dLayer(width, width, kernelSize: 1, groups: width);
        if (!legacy) bn = nn.BatchNorm2d(width);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, C, H, W]</c> to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var sum = conv.call(x).Plus(conv1.call(x)).Plus(x);
        return (bn is null ? sum : bn.call(sum)).MoveToOuterDisposeScope();
    }
}

/// <summary>Two 1×1 convolutions with a hidden layer of twice the width (timm/models/repvit.py, <c>RepVitMlp</c>).</summary>
public class RepViTMlp : nn.Module<Tensor, Tensor>
{
    private readonly ConvNorm conv1, conv2;

    /// <summary>Builds it with freshly initialised weights: at first it adds nothing.</summary>
    public RepViTMlp(int width) : base(nameof(RepViTMlp))
    {
        conv1 = new ConvNorm(width, 2 * width, kernel: 1);
        conv2 = new ConvNorm(2 * width, width, kernel: 1, scale: 0);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, C, H, W]</c> to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return conv2.call(Activation.Gelu.ApplyConsuming(conv1.call(x))).MoveToOuterDisposeScope();
    }
}

/// <summary>Weighs channels by what their means say (Hu et al., arXiv 1709.01507; timm/layers/squeeze_excite.py).</summary>
public class SqueezeExcite : nn.Module<Tensor, Tensor>
{
    private readonly Conv2dLayer fc1, fc2;

    /// <summary>Builds it with freshly initialised weights; its hidden layer is a quarter as wide, rounded to a multiple of 8.</summary>
    public SqueezeExcite(int width) : base(nameof(SqueezeExcite))
    {
        var hidden = Math.Max(8, (width / 4 + 4) / 8 * 8);
        fc1 = new Conv2dLayer(width, hidden, kernelSize: 1);
        fc2 = new Conv2dLayer(hidden, width, kernelSize: 1);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, C, H, W]</c> to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return (x * fc2.call(F.relu(fc1.call(x.mean([2, 3], keepdim: true)))).sigmoid()).MoveToOuterDisposeScope();
    }
}

/// <summary>A convolution without bias and its batch normalisation (timm/models/repvit.py, <c>ConvNorm</c>).</summary>
public class ConvNorm : nn.Module<Tensor, Tensor>
{
    private readonly Conv2dLayer c;
    private readonly BatchNorm2d bn;

    /// <summary>Builds it with freshly initialised weights.</summary>
    /// <param name="channels">Channels of the input.</param>
    /// <param name="channelsOut">Channels of the result.</param>
    /// <param name="kernel">Side of the kernel, an odd number; the padding keeps the grid.</param>
    /// <param name="stride">Stride.</param>
    /// <param name="groups">Groups of channels that are kept apart.</param>
    /// <param name="scale">Initial scale of the normalisation.</param>
    public ConvNorm(long channels, long channelsOut, long kernel, long stride = 1, long groups = 1, double scale = 1) : base(nameof(ConvNorm))
    {
        c = new Conv2dLayer(channels, channelsOut, kernel, stride, (kernel - 1) / 2, groups: groups, hasBias: false);
        bn = nn.BatchNorm2d(channelsOut);
        nn.init.constant_(bn.weight, Scalars.Of(scale));
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, C, H, W]</c> to <c>[B, C', H/stride, W/stride]</c>.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return bn.call(c.call(x)).MoveToOuterDisposeScope();
    }
}
