using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Media;

/// <summary>Moves pixel data between managed arrays and tensors with one copy.</summary>
public static class TensorMemory
{
    /// <summary>The elements of a contiguous CPU tensor, in place. Valid while the tensor lives.</summary>
    public static Span<T> Span<T>(Tensor tensor)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.bytes);

    /// <summary>A new CPU tensor with a copy of <paramref name="values"/>.</summary>
    public static Tensor From<T>(ReadOnlySpan<T> values, ScalarType dtype, params long[] shape)
        where T : unmanaged
    {
        var tensor = torch.empty(shape, dtype: dtype);
        if (!values.IsEmpty)
        {
            values.CopyTo(Span<T>(tensor));
        }

        return tensor;
    }

    /// <summary>A copy of a tensor's elements in row-major order, wherever the tensor lives and however it is strided.</summary>
    public static T[] ToArray<T>(Tensor tensor)
        where T : unmanaged
    {
        using var scope = NewDisposeScope();
        if (tensor.NumberOfElements == 0)
        {
            return [];
        }

        return Span<T>(tensor.detach().cpu().contiguous()).ToArray();
    }

    /// <summary>
    /// Brings a tensor to a device. From the CPU to CUDA it goes through pinned memory, which the device reads by itself: the caller doesn't
    /// wait until it has done what it was asked before.
    /// </summary>
    internal static Tensor Upload(Tensor tensor, Device device)
    {
        if (device.type != DeviceType.CUDA || tensor.device_type != DeviceType.CPU) return tensor.to(device);
        // libtorch keeps pinned memory until the device has read it, so it may be disposed here.
        using var pinned = tensor.pin_memory();
        return pinned.to(device, non_blocking: true);
    }
}
