using Sam2.Torch;
using TorchSharp;

namespace Sam2.Cli.Commands;

/// <summary>Whether a device computes in a precision at all: libtorch 1.13 has no half-precision convolution on the CPU.</summary>
internal static class PrecisionSupport
{
    /// <summary>Requires that a device computes in a precision.</summary>
    /// <exception cref="NotSupportedException">The device can't; the message says what to use instead.</exception>
    public static void Require(torch.Device device, torch.ScalarType precision)
    {
        if (precision == torch.ScalarType.Float16 && !HalfPrecision.WorksOn(device))
        {
            throw new NotSupportedException(
                $"--precision fp16: this libtorch can't compute in half precision on '{device}'; use --precision bf16 or fp32.");
        }
    }
}
