using TorchSharp;

namespace Sam2.Cli.Commands;

/// <summary>The names of devices on the command line: libtorch's own.</summary>
internal static class DeviceNames
{
    /// <summary>The device that a name means.</summary>
    /// <exception cref="CliException">There is no such device here.</exception>
    public static torch.Device ToDevice(string name)
    {
        torch.Device device;
        try
        {
            device = torch.device(name);
        }
        catch (Exception e) when (e is not DllNotFoundException and not TypeInitializationException)
        {
            throw new CliException($"--device '{name}' is no device; cpu, cuda, cuda:1 and mps are", e);
        }

        if (device.type == DeviceType.CUDA && !torch.cuda.is_available())
        {
            throw new CliException($"--device {name}: libtorch finds no CUDA device; use --device cpu, or build with -p:TorchDevice=cuda");
        }

        if (device.type == DeviceType.CUDA && device.index >= torch.cuda.device_count())
        {
            throw new CliException($"--device {name}: there are only {torch.cuda.device_count()} CUDA devices, counted from 0");
        }

        return device;
    }
}
