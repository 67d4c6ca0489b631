using Sam2.Torch.Checkpoints;
using Sam2.Torch.Modeling;
using TorchSharp;

namespace Sam2.Cli.Commands;

/// <summary>Which model was asked for, where and in which precision.</summary>
/// <param name="NameOrPath">A published checkpoint's name or a file.</param>
/// <param name="Config">A YAML file, or null.</param>
/// <param name="Device">A device's name.</param>
/// <param name="Precision">A precision's name.</param>
/// <param name="Threads">CPU threads, or null for all cores.</param>
internal sealed record ModelRequest(string NameOrPath, string? Config, string Device, string Precision, int? Threads)
{
    /// <summary>Loads the model, ready for inference. The number of threads is the process's from now on.</summary>
    public Sam2Model Load()
    {
        var (device, precision) = (ApplyDevice(), PrecisionNames.ToScalarType(Precision));
        return ModelLoader.Load(NameOrPath, Config, device, precision);
    }

    /// <summary>The device, which may be missing; sets the number of threads.</summary>
    public torch.Device ApplyDevice()
    {
        var device = DeviceNames.ToDevice(Device);
        if (Threads is { } threads)
        {
            torch.set_num_threads(threads);
        }

        return device;
    }
}
