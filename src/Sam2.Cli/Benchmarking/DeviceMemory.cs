using System.Runtime.InteropServices;
using TorchSharp;

namespace Sam2.Cli.Benchmarking;

/// <summary>
/// Memory of a CUDA device, asked of its driver, since TorchSharp has no function for it. libtorch keeps what it once took, so what is in use
/// after some work is about the most that was in use during it; other processes count too.
/// </summary>
public static unsafe class DeviceMemory
{
    private static readonly Lazy<nint> MemGetInfo = new(FindFunction);

    /// <summary>Bytes in use on the device that this thread computes on; null for the CPU, or where the driver doesn't tell.</summary>
    /// <param name="device">The device. It must have computed something on this thread.</param>
    public static long? Used(torch.Device device)
    {
        if (device.type != DeviceType.CUDA || MemGetInfo.Value == 0) return null;
        nuint free, total;
        // CUresult cuMemGetInfo(size_t *free, size_t *total); 0 is success.
        return ((delegate* unmanaged<nuint*, nuint*, int>)MemGetInfo.Value)(&free, &total) == 0 ? (long)(total - free) : null;
    }

    private static nint FindFunction() =>
        NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var driver)
        && NativeLibrary.TryGetExport(driver, "cuMemGetInfo_v2", out var function) ? function : 0;
}
