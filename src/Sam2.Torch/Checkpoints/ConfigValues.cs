using System.Globalization;
using Sam2.Torch.Configuration;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// The configuration as plain values, which checkpoints that we write carry under <see cref="Key"/> beside <c>model</c>. The
/// structure is that of the original's YAML files. Numbers with a fraction are text there: with <c>weights_only=True</c>
/// PyTorch 1.13 reads no floats outside tensors.
/// </summary>
public static class ConfigValues
{
    /// <summary>Name of the entry: <c>config</c>.</summary>
    public const string Key = "config";

    /// <summary>The configuration as plain values.</summary>
    public static PlainDictionary ToPlain(Sam2Config config) => (PlainDictionary)WithoutFractions(ConfigTree.ForOriginal(config))!;

    /// <summary>The entries that make a checkpoint self-describing: <c>{"config": …}</c> and those given.</summary>
    public static PlainDictionary EntriesFor(Sam2Config config, PlainDictionary? others = null) =>
        new([.. (others ?? PlainDictionary.Empty).Where(entry => !entry.Key.Equals(Key)), new(Key, ToPlain(config))]);

    /// <summary>The configuration that a checkpoint carries, or null if it carries none.</summary>
    /// <exception cref="CheckpointException">It carries one that can't be read.</exception>
    public static Sam2Config? TryRead(Checkpoint checkpoint)
    {
        if (!checkpoint.Entries.TryGetValue(Key, out var value))
            return null;
        // safetensors metadata is text: there it is JSON.
        var tree = value as PlainDictionary ?? (value is string text ? PlainJson.TryRead(text) as PlainDictionary : null);
        // Other software may use the same name for something else.
        if (tree is null || !tree.ContainsKey(ConfigTree.Target))
            return null;
        try
        {
            return ConfigTree.Overlay(checkpoint.Path, tree, ConfigTree.OriginalDefaults);
        }
        catch (ConfigurationException e)
        {
            throw new CheckpointException(e.File, e.Cause, e.Remedy, e);
        }
    }

    private static object? WithoutFractions(object? value) => value switch
    {
        double number when number == Math.Floor(number) && Math.Abs(number) < 1e15 => (long)number,
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        PlainDictionary dictionary => new PlainDictionary(dictionary.Select(entry => new KeyValuePair<object, object?>(entry.Key, WithoutFractions(entry.Value)))),
        _ => value,
    };
}
