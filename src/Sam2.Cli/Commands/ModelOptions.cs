using System.CommandLine;

namespace Sam2.Cli.Commands;

/// <summary>The options of every command that runs a model: which, where and in which precision.</summary>
internal sealed class ModelOptions
{
    public Option<string?> Model { get; } = new("--model", "-m")
    {
        Description = "The checkpoint: a path (.pt or .safetensors) or a name such as sam2.1_hiera_tiny (see sam2 download).",
        HelpName = "PATH|NAME",
        Required = true,
    };

    public Option<string?> Config { get; } = new("--config")
    {
        Description = "The architecture, as a YAML file in the original's format; needed only where the weights don't tell it.",
        HelpName = "YAML",
    };

    public Option<string> Device { get; } = new("--device")
    {
        Description = "Where to compute: cpu, cuda, cuda:1, mps ...",
        HelpName = "DEVICE",
        DefaultValueFactory = _ => "cpu",
    };

    public Option<string> Precision { get; } = new("--precision")
    {
        Description = "The type to compute in: fp32, bf16 or fp16.",
        HelpName = "fp32|bf16|fp16",
        DefaultValueFactory = _ => "fp32",
    };

    public Option<int?> Threads { get; } = new("--threads")
    {
        Description = "CPU threads; all cores if not given.",
        HelpName = "N",
    };

    public ModelOptions()
    {
        Precision.AcceptOnlyFromAmong(PrecisionNames.All);
        Threads.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var threads) && threads < 1)
            {
                result.AddError($"--threads {threads}: at least 1 is needed");
            }
        });
    }

    /// <summary>What the user gave.</summary>
    public ModelRequest Read(ParseResult parsed) => new(
        parsed.GetValue(Model) ?? "", parsed.GetValue(Config), parsed.GetRequiredValue(Device), parsed.GetRequiredValue(Precision), parsed.GetValue(Threads));

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(Model);
        command.Add(Config);
        command.Add(Device);
        command.Add(Precision);
        command.Add(Threads);
    }
}
