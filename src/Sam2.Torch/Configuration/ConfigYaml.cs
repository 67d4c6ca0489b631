using System.Text;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Configuration;

/// <summary>
/// Configuration files in the original's format (sam2/configs/*.yaml): settings under <c>model:</c>, nested as the modules
/// are, each with its <c>_target_</c>. Interpolations (<c>${…}</c>), anchors and aliases are not supported.
/// </summary>
public static class ConfigYaml
{
    /// <summary>Reads a complete configuration: settings that it leaves out have the original's defaults.</summary>
    /// <exception cref="ConfigurationException">The file can't be read, or has an unknown or impossible setting.</exception>
    public static Sam2Config Read(string path) => ConfigTree.Overlay(path, ReadModel(path), ConfigTree.OriginalDefaults);

    /// <summary>Writes a configuration so that the original reads it too.</summary>
    /// <exception cref="ConfigurationException">The file can't be written; an existing one is unchanged.</exception>
    public static void Write(string path, Sam2Config config) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(Format(config))), e =>
        new ConfigurationException(path, $"can't be written: {e.Message.TrimEnd('.')}", "Check that the folder exists, is writable and has room", e));

    /// <summary>The text of a configuration file.</summary>
    public static string Format(Sam2Config config) =>
        "# @package _global_\n\n" + PlainYaml.Format(new PlainDictionary([new KeyValuePair<string, object?>("model", ConfigTree.ForOriginal(config))]));

    /// <summary>What stands under <c>model:</c>, as plain values.</summary>
    internal static PlainDictionary ReadModel(string path)
    {
        var root = PlainYaml.Read(path, "Settings belong under 'model:'");
        if (root.Count != 1 || !root.TryGetValue("model", out var model) || model is not PlainDictionary tree)
            throw new ConfigurationException(path, "has no settings under 'model:' alone",
                "Give a model configuration such as the original's sam2/configs/sam2.1/*.yaml, not one of a training run");
        return tree;
    }
}
