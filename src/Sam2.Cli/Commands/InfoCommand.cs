using System.CommandLine;
using System.Globalization;
using Sam2.Cli.Output;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using TorchSharp;

namespace Sam2.Cli.Commands;

/// <summary><c>sam2 info</c>: what a checkpoint is.</summary>
internal static class InfoCommand
{
    public static Command Create(CommandContext context)
    {
        var model = new Argument<string>("MODEL") { Description = "The checkpoint: a path or a name." };
        var config = new Option<string?>("--config") { Description = "The architecture, as a YAML file, where the weights don't tell it.", HelpName = "YAML" };
        var command = new Command("info", "Tells what a checkpoint is: architecture, parameters, precision, image size.") { model, config };
        command.SetAction(parsed => Run(context, parsed.GetRequiredValue(model), parsed.GetValue(config)));
        return command;
    }

    private static int Run(CommandContext context, string nameOrPath, string? configPath)
    {
        using var checkpoint = Checkpoint.Open(ModelFiles.Resolve(nameOrPath));
        var config = ConfigInference.Infer(checkpoint, configPath);
        context.Cancellation.ThrowIfCancellationRequested();
        RequireMatch(checkpoint, config);

        var sizes = ComponentSizes.Of(checkpoint.StateDict);
        var trunk = config.ImageEncoder.Trunk;
        Line("file", $"{checkpoint.Path} ({checkpoint.FileLength / 1e6:0.0} MB, {FormatName(checkpoint.Format)})");
        Line("architecture", $"{ArchitectureName(config)} (Hiera: width {trunk.EmbedDim}, stages {string.Join("-", trunk.Stages)})");
        Line("image size", $"{config.ImageSize} x {config.ImageSize}");
        Line("precision", $"{string.Join(", ", ComponentSizes.Types(checkpoint.StateDict).Select(PrecisionNames.Of))}");
        Line("keys", $"{checkpoint.StateDict.Count} of {checkpoint.StateDict.Count} matched");
        Line("parameters", $"{sizes.Sum(size => size.Parameters),13:N0}");
        foreach (var (component, parameters) in sizes)
        {
            Line("  " + component, $"{parameters,13:N0}");
        }

        return ExitCode.Success;

        void Line(string name, FormattableString value) => context.Output.WriteLine($"{name,-20}{value.ToString(CultureInfo.InvariantCulture)}");
    }

    private static void RequireMatch(Checkpoint checkpoint, Sam2Config config)
    {
        using var scope = torch.NewDisposeScope();
        using var model = new Sam2Model(config);
        CheckpointLoader.RequireMatch(checkpoint, model.state_dict().ToDictionary(t => t.Key, t => (IReadOnlyList<long>)t.Value.shape));
    }

    private static string ArchitectureName(Sam2Config config) =>
        Sam2Presets.NameOf(config) ?? "custom";

    private static string FormatName(CheckpointFormat format) => format switch
    {
        CheckpointFormat.TorchZip => "PyTorch",
        CheckpointFormat.TorchLegacy => "PyTorch before 1.6",
        _ => format.ToString().ToLowerInvariant(),
    };
}
