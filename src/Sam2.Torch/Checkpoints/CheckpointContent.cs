using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>What a format's reader found: the tensors of the model, and everything else.</summary>
internal sealed record CheckpointContent(IReadOnlyDictionary<string, TensorEntry> StateDict, PlainDictionary Entries)
{
    /// <summary>Under what a model lies in a checkpoint, the first that is there. An average is what is left where a trainer saved nothing else.</summary>
    private static readonly string[] ModelKeys = ["model", "state_dict", "model_state_dict", "ema"];

    // Where trainers keep an average of a module with more about it.
    private static readonly string[] InnerKeys = ["module", .. ModelKeys];

    /// <summary>
    /// Everything else. An entry <c>model</c> is none of it: where the weights are elsewhere, it is None or a name, and when they are
    /// written, it is theirs.
    /// </summary>
    public PlainDictionary Entries { get; } = new(Entries.Where(entry => !entry.Key.Equals("model")));

    /// <summary>Whether Ultralytics has written it.</summary>
    public bool IsFromUltralytics { get; private init; }

    /// <summary>
    /// Finds the state dict in what torch.save was given: the value of <c>model</c> (or <c>state_dict</c>, …), else the
    /// dictionary itself. A module that was pickled as a whole counts as its state dict.
    /// </summary>
    public static CheckpointContent FromRoot(ByteSource source, object? root)
    {
        if (root is PickledObject module)
            return new(PickledModules.StateDict(source, module), PlainDictionary.Empty) { IsFromUltralytics = PickledModules.IsFromUltralytics(module) };
        if (root is not PlainDictionary dictionary)
            throw source.Bad($"holds {Describe(root)} where a dictionary of tensors is expected", "Save a state dict, or {\"model\": state_dict}");
        foreach (var key in ModelKeys)
            if (dictionary.TryGetValue(key, out var value) && value is PlainDictionary or PickledObject)
                return new(StateDictOf(source, value, key), Plain(dictionary.Where(entry => !entry.Key.Equals(key))))
                {
                    IsFromUltralytics = value is PickledObject pickled && PickledModules.IsFromUltralytics(pickled)
                        || dictionary.GetValueOrDefault("docs") is string docs && docs.Contains("ultralytics", StringComparison.OrdinalIgnoreCase),
                };

        if (!dictionary.Values.Any(value => value is TensorEntry))
            throw source.Bad($"holds no state dict; its entries are {Keys(dictionary)}", "Save a state dict, or {\"model\": state_dict}");
        var tensors = new OrderedDictionary<string, TensorEntry>(StringComparer.Ordinal);
        var others = new List<KeyValuePair<object, object?>>();
        foreach (var (key, value) in dictionary)
            if (key is string name && value is TensorEntry tensor)
                tensors.Add(name, tensor);
            else
                others.Add(new(key, value));
        return new(tensors, Plain(others));
    }

    private static OrderedDictionary<string, TensorEntry> StateDictOf(ByteSource source, object model, string key)
    {
        if (model is PickledObject module)
            return PickledModules.StateDict(source, module);
        var dictionary = (PlainDictionary)model;
        if (!dictionary.Values.Any(value => value is TensorEntry))
            dictionary = InnerKeys.Select(name => dictionary.GetValueOrDefault(name)).OfType<PlainDictionary>().FirstOrDefault() ?? dictionary;
        var tensors = new OrderedDictionary<string, TensorEntry>(dictionary.Count, StringComparer.Ordinal);
        foreach (var (name, value) in dictionary)
            tensors.Add(
                name as string ?? throw source.Bad($"its '{key}' has the key {name}, which is not a name", CheckpointRemedy.Resave),
                value as TensorEntry ?? throw source.Bad($"its '{key}' holds {Describe(value)} under '{name}' where a tensor is expected", CheckpointRemedy.Resave));
        return tensors;
    }

    /// <summary>Entries of plain values; those that hold an object of a class are left out.</summary>
    private static PlainDictionary Plain(IEnumerable<KeyValuePair<object, object?>> entries) => new(entries.Where(entry => PickledModules.IsPlain(entry.Value)));

    private static string Keys(PlainDictionary dictionary) =>
        dictionary.Count == 0 ? "none" : string.Join(", ", dictionary.Keys.Take(8)) + (dictionary.Count > 8 ? ", …" : "");

    private static string Describe(object? value) => value switch
    {
        null => "None",
        PlainDictionary => "a dictionary",
        PlainList { IsTuple: true } => "a tuple",
        PlainList => "a list",
        TensorEntry => "a single tensor",
        PickledObject pickled => $"an object of the class {pickled.Class}",
        PickleGlobal.Class other => $"the class {other.Name}",
        string => "a string",
        bool or long or double or System.Numerics.BigInteger => "a number",
        _ => "bytes",
    };
}
