using Sam2.Torch.Configuration;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>Trunk and neck (sam2/modeling/backbones/image_encoder.py, <c>ImageEncoder</c>).</summary>
public sealed class ImageEncoder : nn.Module<Tensor, IReadOnlyList<Tensor>>
{
    private readonly Hiera trunk;
    private readonly FpnNeck neck;
    private readonly PositionEmbeddingSine position_encoding;
    private readonly int _scalp;

    /// <summary>Builds the encoder.</summary>
    /// <exception cref="ArgumentException">The neck expects other channels than the trunk has.</exception>
    public ImageEncoder(ImageEncoderConfig config) : base(nameof(ImageEncoder))
    {
        trunk = new Hiera(config.Trunk);
        if (!trunk.StageChannels.SequenceEqual(config.Neck.BackboneChannelList))
            throw new ArgumentException($"The trunk's stages have [{string.Join(", ", trunk.StageChannels)}] channels, but backbone_channel_list of the neck is {config.Neck.BackboneChannelList}; they must be equal.");
        neck = new FpnNeck(config.Neck);
        position_encoding = new PositionEmbeddingSine(config.Neck.PositionEncoding);
        _scalp = config.Scalp;
        RegisterComponents();
    }

    /// <summary>
    /// Encodes the positions of a level. It is not part of <see cref="forward"/>'s result because only the coarsest level's
    /// is ever used, and the finest level's alone has 67 MB at 1024×1024 pixels.
    /// </summary>
    public PositionEmbeddingSine PositionEncoding => position_encoding;

    /// <summary>Encodes images.</summary>
    /// <param name="image"><c>[B, 3, H, W]</c>, normalised.</param>
    /// <returns>Feature maps, finest first, <c>[B, d_model, H/4, W/4]</c>, <c>[B, d_model, H/8, W/8]</c>, …</returns>
    public override IReadOnlyList<Tensor> forward(Tensor image)
    {
        using var scope = NewDisposeScope();
        var levels = neck.call(trunk.call(image));
        for (var i = 0; i < levels.Count - _scalp; i++) levels[i].MoveToOuterDisposeScope();
        return [.. levels.Take(levels.Count - _scalp)];
    }
}
