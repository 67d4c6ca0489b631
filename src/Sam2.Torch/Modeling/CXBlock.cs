using Sam2.Torch.Configuration;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Sam2.Torch.Modeling;

/// <summary>
/// ConvNeXt block: depth-wise convolution, normalisation, two linear layers over the channels, layer scale, residual
/// (sam2/modeling/memory_encoder.py, <c>CXBlock</c>).
/// </summary>
public sealed class CXBlock : Module<Tensor, Tensor>
{
    private readonly Conv2d dwconv;
    private readonly LayerNorm2d norm;
    private readonly Linear pwconv1, pwconv2;
    private readonly Parameter? gamma;
    private readonly DropPath? drop_path;

    /// <summary>Creates the block with freshly initialised weights.</summary>
    public CXBlock(CXBlockConfig config) : base(nameof(CXBlock))
    {
        long dim = config.Dim;
        dwconv = Conv2d(dim, dim, config.KernelSize, padding: config.Padding, groups: config.UseDwconv ? dim : 1);
        norm = new LayerNorm2d(dim, 1e-6);
        pwconv1 = Linear(dim, 4 * dim);
        pwconv2 = Linear(4 * dim, dim);
        if (config.LayerScaleInitValue > 0) gamma = Parameter(full(dim, config.LayerScaleInitValue));
        if (config.DropPath > 0) drop_path = new DropPath(config.DropPath);
        RegisterComponents();
    }

    /// <summary>Features [B, C, H, W] to features of the same shape.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = norm.call(dwconv.call(input)).permute(0, 2, 3, 1);
        x = pwconv2.call(functional.gelu(pwconv1.call(x)));
        if (gamma is not null) x = gamma * x;
        x = x.permute(0, 3, 1, 2);
        if (drop_path is not null) x = drop_path.call(x);
        return (input + x).MoveToOuterDisposeScope();
    }
}
