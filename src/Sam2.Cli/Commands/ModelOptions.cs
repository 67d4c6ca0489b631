using System.CommandLine;
using System.Text.RegularExpressions;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Modeling;
using TorchSharp;

namespace Sam2.Cli.Commands;

/// <summary>The options of every command that runs a model: which, where and in which precision.</summary>
internal sealed class ModelOptions
{
    public Option<string?> Model { get; } = new("--model", "-m")
    {
        Description = "The checkpoint: a path (.pt, .safetensors, or a folder of transformers) or a name such as sam2.1_hiera_tiny (see sam2 download).",
        HelpName = "PATH|NAME",
        Required = true,
    };

    public Option<string?> Config { get; } = new("--config")
    {
        Description = "The architecture, as a YAML file in the original's format; needed only where the weights don't tell it.",
        HelpName = "YAML",
    };

    /// <summary>What <c>--lora</c> is.</summary>
    public const string LoraDescription = "Adapters to merge into the weights: a folder in which PEFT has saved them, or its adapter_model.safetensors.";

    public Option<string?> Lora { get; } = new("--lora")
    {
        Description = LoraDescription,
        HelpName = "PATH",
    };

    public Option<string> Device { get; } = new("--device")
    {
        Description = "Where to compute: cpu, cuda, cuda:1, mps ...",
        HelpName = "DEVICE",
        DefaultValueFactory = _ => "cpu",
    };

    public Option<string> Precision { get; } = new("--precision")
    {
        Description = "The type to compute in: fp32, bf16 or fp16; auto takes bf16 where this processor multiplies matrices faster in it than in fp32.",
        HelpName = "fp32|bf16|fp16|auto",
        DefaultValueFactory = _ => "fp32",
    };

    /// <summary>More than any machine has use for; threads that wait for one another take longer with every one.</summary>
    private const int MostThreads = 512;

    public Option<int?> Threads { get; } = new("--threads")
    {
        Description = "CPU threads; all cores if not given.",
        HelpName = "N",
    };

    public ModelOptions()
    {
        Model.CompletionSources.Add([.. ModelCatalog.Models.Select(model => model.Name)]);
        Precision.AcceptOnlyFromAmong([.. PrecisionNames.All, PrecisionChoice.Auto]);
        Threads.AtLeast(1).AtMost(MostThreads);
    }

    /// <summary>What the user gave; where the precision is left to the processor, it is measured here.</summary>
    public ModelRequest Read(ParseResult parsed)
    {
        var request = new ModelRequest(
            parsed.GetValue(Model) ?? "", parsed.GetValue(Config), parsed.GetRequiredValue(Device), parsed.GetRequiredValue(Precision), parsed.GetValue(Threads),
            parsed.GetValue(Lora));
        if (request.Precision != PrecisionChoice.Auto) return request;
        var choice = PrecisionChoice.Make(request.ApplyDevice(), PrecisionChoice.UserFile);
        if (parsed.GetValue<bool>("--verbose")) parsed.InvocationConfiguration.Error.WriteLine(choice.Describe());
        return request with { Precision = choice.Precision };
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(Model);
        command.Add(Config);
        command.Add(Lora);
        command.Add(Device);
        command.Add(Precision);
        command.Add(Threads);
    }
}

/// <summary>Which model was asked for, where and in which precision.</summary>
/// <param name="NameOrPath">A published checkpoint's name or a file.</param>
/// <param name="Config">A YAML file, or null.</param>
/// <param name="Device">A device's name.</param>
/// <param name="Precision">A precision's name.</param>
/// <param name="Threads">CPU threads, or null for all cores.</param>
/// <param name="Lora">Adapters to merge, or null.</param>
internal sealed record ModelRequest(string NameOrPath, string? Config, string Device, string Precision, int? Threads, string? Lora)
{
    /// <summary>Loads the model, ready for inference. The number of threads is the process's from now on.</summary>
    public Sam2Model Load() => Load(PrecisionNames.ToScalarType(Precision));

    /// <summary>The same in another precision.</summary>
    public Sam2Model Load(torch.ScalarType precision) => ModelLoader.Load(NameOrPath, Config, ApplyDevice(), precision, lora: Lora);

    /// <summary>Loads a model that makes masks in pictures, which may be one of the first Segment Anything.</summary>
    public IPromptableModel LoadForPictures() =>
        ModelLoader.LoadForPictures(NameOrPath, Config, ApplyDevice(), PrecisionNames.ToScalarType(Precision), Lora);

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

/// <summary>The names of devices on the command line: libtorch's own.</summary>
internal static partial class DeviceNames
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
            // A libtorch for processors alone refuses the name of a GPU as it refuses any other.
            throw CudaName().IsMatch(name)
                ? NoCuda(name, e)
                : new CliException($"--device '{name}' is no device; cpu, cuda, cuda:1 and mps are", e) { ExitCode = ExitCode.Usage };
        }

        if (device.type == DeviceType.CUDA && !torch.cuda.is_available())
        {
            throw NoCuda(name, null);
        }

        if (device.type == DeviceType.CUDA && device.index >= torch.cuda.device_count())
        {
            throw new CliException($"--device {name}: there are only {torch.cuda.device_count()} CUDA devices, counted from 0");
        }

        return device;
    }

    private static CliException NoCuda(string name, Exception? cause) =>
        new($"--device {name}: libtorch finds no CUDA device; use --device cpu, or build with -p:TorchDevice=cuda", cause);

    [GeneratedRegex(@"^cuda(:\d{1,4})?$")]
    private static partial Regex CudaName();
}

/// <summary>The names of the floating-point types on the command line.</summary>
internal static class PrecisionNames
{
    /// <summary>The names, most precise first.</summary>
    public static readonly string[] All = ["fp32", "bf16", "fp16"];

    /// <summary>The type that a name means.</summary>
    public static torch.ScalarType ToScalarType(string name) => name switch
    {
        "fp32" => torch.ScalarType.Float32,
        "bf16" => torch.ScalarType.BFloat16,
        "fp16" => torch.ScalarType.Float16,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, $"Unknown precision '{name}': {string.Join(", ", All)}."),
    };

    /// <summary>The name of a type; libtorch's own where the command line has none.</summary>
    public static string Of(torch.ScalarType type) => type switch
    {
        torch.ScalarType.Float32 => "fp32",
        torch.ScalarType.BFloat16 => "bf16",
        torch.ScalarType.Float16 => "fp16",
        torch.ScalarType.Float64 => "fp64",
        _ => type.ToString().ToLowerInvariant(),
    };
}
