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
