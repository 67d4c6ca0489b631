using Sam2.Torch.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>Trunk and neck (sam2/modeling/backbones/image_encoder.py, <c>ImageEncoder</c>).</summary>
public class ImageEncoder : nn.Module<Tensor, IReadOnlyList<Tensor>>
{
    private readonly nn.Module<Tensor, IReadOnlyList<Tensor>> trunk;
    private readonly nn.Module<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> neck;
    private readonly int _scalp;

    /// <summary>Builds the encoder with freshly initialised weights.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="trunk">
    /// Maps images <c>[B, 3, H, W]</c> to features, finest first, <c>[B, C_i, H_i, W_i]</c>, strides 4, 8, 16 and 32 in the
    /// published models of SAM 2; the configured one when null. Its channels are <see cref="NeckConfig.BackboneChannelList"/>.
    /// </param>
    /// <param name="neck">Maps the trunk's features to levels <c>[B, d_model, H_i, W_i]</c>; the configured one when null.</param>
    /// <exception cref="ArgumentException">The neck expects other channels than the trunk has.</exception>
    public ImageEncoder(
        ImageEncoderConfig config,
        nn.Module<Tensor, IReadOnlyList<Tensor>>? trunk = null,
        nn.Module<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>>? neck = null) : base(nameof(ImageEncoder))
    {
        if (trunk is null && neck is null && !config.Trunk.StageChannels.SequenceEqual(config.Neck.BackboneChannelList))
            throw new ArgumentException($"The trunk's stages have [{string.Join(", ", config.Trunk.StageChannels)}] channels, but backbone_channel_list of the neck is {config.Neck.BackboneChannelList}; they must be equal.");
        this.trunk = trunk ?? config.Trunk.Build();
        this.neck = neck ?? config.Neck.Build();
        _scalp = config.Scalp;
        RegisterComponents();
    }

    /// <summary>Encodes images.</summary>
    /// <param name="image"><c>[B, 3, H, W]</c>, normalised.</param>
    /// <returns>
    /// Feature maps, finest first, <c>[B, d_model, H/4, W/4]</c>, <c>[B, d_model, H/8, W/8]</c>, …, without the coarsest
    /// <see cref="ImageEncoderConfig.Scalp"/>. Their position encoding isn't among them, as it is in the original: only that of the
    /// last level is ever used (<see cref="Sam2Model.ImagePositionEncoding"/>), and that of the finest has 67 MB at 1024×1024 pixels.
    /// </returns>
    public override IReadOnlyList<Tensor> forward(Tensor image)
    {
        using var scope = NewDisposeScope();
        return WithoutCoarsest(neck.call(trunk.call(image)));
    }

    /// <summary>
    /// Whether <see cref="EncodeProjected"/> gives what <paramref name="projections"/> would make of the finest levels, and nobody would see the difference:
    /// neither gradients nor hooks nor replaced parts have a use for these levels, and half precision would round the product of the weights. Training keeps its last digits, whether a frozen
    /// encoder computes gradients or not.
    /// </summary>
    /// <param name="projections">Layers for all levels but the last that is returned, the finest first.</param>
    internal bool CanProject(IReadOnlyList<Conv2dLayer> projections) =>
        GetType() == typeof(ImageEncoder) && !is_grad_enabled() && !training && !ForwardHooks.AreOn(this) && !ForwardHooks.AreIn([.. projections])
        && projections.All(layer => layer.IsLinear && layer.Weight.dtype == ScalarType.Float32)
        && neck is FpnNeck fpn && fpn.CanProject(projections.Count, projections.Count + 1 + _scalp);

    /// <summary>
    /// The same levels as from <see cref="forward"/>, but the finest as <paramref name="projections"/> make them from it. The level of stride 4 alone takes 67 MB at
    /// 1024×1024 pixels, and 38 of 1,200 ms (AMD's Zen 5, 2 cores); multiplying the weights of both layers avoids it.
    /// </summary>
    /// <param name="image"><c>[B, 3, H, W]</c>, normalised.</param>
    /// <param name="projections">See <see cref="CanProject"/>.</param>
    internal IReadOnlyList<Tensor> EncodeProjected(Tensor image, IReadOnlyList<Conv2dLayer> projections)
    {
        using var scope = NewDisposeScope();
        return WithoutCoarsest(((FpnNeck)neck).Fuse(trunk.call(image), projections));
    }

    private IReadOnlyList<Tensor> WithoutCoarsest(IReadOnlyList<Tensor> levels) =>
        [.. levels.Take(levels.Count - _scalp).Select(level => level.MoveToOuterDisposeScope())];
}

/// <summary>What the image encoder makes of B images: all that later steps need of them.</summary>
/// <param name="Embedding">Image embedding of stride 16, <c>[B, C, H, W]</c>.</param>
/// <param name="HighRes">Skip connections of the mask decoder; null for a model without them.</param>
public sealed record ImageFeatures(Tensor Embedding, HighResFeatures? HighRes) : IDisposable
{
    /// <summary>The features of image <paramref name="index"/>, as views into these.</summary>
    public ImageFeatures this[long index] => new(
        Embedding.narrow(0, index, 1),
        HighRes is null ? null : new(HighRes.Stride8.narrow(0, index, 1), HighRes.Stride4.narrow(0, index, 1)));

    /// <summary>Repeats one image's features for <paramref name="batch"/> objects, without copying.</summary>
    public ImageFeatures Expand(long batch) => new(
        Embedding.expand(batch, -1, -1, -1),
        HighRes is null ? null : new(HighRes.Stride8.expand(batch, -1, -1, -1), HighRes.Stride4.expand(batch, -1, -1, -1)));

    /// <summary>Moves the tensors to the next outer dispose scope.</summary>
    public ImageFeatures MoveToOuterDisposeScope()
    {
        Embedding.MoveToOuterDisposeScope();
        HighRes?.Stride8.MoveToOuterDisposeScope();
        HighRes?.Stride4.MoveToOuterDisposeScope();
        return this;
    }

    /// <summary>Takes the tensors out of every dispose scope; the caller disposes.</summary>
    public ImageFeatures DetachFromDisposeScope()
    {
        Embedding.DetachFromDisposeScope();
        HighRes?.Stride8.DetachFromDisposeScope();
        HighRes?.Stride4.DetachFromDisposeScope();
        return this;
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Embedding.Dispose();
        HighRes?.Dispose();
    }
}

/// <summary>
/// The stride-8 and stride-4 features of an image, projected for the mask decoder's skip connections once per image instead of
/// once per prompt.
/// </summary>
/// <param name="Stride8"><c>[B, C/4, 2H, 2W]</c>, where H×W is the size of the image embedding.</param>
/// <param name="Stride4"><c>[B, C/8, 4H, 4W]</c>.</param>
public sealed record HighResFeatures(Tensor Stride8, Tensor Stride4) : IDisposable
{
    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Stride8.Dispose();
        Stride4.Dispose();
    }
}

/// <summary>
/// Feature pyramid over the trunk's stages: lateral convolutions, and top-down sums at some levels
/// (sam2/modeling/backbones/image_encoder.py, <c>FpnNeck</c>).
/// </summary>
public class FpnNeck : nn.Module<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>>
{
    private readonly ModuleList<Sequential> convs;
    private readonly FpnNeckConfig _config;

    /// <summary>Builds the neck with freshly initialised weights.</summary>
    /// <exception cref="ArgumentException">The way to interpolate or to fuse is unknown.</exception>
    public FpnNeck(FpnNeckConfig config) : base(nameof(FpnNeck))
    {
        if (config.FuseType is not ("sum" or "avg"))
            throw new ArgumentException($"fuse_type is '{config.FuseType}'; it must be 'sum' or 'avg'.");
        if (config.FpnInterpModel is not ("nearest" or "bilinear"))
            throw new ArgumentException($"fpn_interp_model is '{config.FpnInterpModel}'; it must be 'nearest' or 'bilinear'.");
        convs = new ModuleList<Sequential>([.. config.BackboneChannelList.Select(channels => nn.Sequential(
            ("conv", (nn.Module<Tensor, Tensor>)new Conv2dLayer(
                channels, config.DModel, config.KernelSize, config.Stride, config.Padding))))]);
        _config = config;
        RegisterComponents();
    }

    /// <summary>Maps the trunk's features, finest first, <c>[B, C_i, H_i, W_i]</c>, to <c>[B, d_model, H_i, W_i]</c>.</summary>
    /// <exception cref="ArgumentException">The features have other channels than <c>backbone_channel_list</c> says.</exception>
    public override IReadOnlyList<Tensor> forward(IReadOnlyList<Tensor> stages) => Fuse(stages, []);

    /// <summary>Whether the <paramref name="finest"/> of so many levels are 1×1 convolutions alone, which no hook watches.</summary>
    internal bool CanProject(int finest, int levels) =>
        GetType() == typeof(FpnNeck) && levels == convs.Count && !ForwardHooks.AreIn(this)
        && _config.FpnTopDownLevels is { } summed && summed.All(level => level >= finest)
        && Enumerable.Range(0, finest).All(level => Lateral(level) is Conv2dLayer { IsLinear: true });

    /// <summary>As <see cref="forward"/>, with the finest levels as <paramref name="projections"/> make them from these (<see cref="CanProject"/>).</summary>
    internal IReadOnlyList<Tensor> Fuse(IReadOnlyList<Tensor> stages, IReadOnlyList<Conv2dLayer> projections)
    {
        if (!stages.Select(stage => stage.size(1)).Reverse().SequenceEqual(_config.BackboneChannelList.Select(channels => (long)channels)))
            throw new ArgumentException($"The trunk's stages have [{string.Join(", ", stages.Select(stage => stage.size(1)).Reverse())}] channels, the coarsest first, but backbone_channel_list of the neck is {_config.BackboneChannelList}; they must be equal.", nameof(stages));
        using var scope = NewDisposeScope();
        var levels = new Tensor[stages.Count];
        Tensor? above = null;
        for (var i = stages.Count - 1; i >= 0; i--)
        {
            var lateral = i < projections.Count
                ? projections[i].ApplyAfter((Conv2dLayer)Lateral(i), stages[i])
                : convs[stages.Count - 1 - i].call(stages[i]);
            if (above is not null && (_config.FpnTopDownLevels is null || _config.FpnTopDownLevels.Contains(i)))
            {
                lateral = lateral.Plus(TopDown(above).to(lateral.dtype));
                if (_config.FuseType == "avg") lateral = lateral.DividedBy(2);
            }
            levels[i] = above = lateral;
        }
        foreach (var level in levels) level.MoveToOuterDisposeScope();
        return levels;
    }

    private object Lateral(int level) => convs[convs.Count - 1 - level][0];

    private Tensor TopDown(Tensor above) => _config.FpnInterpModel == "nearest"
        ? F.interpolate(above.to(float32), scale_factor: [2, 2], mode: InterpolationMode.Nearest)
        : F.interpolate(above.to(float32), scale_factor: [2, 2], mode: InterpolationMode.Bilinear, align_corners: false);
}
