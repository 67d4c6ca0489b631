using System.Text.Json;
using System.Text.Json.Nodes;
using Sam2.Torch.Modeling.Adapters;
using static TorchSharp.torch;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Writes low-rank updates as PEFT does: <c>adapter_model.safetensors</c> and <c>adapter_config.json</c>, which <see cref="LoraAdapter"/> and PEFT
/// read.
/// </summary>
public static class LoraWriter
{
    private const string Prefix = "base_model.model.";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes a folder.</summary>
    /// <param name="folder">The folder, created if it isn't there.</param>
    /// <param name="weights">The matrices by their names in the state dict; other tensors among them are those that were trained whole.</param>
    /// <param name="settings">Rank, α and dropout.</param>
    /// <param name="baseModel">The checkpoint that they belong to, for people and for PEFT; null if it has no name.</param>
    /// <exception cref="CheckpointException">A file can't be written.</exception>
    /// <exception cref="ArgumentException">There are no matrices.</exception>
    public static void Save(string folder, IReadOnlyDictionary<string, Tensor> weights, LoraSettings settings, string? baseModel = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(settings);
        string end = $".{LoraLinear.A}.weight";
        string[] modules = [.. weights.Keys.Where(name => name.EndsWith(end, StringComparison.Ordinal)).Select(name => name[..^end.Length])];
        if (modules.Length == 0)
            throw new ArgumentException($"There is no {end[1..]} among the weights; give those of a model with low-rank updates.", nameof(weights));
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(folder, e);
        }

        CheckpointWriter.Save(Path.Combine(folder, "adapter_model.safetensors"), weights.ToDictionary(weight => Prefix + weight.Key, weight => weight.Value));
        var config = new JsonObject
        {
            ["base_model_name_or_path"] = baseModel,
            ["bias"] = "none",
            ["fan_in_fan_out"] = false,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["lora_alpha"] = settings.Alpha,
            ["lora_dropout"] = settings.Dropout,
            ["modules_to_save"] = null,
            ["peft_type"] = "LORA",
            ["r"] = settings.Rank,
            ["target_modules"] = new JsonArray([.. modules.Select(module => (JsonNode?)module)]),
            ["task_type"] = null,
            ["use_rslora"] = false,
        };
        var path = Path.Combine(folder, LoraConfig.FileName);
        AtomicFile.Write(path, stream => stream.Write(JsonSerializer.SerializeToUtf8Bytes(config, Indented)), e => Unwritable(path, e));
    }

    private static CheckpointException Unwritable(string path, Exception e) =>
        new(path, $"can't be written: {e.Message.TrimEnd('.')}", "Check that the folder is writable and has room", e);
}
