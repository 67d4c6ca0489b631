using System.Diagnostics;
using TorchSharp;

namespace Sam2.Cli.Benchmarking;

/// <summary>Takes the time of work that a device may do behind the caller's back.</summary>
public static class DeviceClock
{
    /// <summary>Waits until a device has finished what was asked of it; the CPU always has.</summary>
    /// <param name="device">The device.</param>
    public static void Wait(torch.Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            torch.cuda.synchronize(device);
        }
    }

    /// <summary>The wall-clock time of an action that waits for its device itself, in seconds.</summary>
    /// <param name="action">What to time.</param>
    public static double Seconds(Action action)
    {
        var started = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
