using TorchSharp;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Cli.Commands;

/// <summary>Whether a device computes in a precision at all: libtorch 1.13 has no half-precision convolution on the CPU.</summary>
internal static class PrecisionSupport
{
    /// <summary>Tries a convolution of one number.</summary>
    /// <exception cref="NotSupportedException">The device can't; the message says what to use instead.</exception>
    public static void Require(torch.Device device, torch.ScalarType precision)
    {
        if (precision != torch.ScalarType.Float16)
        {
            return;
        }

        using var scope = torch.NewDisposeScope();
        var one = torch.ones([1, 1, 1, 1], dtype: precision, device: device);
        try
        {
            F.conv2d(one, one);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new NotSupportedException(
                $"--precision fp16: this libtorch can't compute in half precision on '{device}'; use --precision bf16 or fp32.", exception);
        }
    }
}
