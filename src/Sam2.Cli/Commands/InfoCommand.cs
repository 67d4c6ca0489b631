using System.CommandLine;
using System.Globalization;
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
        var (architecture, imageSize) = SamConfigInference.Matches(checkpoint) ? FirstGeneration(checkpoint) : SecondGeneration(checkpoint, configPath);
        context.Cancellation.ThrowIfCancellationRequested();
        var sizes = ComponentSizes.Of(checkpoint.StateDict);
        Line("file", $"{checkpoint.Path} ({checkpoint.FileLength / 1e6:0.0} MB, {FormatName(checkpoint.Format)})");
        Line("layout", $"{Layout(checkpoint)}");
        Line("architecture", $"{architecture}");
        Line("image size", $"{imageSize} x {imageSize}");
        Line("precision", $"{string.Join(", ", ComponentSizes.Types(checkpoint.StateDict).Select(PrecisionNames.Of))}");
        Line("keys", $"{checkpoint.StateDict.Count} of {checkpoint.StateDict.Count} matched");
        Line("parameters", $"{sizes.Sum(size => size.Parameters),13:N0}");
        foreach (var (component, parameters) in sizes)
        {
            Line("  " + component, $"{parameters,13:N0}");
        }

        if (FiniteWeights.Describe(checkpoint) is { } notFinite)
        {
            Line("not finite", $"{notFinite}: the model gives no masks");
        }

        return ExitCode.Success;

        void Line(string name, FormattableString value) => context.Output.WriteLine($"{name,-20}{value.ToString(CultureInfo.InvariantCulture)}");
    }

    /// <summary>Whose names the tensors have, and how the model lies in the file.</summary>
    private static string Layout(Checkpoint checkpoint)
    {
        var parts = new List<string> { CheckpointLayouts.NameOf(checkpoint.Layout) };
        if (checkpoint.IsImageOnly)
        {
            parts.Add("the part for images only");
        }

        if (checkpoint.Files.Count > 1)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{checkpoint.Files.Count} shards"));
        }

        if (checkpoint.Wrapper.Length > 0)
        {
            parts.Add($"under {checkpoint.Wrapper.TrimEnd('.')}");
        }

        if (checkpoint.LeftOut.Count > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{checkpoint.LeftOut.Count} tensors beside the model left out"));
        }

        return string.Join(", ", parts);
    }

    private static (string Architecture, int ImageSize) SecondGeneration(Checkpoint checkpoint, string? configPath)
    {
        var config = ConfigInference.Infer(checkpoint, configPath);
        using var scope = torch.NewDisposeScope();
        using var model = new Sam2Model(config);
        RequireMatch(checkpoint, model);
        return ($"{ArchitectureName(config)} ({config.ImageEncoder.Trunk.Summary})", config.ImageSize);
    }

    private static (string Architecture, int ImageSize) FirstGeneration(Checkpoint checkpoint)
    {
        var config = SamConfigInference.Infer(checkpoint);
        using var scope = torch.NewDisposeScope();
        using var model = new SamModel(config);
        RequireMatch(checkpoint, model);
        var encoder = config switch
        {
            { ImageEncoderViT: { } plain } => $"ViT: width {plain.EmbedDim}, {plain.Depth} blocks",
            { TinyViT: { } tiny } => $"TinyViT: widths {string.Join("-", tiny.EmbedDims)}, stages {string.Join("-", tiny.Depths)}",
            _ => "no encoder",
        };
        return ($"{SamConfigInference.PublishedName(config) ?? "custom"} ({encoder}), for pictures only", config.ImageSize);
    }

    private static void RequireMatch(Checkpoint checkpoint, torch.nn.Module model) =>
        CheckpointLoader.RequireMatch(checkpoint, model.state_dict().ToDictionary(t => t.Key, t => (IReadOnlyList<long>)t.Value.shape), checkpoint.AbsentPrefixes);

    private static string ArchitectureName(Sam2Config config) =>
        Sam2Presets.NameOf(config) ?? "custom";

    private static string FormatName(CheckpointFormat format) => format switch
    {
        CheckpointFormat.TorchZip => "PyTorch",
        CheckpointFormat.TorchLegacy => "PyTorch before 1.6",
        _ => format.ToString().ToLowerInvariant(),
    };
}

/// <summary>How many parameters each component of the model has, in the order in which data passes through them.</summary>
internal static class ComponentSizes
{
    private static readonly (string Component, string[] Prefixes)[] Components =
    [
        ("trunk", ["image_encoder.trunk."]),
        ("neck", ["image_encoder.neck."]),
        ("image encoder", ["image_encoder."]),
        ("memory attention", ["memory_attention."]),
        ("spatial perceiver", ["spatial_perceiver."]),
        ("prompt encoder", ["sam_prompt_encoder.", "prompt_encoder."]),
        ("mask decoder", ["sam_mask_decoder.", "mask_decoder."]),
        ("memory encoder", ["memory_encoder.", "mask_downsample."]),
        ("object pointers", ["obj_ptr_", "no_obj_ptr"]),
    ];

    /// <summary>Buffers are stored, but never trained: the random frequencies of the prompts' position encoding, and the statistics of batch normalisation.</summary>
    private static readonly string[] Buffers = ["positional_encoding_gaussian_matrix", ".running_mean", ".running_var", ".num_batches_tracked"];

    /// <summary>Counts elements per component; components without any are left out, what belongs to none comes last.</summary>
    /// <param name="stateDict">Tensors by state-dict key.</param>
    public static IReadOnlyList<(string Component, long Parameters)> Of(IReadOnlyDictionary<string, TensorEntry> stateDict)
    {
        var counts = new long[Components.Length + 1];
        foreach (var (key, tensor) in stateDict)
        {
            if (!Buffers.Any(buffer => key.EndsWith(buffer, StringComparison.Ordinal)))
            {
                var index = Array.FindIndex(Components, c => c.Prefixes.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal)));
                counts[index < 0 ? Components.Length : index] += tensor.ElementCount;
            }
        }

        return [.. Components.Select(c => c.Component).Append("other embeddings").Zip(counts).Where(c => c.Second > 0)];
    }

    /// <summary>The element types of the tensors, most frequent first.</summary>
    /// <param name="stateDict">Tensors by state-dict key.</param>
    public static IReadOnlyList<TorchSharp.torch.ScalarType> Types(IReadOnlyDictionary<string, TensorEntry> stateDict) =>
        [.. stateDict.Values.GroupBy(tensor => tensor.ScalarType).OrderByDescending(group => group.Sum(t => t.ElementCount)).Select(group => group.Key)];
}
