namespace Sam2.Torch.Checkpoints;

/// <summary>Whose names a checkpoint's tensors have. The tensors are the same in all layouts.</summary>
public enum CheckpointLayout
{
    /// <summary>The names of the original repository, under the entry <c>model</c> in a <c>.pt</c> file.</summary>
    Original,

    /// <summary>
    /// The names of the transformers library (<c>Sam2VideoModel</c>, or <c>Sam2Model</c>, which is its part for images), usually in
    /// <c>model.safetensors</c> with a <c>config.json</c> beside it.
    /// </summary>
    HuggingFace,

    /// <summary>What Ultralytics reads and saves: the original's names, in half precision or as a whole pickled module.</summary>
    Ultralytics,
}

/// <summary>The names of layouts on the command line.</summary>
public static class CheckpointLayouts
{
    private static readonly Dictionary<string, CheckpointLayout> ByName = new(StringComparer.Ordinal)
    {
        ["original"] = CheckpointLayout.Original,
        ["hf"] = CheckpointLayout.HuggingFace,
        ["ultralytics"] = CheckpointLayout.Ultralytics,
    };

    /// <summary>All names: <c>original</c>, <c>hf</c> and <c>ultralytics</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ByName.Keys];

    /// <summary>The layout of a name.</summary>
    /// <exception cref="ArgumentException">There is no such layout.</exception>
    public static CheckpointLayout Parse(string name) => ByName.TryGetValue(name, out var layout)
        ? layout
        : throw new ArgumentException($"'{name}' is no layout of checkpoints; there are {string.Join(", ", Names)}.", nameof(name));

    /// <summary>The name of a layout.</summary>
    public static string NameOf(CheckpointLayout layout) => ByName.First(entry => entry.Value == layout).Key;
}

/// <summary>
/// What the tensors of a model are called, and how they are joined, in a layout to be written. No byte of a tensor changes.
/// </summary>
internal static class LayoutWriter
{
    /// <summary>The names in <paramref name="layout"/> of tensors that have the original's, each with the originals whose rows it joins.</summary>
    /// <param name="path">The file to be written, for errors.</param>
    /// <param name="names">The original's names.</param>
    /// <param name="layout">The layout.</param>
    /// <exception cref="CheckpointException">The layout has no place for a tensor.</exception>
    public static OrderedDictionary<string, string[]> Names(string path, IEnumerable<string> names, CheckpointLayout layout)
    {
        var all = names.ToList();
        var result = new OrderedDictionary<string, string[]>(StringComparer.Ordinal);
        if (layout != CheckpointLayout.HuggingFace)
        {
            foreach (var name in all)
                result.Add(name, [name]);
            return result;
        }
        var points = all.Where(name => HuggingFaceKeys.PointEmbeddingNumber(name) is not null).OrderBy(HuggingFaceKeys.PointEmbeddingNumber).ToArray();
        foreach (var name in all)
            if (points.Contains(name))
                result.TryAdd(HuggingFaceKeys.PointEmbeddings, points);
            else if (name == HuggingFaceKeys.OriginalFrequencies)
                foreach (var frequencies in HuggingFaceKeys.Frequencies)
                    result.Add(frequencies, [name]);
            else
                result.Add(HuggingFaceKeys.OfOriginal(name) ?? throw NoPlace(path, name), [name]);
        return result;
    }

    /// <summary>The layout's tensors, to be written row-major.</summary>
    /// <param name="path">The file to be written, for errors.</param>
    /// <param name="names">What <see cref="Names"/> returned.</param>
    /// <param name="shapeOf">The shape of an original.</param>
    /// <param name="dense">An original as a storage of its own.</param>
    /// <exception cref="CheckpointException">Tensors that are to be joined have different shapes or types.</exception>
    public static List<Safetensors.Item> Items(
        string path, OrderedDictionary<string, string[]> names, Func<string, IReadOnlyList<long>> shapeOf, Func<string, StorageToWrite> dense)
    {
        var items = new List<Safetensors.Item>(names.Count);
        foreach (var (name, originals) in names)
        {
            var parts = originals.Select(dense).ToArray();
            var shape = shapeOf(originals[0]);
            if (originals.Length > 1 && originals.Any(original => !shapeOf(original).SequenceEqual(shape)) || shape is not [1, _] && originals.Length > 1)
                throw new CheckpointException(path, $"can't be written: {originals[0]} and its neighbours are not rows of one matrix", "Write another layout");
            items.Add(new(name, originals.Length == 1 ? shape : [originals.Length, .. shape.Skip(1)], Join(path, name, parts)));
        }
        return items;
    }

    private static StorageToWrite Join(string path, string name, StorageToWrite[] parts) => parts switch
    {
        [var single] => single,
        _ when parts.All(part => part.Type == parts[0].Type) => new(parts[0].Type, parts.Sum(part => part.Count), sink => Array.ForEach(parts, part => part.Write(sink))),
        _ => throw new CheckpointException(path, $"can't be written: the rows of {name} have the types {string.Join(", ", parts.Select(part => ScalarTypes.Name(part.Type)).Distinct())}",
            "Convert all weights to one type at the same time"),
    };

    private static CheckpointException NoPlace(string path, string name) => new(path,
        $"can't be written: transformers has no place for '{name}'", "Write another layout, or take out the part that it belongs to");
}
