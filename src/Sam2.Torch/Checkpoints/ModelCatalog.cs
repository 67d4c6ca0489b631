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

/// <summary>A checkpoint of weights/manifest.json.</summary>
/// <param name="Name">Its name, such as <c>sam2.1_hiera_tiny</c>.</param>
/// <param name="Architecture">Its preset, such as <c>sam2.1_hiera_t</c> (<see cref="Sam2Presets"/>).</param>
/// <param name="File">File name, such as <c>sam2.1_hiera_tiny.pt</c>.</param>
/// <param name="Url">Where it is published; null for one that comes with the repository.</param>
/// <param name="Parameters">Number of parameters.</param>
/// <param name="Size">Size of the file in bytes.</param>
public sealed record PublishedModel(string Name, string Architecture, string File, Uri? Url, long Parameters, long Size);

/// <summary>
/// Finds checkpoint files. A model is named by a path or by a name of <see cref="ModelCatalog"/>: a file of that path comes
/// first, then the name's file in the <see cref="SearchFolders"/>.
/// </summary>
public static class ModelFiles
{
    /// <summary>
    /// The environment variable with the folders of checkpoints, separated as in <c>PATH</c>. An empty entry stands for
    /// <c>sam2.torch</c> in the user's cache folder (<c>$XDG_CACHE_HOME</c>, <c>~/.cache</c>, <c>%LOCALAPPDATA%</c>).
    /// </summary>
    public const string Variable = "SAM2_WEIGHTS";

    /// <summary>The folder that downloads go to: the first of <c>$SAM2_WEIGHTS</c> if set, else <c>sam2.torch</c> in the user's cache folder.</summary>
    public static string UserFolder => UserFolders[0];

    /// <summary>The folders in which a name's file is looked for, in this order: <c>./weights</c>, then those of <c>$SAM2_WEIGHTS</c>, or the user's cache folder.</summary>
    public static IReadOnlyList<string> SearchFolders => [.. UserFolders.Prepend("weights").Select(Path.GetFullPath).Distinct()];

    private static string[] UserFolders =>
        [.. (Environment.GetEnvironmentVariable(Variable) ?? "").Split(Path.PathSeparator).Select(folder => folder.Length > 0 ? folder : CacheFolder)];

    /// <summary><c>sam2.torch</c> in the user's cache folder. It may not exist.</summary>
    public static string CacheFolder
    {
        get
        {
            if (OperatingSystem.IsWindows())
                return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "sam2.torch");
            var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
                ? xdg
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".cache");
            return Path.Combine(cache, "sam2.torch");
        }
    }

    /// <summary>The path of the checkpoint that a path or name means.</summary>
    /// <exception cref="CheckpointException">There is no such file; the error says what to do.</exception>
    public static string Resolve(string nameOrPath)
    {
        if (File.Exists(nameOrPath) || Directory.Exists(nameOrPath))
            return nameOrPath;
        if (ModelCatalog.Find(nameOrPath) is not { } model)
            throw LooksLikePath(nameOrPath)
                ? new CheckpointException(nameOrPath, "does not exist", "Check the path, or give the name of a published model such as sam2.1_hiera_tiny")
                : new CheckpointException(nameOrPath, "is neither a file nor the name of a published model",
                    $"Did you mean {ModelCatalog.Closest(nameOrPath)}? Known names: {string.Join(", ", ModelCatalog.Models.Select(m => m.Name))}");
        // A path that names a file of the catalogue in another folder, such as checkpoints/sam2.1_hiera_tiny.pt, is a path.
        if (nameOrPath.Contains(Path.DirectorySeparatorChar) && !nameOrPath.StartsWith("facebook/", StringComparison.Ordinal))
            throw new CheckpointException(nameOrPath, "does not exist", $"Check the path, or give the name {model.Name} alone");
        if (TryLocate(model) is { } found)
            return found;
        throw new CheckpointException(
            model.Name, $"is not on this machine; looked in {string.Join(", ", SearchFolders)}",
            model.Url is null
                ? $"{model.File} is in the weights folder of the repository: add that folder to ${Variable}"
                : $"Download it with {nameof(CheckpointDownload)}, or put {model.Url} into one of these folders")
        {
            Download = model.Url is null ? null : model,
        };
    }

    /// <summary>The file of a published checkpoint on this machine, or null. Files under the architecture's short name and safetensors count too.</summary>
    public static string? TryLocate(PublishedModel model)
    {
        string[] names = [model.File, model.Architecture + ".pt", model.Name + ".safetensors", model.Architecture + ".safetensors"];
        return SearchFolders.SelectMany(folder => names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }

    private static bool LooksLikePath(string text) =>
        text.Contains('/') || text.Contains('\\') || Path.GetExtension(text) is ".pt" or ".pth" or ".safetensors";
}
