using System.CommandLine;
using System.Globalization;
using Sam2.Torch.Checkpoints;
using TorchSharp;

namespace Sam2.Cli.Commands;

/// <summary><c>sam2 convert</c>: a checkpoint in the other file format or another precision.</summary>
internal static class ConvertCommand
{
    private static readonly string[] Extensions = [".pt", ".pth", ".safetensors"];

    public static Command Create(CommandContext context)
    {
        var input = new Argument<string>("IN") { Description = "The checkpoint to read: a path or a name." };
        var output = new Argument<string>("OUT") { Description = "The file to write; its ending, .pt or .safetensors, decides the format." };
        var type = new Option<string?>("--dtype") { Description = "Convert floating-point weights: fp32, bf16 or fp16. Kept as they are if not given.", HelpName = "fp32|bf16|fp16" };
        type.AcceptOnlyFromAmong(PrecisionNames.All);
        var config = new Option<string?>("--config") { Description = "The architecture to record in the new file, as YAML, where the weights don't tell it.", HelpName = "YAML" };
        output.Validators.Add(result =>
        {
            var path = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (!Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
            {
                result.AddError($"'{path}' must end in .pt or .safetensors, which decides the format");
            }
        });

        var command = new Command("convert", "Converts a checkpoint between .pt and .safetensors, and between precisions.") { input, output, type, config };
        command.SetAction(parsed => Run(
            context, parsed.GetRequiredValue(input), parsed.GetRequiredValue(output), parsed.GetValue(type), parsed.GetValue(config)));
        return command;
    }

    private static int Run(CommandContext context, string input, string output, string? type, string? config)
    {
        using var progress = new ProgressLine(context);
        progress.Step($"writing {output} ...");
        using (var checkpoint = Checkpoint.Open(ModelFiles.Resolve(input)))
        {
            // The new file says itself what architecture it is, so that its name and neighbours no longer matter.
            var architecture = ConfigInference.Infer(checkpoint, config);
            torch.ScalarType? target = type is null ? null : PrecisionNames.ToScalarType(type);
            CheckpointWriter.Save(output, checkpoint, ConfigValues.EntriesFor(architecture, checkpoint.Entries), target);
        }

        progress.Dispose();
        context.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{output}  {new FileInfo(output).Length / 1e6:0.0} MB"));
        return ExitCode.Success;
    }
}
