using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>Layer normalisation over the channels of every pixel (sam2/modeling/sam2_utils.py, <c>LayerNorm2d</c>).</summary>
public class LayerNorm2d : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly long[] _channels;
    private readonly double _eps;

    /// <summary>Normalises <paramref name="numChannels"/> channels; <paramref name="eps"/> is added to the variance.</summary>
    public LayerNorm2d(long numChannels, double eps = 1e-6) : base(nameof(LayerNorm2d))
    {
        weight = nn.Parameter(ones(numChannels));
        bias = nn.Parameter(zeros(numChannels));
        _channels = [numChannels];
        _eps = eps;
        RegisterComponents();
    }

    /// <summary>Normalises <c>[B, C, H, W]</c>. The result is channels-last in memory.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return F.layer_norm(x.permute(0, 2, 3, 1), _channels, weight, bias, _eps).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
