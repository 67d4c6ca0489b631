using Sam2.Torch.Configuration;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Brings a mask at image size to the resolution and the channels of the image embedding by strided convolutions
/// (sam2/modeling/memory_encoder.py, <c>MaskDownSampler</c>).
/// </summary>
public sealed class MaskDownSampler : Module<Tensor, Tensor>
{
    private readonly Sequential encoder;

    /// <summary>Creates the module with freshly initialised weights.</summary>
    /// <exception cref="ArgumentException">The total stride isn't a power of the stride.</exception>
    public MaskDownSampler(MaskDownSamplerConfig config) : base(nameof(MaskDownSampler))
    {
        var stages = new List<Module<Tensor, Tensor>>();
        long channels = 1, reached = 1;
        while (config.Stride > 1 && reached < config.TotalStride)
        {
            var next = channels * config.Stride * config.Stride;
            stages.Add(Conv2d(channels, next, config.KernelSize, stride: config.Stride, padding: config.Padding));
            stages.Add(new LayerNorm2d(next));
            stages.Add(GELU());
            channels = next;
            reached *= config.Stride;
        }

        if (reached != config.TotalStride)
        {
            throw new ArgumentException(
                $"The mask downsampler's total stride {config.TotalStride} isn't a power of its stride {config.Stride}.", nameof(config));
        }

        stages.Add(Conv2d(channels, config.EmbedDim, 1));
        encoder = Sequential(stages);
        RegisterComponents();
    }

    /// <summary>Masks [B, 1, H, W] to features [B, C, H / stride, W / stride].</summary>
    public override Tensor forward(Tensor masks)
    {
        using var scope = NewDisposeScope();
        return encoder.call(masks).MoveToOuterDisposeScope();
    }
}
