using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>Turns an image into tokens by a convolution (sam2/modeling/backbones/utils.py, <c>PatchEmbed</c>).</summary>
public sealed class PatchEmbed : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d proj;

    /// <summary>A 7×7 convolution of stride 4 into <paramref name="embedDim"/> channels.</summary>
    public PatchEmbed(long embedDim) : base(nameof(PatchEmbed))
    {
        proj = nn.Conv2d(3, embedDim, kernel_size: 7, stride: 4, padding: 3);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, 3, H, W]</c> to <c>[B, H/4, W/4, C]</c>.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return proj.call(x).permute(0, 2, 3, 1).MoveToOuterDisposeScope();
    }
}
