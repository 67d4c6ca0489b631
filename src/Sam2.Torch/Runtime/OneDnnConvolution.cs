using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Runtime;

/// <summary>
/// The convolutions of oneDNN that are right, once <see cref="TorchRuntime.EnsureLoaded"/> has told libtorch not to use it, because others are wrong on this
/// processor. libtorch's own code takes twice as long for most of the model's convolutions, and 123 ms instead of 0.9 for a depthwise one of 256 channels (AMD's
/// Zen 5, 2 cores). Without gradients.
/// </summary>
internal static class OneDnnConvolution
{
    private const string Methods = """
          def convolve(self: __torch__.Products,
            x: Tensor,
            weight: Tensor,
            bias: Optional[Tensor],
            stride: int,
            padding: int,
            groups: int) -> Tensor:
            return torch.mkldnn_convolution(x, weight, bias, [padding, padding], [stride, stride], [1, 1], groups)

          def convolve_transposed(self: __torch__.Products,
            x: Tensor,
            weight: Tensor,
            bias: Optional[Tensor],
            stride: int) -> Tensor:
            _0 = annotate(List[Optional[number]], [])
            return ops.mkldnn._convolution_transpose_pointwise(x, weight, bias, [0, 0], [0, 0], [stride, stride], [1, 1], 1, "none", _0, "")

        """;

    // Channels in a block, and what oneDNN takes for the colours of an image, which has no blocks.
    private const long Block = 16, Colours = 4;

    // Channels in a block of the result of a transposed convolution, if there are as many.
    private const long WideBlock = 64;

    // Below, calling through TorchScript costs more than is won.
    private const long FewestElements = 16 << 10;

    private static readonly Lazy<jit.ScriptModule?> Module = new(() => OneDnn.Load(Methods));

    /// <summary>Whether libtorch doesn't use oneDNN by itself. Tests set it, to compute both ways.</summary>
    public static bool IsNeeded { get; set; }

    /// <summary>
    /// Whether <see cref="Convolve"/> is needed and right: on the CPU, no gradient is wanted, and channels fill their blocks.
    /// </summary>
    /// <remarks>
    /// Of 2,000 convolutions in memory filled with NaN, none of these was wrong. 1×1 kernels that mix channels are left out: some with 112 channels were, and
    /// linear layers compute the same.
    /// </remarks>
    /// <param name="x"><c>[B, C, H, W]</c>.</param>
    /// <param name="weight"><c>[C', C / groups, k, k]</c>.</param>
    /// <param name="groups">Groups of channels that don't mix.</param>
    public static bool IsUsable(Tensor x, Tensor weight, long groups)
    {
        var (input, output) = (x.size(1), weight.size(0));
        var fill = groups == 1
            ? weight.size(2) > 1 && (input <= Colours || input % Block == 0) && (weight.dtype == ScalarType.Float32 || output % Block == 0)
            : groups == input && groups == output && groups % Block == 0;
        return fill && IsUsable(x, weight);
    }

    /// <summary>Whether <see cref="ConvolveTransposed"/> is needed and right.</summary>
    /// <param name="x"><c>[B, C, H, W]</c>.</param>
    /// <param name="weight"><c>[C, C', k, k]</c>.</param>
    public static bool IsUsableTransposed(Tensor x, Tensor weight) =>
        weight.size(0) % Block == 0 && (weight.size(1) == WideBlock / 2 || weight.size(1) % WideBlock == 0) && IsUsable(x, weight);

    /// <summary>The convolution, where <see cref="IsUsable(Tensor, Tensor, long)"/>.</summary>
    /// <param name="x"><c>[B, C, H, W]</c>.</param>
    /// <param name="weight"><c>[C', C / groups, k, k]</c>.</param>
    /// <param name="bias"><c>[C']</c>, or null for none.</param>
    /// <param name="stride">Stride.</param>
    /// <param name="padding">Zeros at each edge.</param>
    /// <param name="groups">Groups of channels that don't mix.</param>
    /// <returns><c>[B, C', H', W']</c>, in the order in memory of <paramref name="x"/>.</returns>
    public static Tensor Convolve(Tensor x, Tensor weight, Tensor? bias, long stride, long padding, long groups)
    {
        using var signals = HeldSignals.Hold();
        return Module.Value!.invoke<Tensor>("convolve", x, weight, bias!, Scalars.Of(stride), Scalars.Of(padding), Scalars.Of(groups));
    }

    /// <summary>The transposed convolution, where <see cref="IsUsableTransposed"/>.</summary>
    /// <param name="x"><c>[B, C, H, W]</c>.</param>
    /// <param name="weight"><c>[C, C', k, k]</c>.</param>
    /// <param name="bias"><c>[C']</c>, or null for none.</param>
    /// <param name="stride">Stride.</param>
    /// <returns><c>[B, C', H', W']</c>, in the order in memory of <paramref name="x"/>.</returns>
    public static Tensor ConvolveTransposed(Tensor x, Tensor weight, Tensor? bias, long stride)
    {
        using var signals = HeldSignals.Hold();
        return Module.Value!.invoke<Tensor>("convolve_transposed", x, weight, bias!, Scalars.Of(stride));
    }

    private static bool IsUsable(Tensor x, Tensor weight) =>
        IsNeeded && OneDnn.Enabled && !is_grad_enabled() && x.device_type == DeviceType.CPU
        && x.dtype == weight.dtype && x.dtype is ScalarType.Float32 or ScalarType.BFloat16
        && x.numel() >= FewestElements && Module.Value is not null;
}
