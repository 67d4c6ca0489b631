using Sam2.Torch.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>
/// A convolution: <c>torch.nn.Conv2d</c> with the same parameters and the same initial weights. On a CPU, without gradients, it is faster: a 1×1 kernel on a
/// map that is channels-last is a linear layer, and goes to <see cref="OneDnn"/>; others do where libtorch doesn't use oneDNN by itself
/// (<see cref="TorchRuntime.EnsureLoaded"/>).
/// </summary>
public class Conv2dLayer : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter? bias;
    private readonly long _stride, _padding, _groups;

    /// <summary>Builds the layer with freshly initialised weights.</summary>
    /// <param name="inChannels">Channels of the input, C; a multiple of <paramref name="groups"/>.</param>
    /// <param name="outChannels">Channels of the result, C'; a multiple of <paramref name="groups"/>.</param>
    /// <param name="kernelSize">Side of the kernel.</param>
    /// <param name="stride">Stride.</param>
    /// <param name="padding">Zeros at each edge.</param>
    /// <param name="groups">Groups of channels that don't mix.</param>
    /// <param name="hasBias">Whether a number is added to each channel of the result.</param>
    /// <exception cref="ArgumentException">The groups don't divide the channels.</exception>
    public Conv2dLayer(long inChannels, long outChannels, long kernelSize, long stride = 1, long padding = 0, long groups = 1, bool hasBias = true)
        : base(nameof(Conv2dLayer))
    {
        if (groups < 1 || inChannels % groups != 0 || outChannels % groups != 0)
            throw new ArgumentException($"A convolution from {inChannels} to {outChannels} channels can't have {groups} groups; both must be multiples of it.", nameof(groups));
        weight = nn.Parameter(empty(outChannels, inChannels / groups, kernelSize, kernelSize));
        InitialWeights.Fill(weight);
        if (hasBias) bias = InitialWeights.Bias(weight, outChannels);
        (_stride, _padding, _groups) = (stride, padding, groups);
        RegisterComponents();
    }

    /// <summary>The weights, <c>[C', C / groups, k, k]</c>.</summary>
    public Parameter Weight => weight;

    /// <summary>What is added to each channel of the result, <c>[C']</c>; null for nothing.</summary>
    public Parameter? Bias => bias;

    /// <summary>Maps <c>[B, C, H, W]</c> to <c>[B, C', H', W']</c>, in the same order in memory.</summary>
    public override Tensor forward(Tensor x) => Apply(x, weight, bias);

    /// <summary>Whether nothing but the channels of each pixel are mixed, by one matrix.</summary>
    internal bool IsLinear => weight.size(2) == 1 && _stride == 1 && _padding == 0 && _groups == 1;

    /// <summary>
    /// What this layer makes of the result of <paramref name="first"/>, without that result: both are <see cref="IsLinear"/>, so their weights
    /// can be multiplied. Hooks don't see it.
    /// </summary>
    /// <param name="first">A layer with as many channels in its result as this one has in its input.</param>
    /// <param name="x">Its input, <c>[B, C, H, W]</c>.</param>
    internal Tensor ApplyAfter(Conv2dLayer first, Tensor x)
    {
        using var scope = NewDisposeScope();
        var matrix = Matrix(weight);
        var shift = first.bias is null ? bias : bias is null ? mv(matrix, first.bias) : mv(matrix, first.bias).Plus(bias);
        return Apply(x, mm(matrix, Matrix(first.weight)).unsqueeze(2).unsqueeze(3), shift).MoveToOuterDisposeScope();
    }

    private Tensor Apply(Tensor x, Tensor weight, Tensor? bias)
    {
        if (IsLinear && x.dim() == 4)
        {
            using var scope = NewDisposeScope();
            var pixels = x.permute(0, 2, 3, 1);
            var matrix = Matrix(weight);
            if (pixels.is_contiguous() && OneDnn.IsUsable(pixels, matrix)) return OneDnn.Linear(pixels, matrix, bias).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
        }
        if (OneDnnConvolution.IsUsable(x, weight, _groups)) return OneDnnConvolution.Convolve(x, weight, bias, _stride, _padding, _groups);
        using var signals = HeldSignals.Hold();
        return F.conv2d(x, weight, bias, strides: [_stride, _stride], padding: [_padding, _padding], groups: _groups);
    }

    private static Tensor Matrix(Tensor weight) => weight.view(weight.size(0), weight.size(1));
}

/// <summary>
/// A transposed convolution: <c>torch.nn.ConvTranspose2d</c> with the same parameters and the same initial weights. On a CPU, without gradients, oneDNN computes it also
/// where libtorch doesn't use that by itself (<see cref="TorchRuntime.EnsureLoaded"/>).
/// </summary>
public class ConvTranspose2dLayer : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly long _stride;

    /// <summary>Builds the layer with freshly initialised weights.</summary>
    /// <param name="inChannels">Channels of the input, C.</param>
    /// <param name="outChannels">Channels of the result, C'.</param>
    /// <param name="kernelSize">Side of the kernel.</param>
    /// <param name="stride">Stride.</param>
    public ConvTranspose2dLayer(long inChannels, long outChannels, long kernelSize, long stride) : base(nameof(ConvTranspose2dLayer))
    {
        weight = nn.Parameter(empty(inChannels, outChannels, kernelSize, kernelSize));
        InitialWeights.Fill(weight);
        bias = InitialWeights.Bias(weight, outChannels);
        _stride = stride;
        RegisterComponents();
    }

    /// <summary>The weights, <c>[C, C', k, k]</c>.</summary>
    public Parameter Weight => weight;

    /// <summary>What is added to each channel of the result, <c>[C']</c>.</summary>
    public Parameter Bias => bias;

    /// <summary>Maps <c>[B, C, H, W]</c> to <c>[B, C', H', W']</c>, in the same order in memory.</summary>
    public override Tensor forward(Tensor x)
    {
        if (OneDnnConvolution.IsUsableTransposed(x, weight)) return OneDnnConvolution.ConvolveTransposed(x, weight, bias, _stride);
        using var signals = HeldSignals.Hold();
        return F.conv_transpose2d(x, weight, bias, strides: [_stride, _stride]);
    }
}

/// <summary>PyTorch's initial weights of convolutions and linear layers (torch/nn/modules/conv.py and linear.py, <c>reset_parameters</c>).</summary>
internal static class InitialWeights
{
    public static void Fill(Tensor weight) => nn.init.kaiming_uniform_(weight, a: Math.Sqrt(5));

    /// <summary>PyTorch counts the inputs of one output by all dimensions but the first, also for transposed convolutions, where they are in the first.</summary>
    public static Parameter Bias(Tensor weight, long channels)
    {
        var bias = nn.Parameter(empty(channels));
        var bound = 1 / Math.Sqrt(weight.numel() / weight.size(0));
        nn.init.uniform_(bias, -bound, bound);
        return bias;
    }
}
