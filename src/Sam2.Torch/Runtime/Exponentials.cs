using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Runtime;

/// <summary>
/// Keeps libtorch's powers fast on a CPU. With AVX-512, exp and exp2 load infinity under a mask that is empty unless a result overflows. Where the page
/// with that constant isn't marked as accessed, such a load takes 180 ns on AMD's Zen 5 and marks nothing. Virtual machines have their marks cleared every few
/// seconds; attention to memories then took three times as long, and 64 clicks half as long again. A load that is needed marks the page.
/// </summary>
internal static class Exponentials
{
    // Elements that libtorch gives to one thread, and a number whose powers overflow.
    private const long Grain = 32_768;
    private const float Overflowing = 200;

    // Fewer elements take less time even at the slowest.
    private const long Many = 1 << 16;

    /// <summary>Has each thread compute a power of 2 that overflows: to be called before <c>exp2</c>.</summary>
    public static void KeepExp2Fast()
    {
        if (!Avx512F.IsSupported) return;
        using var scope = NewDisposeScope();
        full([get_num_threads() * Grain], Scalars.Of(Overflowing)).exp2_();
    }

    /// <summary>Has each thread compute a power of e that overflows: to be called before <c>softmax</c>, <c>sigmoid</c> or <c>gelu</c>. 2 million elements take GELU 0.5 ms, or up to 16.</summary>
    /// <param name="x">What they are computed of.</param>
    public static void KeepExpFast(Tensor x)
    {
        if (!Avx512F.IsSupported || x.device_type != DeviceType.CPU || x.numel() <= Many) return;
        using var scope = NewDisposeScope();
        full([get_num_threads() * Grain], Scalars.Of(-Overflowing)).sigmoid_();
    }
}
