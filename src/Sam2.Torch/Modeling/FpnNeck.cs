using Sam2.Torch.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

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
            ("conv", (nn.Module<Tensor, Tensor>)nn.Conv2d(
                channels, config.DModel, config.KernelSize, config.Stride, config.Padding))))]);
        _config = config;
        RegisterComponents();
    }

    /// <summary>Maps the trunk's features, finest first, <c>[B, C_i, H_i, W_i]</c>, to <c>[B, d_model, H_i, W_i]</c>.</summary>
    /// <exception cref="ArgumentException">The features have other channels than <c>backbone_channel_list</c> says.</exception>
    public override IReadOnlyList<Tensor> forward(IReadOnlyList<Tensor> stages)
    {
        if (!stages.Select(stage => stage.shape[1]).Reverse().SequenceEqual(_config.BackboneChannelList.Select(channels => (long)channels)))
            throw new ArgumentException($"The trunk's stages have [{string.Join(", ", stages.Select(stage => stage.shape[1]).Reverse())}] channels, the coarsest first, but backbone_channel_list of the neck is {_config.BackboneChannelList}; they must be equal.", nameof(stages));
        using var scope = NewDisposeScope();
        var levels = new Tensor[stages.Count];
        Tensor? above = null;
        for (var i = stages.Count - 1; i >= 0; i--)
        {
            var lateral = convs[stages.Count - 1 - i].call(stages[i]);
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

    private Tensor TopDown(Tensor above) => _config.FpnInterpModel == "nearest"
        ? F.interpolate(above.to(float32), scale_factor: [2, 2], mode: InterpolationMode.Nearest)
        : F.interpolate(above.to(float32), scale_factor: [2, 2], mode: InterpolationMode.Bilinear, align_corners: false);
}
