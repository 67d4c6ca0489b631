using TorchSharp.Interop;

namespace TorchSharp;

// Default type and device, devices at hand, threads.
public static partial class torch
{
    private static ScalarType defaultType = ScalarType.Float32;
    private static Device defaultDevice = CPU;

    /// <summary>libtorch's version, such as "1.13.1".</summary>
    public static string __version__ => Native.Version;

    /// <summary>The type of floating-point tensors made without one.</summary>
    public static ScalarType get_default_dtype() => defaultType;

    /// <summary>Sets the type of floating-point tensors made without one.</summary>
    public static void set_default_dtype(ScalarType dtype) => defaultType = is_floating_point(dtype) ? dtype
        : throw new ArgumentException($"{dtype} is not a floating-point type", nameof(dtype));

    /// <summary>The device of tensors made without one.</summary>
    public static Device get_default_device() => defaultDevice;

    /// <summary>Sets the device of tensors made without one.</summary>
    public static void set_default_device(Device device) => defaultDevice = device;

    /// <summary>Sets the device of tensors made without one.</summary>
    public static void set_default_device(string device) => defaultDevice = new Device(device);

    /// <summary>The device, or the default one for null; makes sure that it can be used.</summary>
    public static Device InitializeDevice(Device? device)
    {
        if (device is null) return defaultDevice;
        InitializeDeviceType(device.type);
        return device;
    }

    /// <summary>Throws where this libtorch or machine has no such device.</summary>
    public static void InitializeDeviceType(DeviceType deviceType)
    {
        if (!TryInitializeDeviceType(deviceType))
            throw new InvalidOperationException($"{deviceType} is not available: this libtorch ({__version__}) was built without it, or the machine has none.");
    }

    /// <summary>Whether the kind of device can be used.</summary>
    public static bool TryInitializeDeviceType(DeviceType deviceType) => deviceType switch
    {
        DeviceType.CUDA => cuda.is_available(),
        DeviceType.MPS => mps_is_available(),
        _ => true,
    };

    /// <summary>Whether CUDA can be used.</summary>
    public static bool cuda_is_available() => cuda.is_available();

    /// <summary>Whether Apple's Metal can be used.</summary>
    internal static bool mps_is_available() => Native.tss_mps_is_available() != 0;

    /// <summary>CUDA devices.</summary>
    public static class cuda
    {
        /// <summary>Whether there is one.</summary>
        public static bool is_available() => device_count() > 0;

        /// <summary>How many there are.</summary>
        public static int device_count() => Native.tss_cuda_device_count();

        /// <summary>Whether cuDNN can be used.</summary>
        public static bool is_cudnn_available() => Native.tss_cudnn_is_available() != 0;

        /// <summary>Waits for the work queued on a device.</summary>
        public static void synchronize(Device? device = null) => Native.Check(Native.tss_cuda_synchronize(device?.index ?? -1));
    }

    /// <summary>How many threads an operation may use.</summary>
    public static int get_num_threads() => Native.tss_get_num_threads();

    /// <summary>Sets how many threads an operation may use.</summary>
    public static void set_num_threads(int num) => Native.Check(Native.tss_set_num_threads(num));

    /// <summary>How many threads run operations beside each other.</summary>
    public static int get_num_interop_threads() => Native.tss_get_num_interop_threads();

    /// <summary>Sets how many threads run operations beside each other; once, before any work.</summary>
    public static void set_num_interop_threads(int num) => Native.Check(Native.tss_set_num_interop_threads(num));
}
