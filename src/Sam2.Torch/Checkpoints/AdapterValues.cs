using System.Globalization;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Modeling.Adapters;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// The adapters of a model as plain values, which a checkpoint with their weights carries under <see cref="Key"/>, so that it loads without
/// being told of them. Numbers with a fraction are text, as in <see cref="ConfigValues"/>.
/// </summary>
public static class AdapterValues
{
    /// <summary>Name of the entry: <c>adapters</c>.</summary>
    public const string Key = "adapters";

    /// <summary>Entries that describe a model with its adapters, to be written beside its weights; those given if it has none.</summary>
    /// <param name="adapters">The adapters; null for none.</param>
    /// <param name="others">Other entries.</param>
    public static PlainDictionary EntriesFor(ModelAdapters? adapters, PlainDictionary others)
    {
        ArgumentNullException.ThrowIfNull(others);
        if (adapters is null or { Lora: null, Bottleneck: null })
            return others;
        var tree = new PlainDictionary();
        if (adapters.Lora is { } lora)
            tree.Set("lora", new PlainDictionary
            {
                ["rank"] = (long)lora.Rank, ["alpha"] = Text(lora.Alpha), ["dropout"] = Text(lora.Dropout), ["modules"] = new PlainList(lora.Modules),
            });
        if (adapters.Bottleneck is { } bottleneck)
            tree.Set("bottleneck", new PlainDictionary
            {
                ["width"] = (long)bottleneck.Width, ["scale"] = Text(bottleneck.Scale), ["placement"] = bottleneck.Placement.ToString(), ["modules"] = new PlainList(bottleneck.Modules),
            });
        return new([.. others.Where(entry => !entry.Key.Equals(Key)), new(Key, tree)]);
    }

    /// <summary>The adapters that a checkpoint says it has the weights of; null if none.</summary>
    /// <exception cref="CheckpointException">What it says can't be read.</exception>
    public static ModelAdapters? TryRead(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (!checkpoint.Entries.TryGetValue(Key, out var value))
            return null;
        // safetensors metadata is text: there it is JSON. Other software may use the same name for something else.
        if ((value as PlainDictionary ?? (value is string text ? PlainJson.TryRead(text) as PlainDictionary : null)) is not { } tree
            || !checkpoint.StateDict.Keys.Any(ModelAdapters.IsParameter))
            return null;
        var (lora, bottleneck) = (tree.GetValueOrDefault("lora") as PlainDictionary, tree.GetValueOrDefault("bottleneck") as PlainDictionary);
        return new ModelAdapters
        {
            Lora = lora is null ? null : new LoraSettings
            {
                Rank = Whole(checkpoint, lora, "rank"), Alpha = Number(checkpoint, lora, "alpha"), Dropout = Number(checkpoint, lora, "dropout"), Modules = Names(checkpoint, lora),
            },
            Bottleneck = bottleneck is null ? null : new BottleneckSettings
            {
                Width = Whole(checkpoint, bottleneck, "width"), Scale = Number(checkpoint, bottleneck, "scale"), Modules = Names(checkpoint, bottleneck),
                Placement = Enum.TryParse<BottleneckPlacement>(bottleneck.GetValueOrDefault("placement") as string, out var placement) ? placement : throw Wrong(checkpoint, "placement"),
            },
        };
    }

    /// <summary>Gives a model the adapters that a checkpoint has the weights of, before these are loaded.</summary>
    /// <exception cref="CheckpointException">They don't fit the model.</exception>
    internal static void Attach(Checkpoint checkpoint, Sam2Model model)
    {
        if (model.Parts.Adapters is not null || TryRead(checkpoint) is not { } adapters)
            return;
        try
        {
            // What the file doesn't have isn't made room for: it may say anything.
            foreach (var (name, rows) in adapters.FirstParameters(model))
                if (!checkpoint.StateDict.TryGetValue(name, out var entry) || entry.Shape is not [var first, _] || first != rows)
                    throw new CheckpointException(checkpoint.Path, $"says that it has an adapter of {rows} rows in '{name}', but it hasn't", CheckpointRemedy.Redownload);
            model.Attach(adapters);
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(checkpoint.Path, $"has adapters that don't fit its model: {e.Message.TrimEnd('.')}", CheckpointRemedy.Redownload, e);
        }
    }

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static int Whole(Checkpoint checkpoint, PlainDictionary tree, string name) =>
        tree.GetValueOrDefault(name) is long number and >= 1 and <= 1 << 16 ? (int)number : throw Wrong(checkpoint, name);

    private static double Number(Checkpoint checkpoint, PlainDictionary tree, string name) =>
        double.TryParse(tree.GetValueOrDefault(name) as string, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw Wrong(checkpoint, name);

    private static IReadOnlyList<string> Names(Checkpoint checkpoint, PlainDictionary tree) =>
        tree.GetValueOrDefault("modules") is PlainList { Count: > 0 and <= 1024 } list && list.All(name => name is string)
            ? [.. list.Cast<string>()]
            : throw Wrong(checkpoint, "modules");

    private static CheckpointException Wrong(Checkpoint checkpoint, string name) =>
        new(checkpoint.Path, $"says something about its adapters that can't be read: '{name}'", CheckpointRemedy.Redownload);
}
