using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>Brings a mask prompt to the resolution of the image embedding (<c>mask_downscaling</c> of sam2/modeling/sam/prompt_encoder.py).</summary>
public sealed class MaskDownscaling : nn.Module<Tensor, Tensor>
{
    // The original is a Sequential, in which activations take the numbers that are missing here.
    [ComponentName(Name = "0")] private readonly Conv2d _first;
    [ComponentName(Name = "1")] private readonly LayerNorm2d _firstNorm;
    [ComponentName(Name = "3")] private readonly Conv2d _second;
    [ComponentName(Name = "4")] private readonly LayerNorm2d _secondNorm;
    [ComponentName(Name = "6")] private readonly Conv2d _last;

    /// <summary>Two convolutions of stride 2 and a projection to <paramref name="embedDim"/> channels.</summary>
    public MaskDownscaling(int maskInChans, int embedDim) : base(nameof(MaskDownscaling))
    {
        _first = nn.Conv2d(1, maskInChans / 4, kernel_size: 2, stride: 2);
        _firstNorm = new LayerNorm2d(maskInChans / 4);
        _second = nn.Conv2d(maskInChans / 4, maskInChans, kernel_size: 2, stride: 2);
        _secondNorm = new LayerNorm2d(maskInChans);
        _last = nn.Conv2d(maskInChans, embedDim, kernel_size: 1);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, 1, 4H, 4W]</c> to <c>[B, C, H, W]</c>.</summary>
    public override Tensor forward(Tensor masks)
    {
        using var scope = NewDisposeScope();
        var x = masks.to(_first.weight!.dtype);
        x = F.gelu(_firstNorm.forward(_first.forward(x)));
        x = F.gelu(_secondNorm.forward(_second.forward(x)));
        return _last.forward(x).MoveToOuterDisposeScope();
    }
}
