using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch;

/// <summary>Where float16 can be computed with: most CPU builds of libtorch have no convolution for it.</summary>
public static class HalfPrecision
{
    /// <summary>Tries a convolution of one number.</summary>
    /// <param name="device">The device.</param>
    /// <returns>Whether it could be computed.</returns>
    public static bool WorksOn(Device device)
    {
        using var scope = NewDisposeScope();
        var one = ones([1, 1, 1, 1], dtype: ScalarType.Float16, device: device);
        try
        {
            nn.functional.conv2d(one, one);
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return false;
        }
    }
}
