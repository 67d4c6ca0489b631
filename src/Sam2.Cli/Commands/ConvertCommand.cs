using System.CommandLine;
using System.Globalization;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using TorchSharp;

namespace Sam2.Cli.Commands;

/// <summary><c>sam2 convert</c>: a checkpoint in another file format, precision or layout, or with adapters merged into it.</summary>
internal static class ConvertCommand
{
    private static readonly string[] Extensions = [".pt", ".pth", ".safetensors"];

    public static Command Create(CommandContext context)
    {
        var input = new Argument<string>("IN") { Description = "The checkpoint to read: a path or a name." };
        var output = new Argument<string>("OUT") { Description = "The file to write; its ending, .pt or .safetensors, decides the format. With --layout hf also a folder." };
        var type = new Option<string?>("--dtype") { Description = "Convert floating-point weights: fp32, bf16 or fp16. Kept as they are if not given.", HelpName = "fp32|bf16|fp16" };
        type.AcceptOnlyFromAmong(PrecisionNames.All);
        var config = new Option<string?>("--config") { Description = "The architecture to record in the new file, as YAML, where the weights don't tell it.", HelpName = "YAML" };
        var layout = new Option<string>("--layout")
        {
            Description = "Whose names the tensors get: the original's, those of transformers (hf; a config.json is written beside the file), or ultralytics.",
            HelpName = string.Join('|', CheckpointLayouts.Names),
            DefaultValueFactory = _ => CheckpointLayouts.NameOf(CheckpointLayout.Original),
        };
        layout.AcceptOnlyFromAmong([.. CheckpointLayouts.Names]);
        var lora = new Option<string?>("--lora") { Description = ModelOptions.LoraDescription, HelpName = "PATH" };
        var command = new Command("convert", "Converts a checkpoint between .pt and .safetensors, between precisions, and to the names of other programs.")
        {
            input, output, type, config, layout, lora,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(output) is not { Tokens: [var path] } || IsFile(path.Value)) return;
            if (result.GetValue(layout) != CheckpointLayouts.NameOf(CheckpointLayout.HuggingFace))
                result.AddError($"'{path.Value}' must end in .pt or .safetensors, which decides the format; only --layout hf also writes a folder");
            else if (Path.GetExtension(path.Value).Length > 0 && !IsFolder(path.Value))
                result.AddError($"'{path.Value}' must end in .pt or .safetensors, which decides the format, or be a folder, with a / at its end");
        });
        command.SetAction(parsed => Run(context, new(
            parsed.GetRequiredValue(input), parsed.GetRequiredValue(output), parsed.GetValue(type), parsed.GetValue(config),
            CheckpointLayouts.Parse(parsed.GetRequiredValue(layout)), parsed.GetValue(lora))));
        return command;
    }

    private static int Run(CommandContext context, Request request)
    {
        if (!IsFile(request.Output))
        {
            request = request with { Output = InFolder(request) };
        }

        if (request.Layout == CheckpointLayout.Ultralytics && IsSafetensors(request.Output))
        {
            throw new CliException($"'{request.Output}' must end in .pt: Ultralytics reads no other checkpoints");
        }

        using var progress = new ProgressLine(context);
        progress.Step($"writing {request.Output} ...");
        var written = new List<string> { request.Output };
        string? architectureName;
        using (var checkpoint = Checkpoint.Open(ModelFiles.Resolve(request.Input)))
        {
            // The new file says itself what architecture it is, so that its name and neighbours no longer matter.
            var architecture = ConfigInference.Infer(checkpoint, request.Config);
            architectureName = Sam2Presets.NameOf(architecture);
            torch.ScalarType? target = request.Type is null ? null : PrecisionNames.ToScalarType(request.Type);
            if (FiniteWeights.Describe(checkpoint) is { } notFinite)
            {
                progress.Dispose();
                context.Error.WriteLine($"sam2 convert: {request.Input}: {notFinite}, and stay so; the model gives no masks");
            }
            else if (target is { } smaller && FiniteWeights.Describe(checkpoint, smaller) is { } tooLarge)
            {
                throw new CliException($"--dtype {request.Type}: weights of {request.Input} are too large for it ({tooLarge}); use bf16 or fp32");
            }

            if (request.Layout == CheckpointLayout.HuggingFace)
            {
                HuggingFaceConfig.RequireFree(request.Output);
            }

            var entries = ConfigValues.EntriesFor(architecture, EntriesFor(request.Layout, checkpoint.Entries));
            if (request.Lora is null)
            {
                CheckpointWriter.Save(request.Output, checkpoint, entries, target, request.Layout);
            }
            else
            {
                // What else is in the file, such as an optimizer's state, belongs to the weights before.
                SaveMerged(request, checkpoint, ConfigValues.EntriesFor(architecture, EntriesFor(request.Layout, PlainDictionary.Empty)), target);
            }

            if (request.Layout == CheckpointLayout.HuggingFace)
            {
                written.Add(HuggingFaceConfig.Write(request.Output, architecture, checkpoint.IsImageOnly));
            }
        }

        progress.Dispose();
        foreach (var file in written)
        {
            context.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file}  {new FileInfo(file).Length / 1e6:0.0} MB"));
        }

        if (request.Layout == CheckpointLayout.Ultralytics && NoteOnName(request.Output, architectureName) is { } note)
        {
            context.Output.WriteLine(note);
        }

        return ExitCode.Success;
    }

    private static void SaveMerged(Request request, Checkpoint checkpoint, PlainDictionary entries, torch.ScalarType? target)
    {
        using var scope = torch.NewDisposeScope();
        using var lora = LoraAdapter.Open(request.Lora!);
        var weights = checkpoint.StateDict.ToDictionary(entry => entry.Key, entry => entry.Value.Load());
        lora.MergeInto(weights);
        CheckpointWriter.Save(request.Output, weights, entries, target, request.Layout);
    }

    /// <summary>The other entries of the new file. By this one, files of Ultralytics are known.</summary>
    private static PlainDictionary EntriesFor(CheckpointLayout layout, PlainDictionary entries)
    {
        const string mark = "docs";
        var others = entries.Where(entry => !entry.Key.Equals(mark) || layout == CheckpointLayout.Original && !IsOfUltralytics(entry.Value));
        return layout == CheckpointLayout.Ultralytics ? new([.. others, new(mark, "https://docs.ultralytics.com")]) : new(others);
    }

    private static bool IsOfUltralytics(object? docs) => docs is string text && text.Contains("ultralytics", StringComparison.OrdinalIgnoreCase);

    private static bool IsFile(string path) => !IsFolder(path) && Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    private static bool IsFolder(string path) => path.EndsWith('/') || path.EndsWith(Path.DirectorySeparatorChar) || Directory.Exists(path);

    /// <summary>The file in a new or existing folder, by the name that transformers looks for.</summary>
    private static string InFolder(Request request)
    {
        try
        {
            Directory.CreateDirectory(request.Output);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"the folder '{request.Output}' can't be created: {e.Message.TrimEnd('.')}", e);
        }

        return Path.Combine(request.Output, "model.safetensors");
    }

    private static bool IsSafetensors(string path) => Path.GetExtension(path).Equals(".safetensors", StringComparison.OrdinalIgnoreCase);

    /// <summary>Ultralytics finds out by the name of a file which model is in it.</summary>
    private static string? NoteOnName(string output, string? architecture)
    {
        if (architecture?.Split("_hiera_") is not [var version, [var size, ..]] || !"tsbl".Contains(size))
        {
            return "Ultralytics builds SAM 2 and 2.1 in four sizes; this is another architecture.";
        }

        var name = $"{version}_{size}.pt";
        return output.EndsWith(name, StringComparison.Ordinal) ? null : $"Ultralytics knows the model by the end of the file's name: call it {name}";
    }

    /// <summary>What to convert, and into what.</summary>
    private sealed record Request(string Input, string Output, string? Type, string? Config, CheckpointLayout Layout, string? Lora);
}
