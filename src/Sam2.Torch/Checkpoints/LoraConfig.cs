using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling.Adapters;
using static TorchSharp.torch;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// What PEFT's <c>adapter_config.json</c> says about low-rank adapters (LoRA, arXiv 2106.09685): by how much the product of a module's
/// two matrices counts.
/// </summary>
internal sealed class LoraConfig
{
    /// <summary>Its name.</summary>
    public const string FileName = "adapter_config.json";

    private const int MaxPatterns = 1024, MaxPatternLength = 512, MaxRank = 1 << 16;

    /// <summary>What PEFT can do beyond plain LoRA and isn't read here; the value that means that it is off.</summary>
    private static readonly (string Name, string What)[] Unsupported =
    [
        ("use_dora", "DoRA"), ("use_qalora", "QALoRA"), ("use_bdlora", "BD-LoRA"), ("kasa_config", "KaSA"), ("monteclora_config", "MonteCLoRA"), ("velora_config", "VeLoRA"),
        ("arrow_config", "Arrow"), ("layer_replication", "replicated layers"), ("target_parameters", "adapters of single parameters"),
        ("trainable_token_indices", "trainable tokens"), ("alora_invocation_tokens", "activated LoRA"),
    ];

    private readonly string _path;
    private readonly int _rank;
    private readonly double _alpha;
    private readonly bool _rankStabilised;
    private readonly IReadOnlyList<(Regex Pattern, double Value)> _ranks, _alphas;

    private LoraConfig(string path, PlainDictionary values)
    {
        _path = path;
        if (values.GetValueOrDefault("peft_type") is not "LORA")
            throw CheckpointJson.Wrong(path, "peft_type", values.GetValueOrDefault("peft_type"), "\"LORA\"");
        foreach (var (name, what) in Unsupported)
            if (values.GetValueOrDefault(name) is not (null or false or PlainList { Count: 0 } or PlainDictionary { Count: 0 }))
                throw new CheckpointException(path, $"has {name}: {what} can't be merged here", "Merge it in Python with merge_and_unload(), and save the whole model");
        _rank = CheckpointJson.Number(path, values, "r", 8, least: 1, most: MaxRank);
        _alpha = CheckpointJson.Fraction(path, values, "lora_alpha", 8);
        _rankStabilised = CheckpointJson.Flag(path, values, "use_rslora", false);
        FanInFanOut = CheckpointJson.Flag(path, values, "fan_in_fan_out", false);
        _ranks = Patterns(values, "rank_pattern");
        _alphas = Patterns(values, "alpha_pattern");
    }

    /// <summary>The file.</summary>
    public string Path => _path;

    /// <summary>Whether the adapted weights are stored as <c>[in, out]</c>, so that the product is transposed before it is added.</summary>
    public bool FanInFanOut { get; }

    /// <summary>Reads the file.</summary>
    /// <exception cref="CheckpointException">It is missing or damaged, or asks for something else than plain LoRA.</exception>
    public static LoraConfig Read(string path) => new(path, CheckpointJson.Read(path));

    /// <summary>The rank that a module's matrices must have.</summary>
    public int RankOf(string module) => (int)ValueFor(_ranks, module, _rank);

    /// <summary>The factor of a module's product: alpha over the rank, or over its root where rank-stabilised (arXiv 2312.03732).</summary>
    public double ScalingOf(string module)
    {
        var rank = RankOf(module);
        return ValueFor(_alphas, module, _alpha) / (_rankStabilised ? Math.Sqrt(rank) : rank);
    }

    // The first pattern that matches the whole name, or its end from a dot on, as PEFT does it.
    private static double ValueFor(IReadOnlyList<(Regex Pattern, double Value)> patterns, string module, double standard)
    {
        foreach (var (pattern, value) in patterns)
            if (pattern.IsMatch(module))
                return value;
        return standard;
    }

    private List<(Regex, double)> Patterns(PlainDictionary values, string name)
    {
        var value = values.GetValueOrDefault(name);
        if (value is not (null or PlainDictionary { Count: <= MaxPatterns }))
            throw CheckpointJson.Wrong(_path, name, value, $"an object of at most {MaxPatterns} patterns");
        var patterns = new List<(Regex, double)>();
        foreach (var (key, number) in value as PlainDictionary ?? PlainDictionary.Empty)
            patterns.Add((Compile(name, (string)key), number switch
            {
                long whole and >= 1 and <= MaxRank => whole,
                double fraction when name == "alpha_pattern" && double.IsFinite(fraction) => fraction,
                _ => throw CheckpointJson.Wrong(_path, $"{name}['{key}']", number, "a positive number"),
            }));
        return patterns;
    }

    // An expression that doesn't backtrack takes time in proportion to the name, whatever the file says.
    private Regex Compile(string name, string pattern)
    {
        try
        {
            if (pattern.Length <= MaxPatternLength)
                return new Regex($@"^(?:.*\.)?(?:{pattern})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new CheckpointException(_path, $"has a pattern in {name} that can't be read: {e.Message.TrimEnd('.')}", "Write the modules' names out", e);
        }
        throw new CheckpointException(_path, $"has a pattern of {pattern.Length} characters in {name}; at most {MaxPatternLength} are read", "Write the modules' names out");
    }
}

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
        var adapted = modules.ToHashSet(StringComparer.Ordinal);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(folder, e);
        }

        CheckpointWriter.Save(Path.Combine(folder, "adapter_model.safetensors"), weights.ToDictionary(weight => NameFor(weight.Key, adapted), weight => weight.Value));
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

    // PEFT puts the layer that it adapts one level deeper, as base_layer, and passes over names that it doesn't find.
    private static string NameFor(string weight, HashSet<string> adapted)
    {
        var dot = weight.LastIndexOf('.');
        return dot > 0 && adapted.Contains(weight[..dot]) ? $"{Prefix}{weight[..dot]}.base_layer{weight[dot..]}" : Prefix + weight;
    }

    private static CheckpointException Unwritable(string path, Exception e) =>
        new(path, $"can't be written: {e.Message.TrimEnd('.')}", "Check that the folder is writable and has room", e);
}
