using System.Text.Json;
using System.Text.RegularExpressions;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>The checkpoints that are known by name (weights/manifest.json).</summary>
public static partial class ModelCatalog
{
    private static readonly Dictionary<string, string> Sizes = new(StringComparer.Ordinal)
    {
        ["t"] = "tiny", ["tiny"] = "tiny",
        ["s"] = "small", ["small"] = "small",
        ["b"] = "base_plus", ["b+"] = "base_plus", ["b_plus"] = "base_plus", ["base"] = "base_plus", ["base+"] = "base_plus", ["base_plus"] = "base_plus",
        ["l"] = "large", ["large"] = "large",
        ["micro"] = "micro",
    };

    /// <summary>All checkpoints of the manifest, in its order.</summary>
    public static IReadOnlyList<PublishedModel> Models { get; } = ReadManifest();

    /// <summary>
    /// The checkpoint that a name means, or null. Versions, sizes and separators may be written in any usual way:
    /// <c>sam2.1_hiera_tiny</c>, <c>sam2.1_t</c>, <c>sam2.1-hiera-tiny</c>, <c>facebook/sam2.1-hiera-tiny</c>,
    /// <c>sam2.1_hiera_tiny.pt</c> are the same; a size alone (<c>tiny</c>) means SAM 2.1.
    /// </summary>
    public static PublishedModel? Find(string name)
    {
        var match = NamePattern().Match(name.ToLowerInvariant().Replace('-', '_'));
        if (!match.Success || !Sizes.TryGetValue(match.Groups["size"].Value, out var size))
            return null;
        var version = match.Groups["version"].Success ? match.Groups["version"].Value : "2.1";
        var canonical = version is "2" or "2.0" or "2_0" ? $"sam2_hiera_{size}" : $"sam2.1_hiera_{size}";
        return Models.FirstOrDefault(model => model.Name == canonical);
    }

    /// <summary>The name of the manifest that is closest to a misspelt one.</summary>
    internal static string Closest(string name) =>
        Spelling.Closest(name.ToLowerInvariant().Replace('-', '_'), Models.Select(model => model.Name));

    private static List<PublishedModel> ReadManifest()
    {
        using var stream = typeof(ModelCatalog).Assembly.GetManifestResourceStream("Sam2.Torch.manifest.json")
            ?? throw new InvalidOperationException("The assembly lacks its manifest of checkpoints.");
        using var json = JsonDocument.Parse(stream);
        return [.. json.RootElement.GetProperty("models").EnumerateArray().Select(model => new PublishedModel(
            model.GetProperty("name").GetString()!,
            model.GetProperty("architecture").GetString()!,
            model.GetProperty("file").GetString()!,
            model.TryGetProperty("url", out var url) ? new Uri(url.GetString()!) : null,
            model.GetProperty("parameters").GetInt64(),
            model.GetProperty("size").GetInt64()))];
    }

    [GeneratedRegex(@"^(facebook/)?(sam_?(?<version>2\.1|2_1|2\.0|2_0|2)_)?(hiera_)?(?<size>[a-z+_]+?)(\.pt|\.pth|\.safetensors)?$", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
