using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>What a format's reader found: the tensors of the model, and everything else.</summary>
internal sealed record CheckpointContent(IReadOnlyDictionary<string, TensorEntry> StateDict, PlainDictionary Entries)
{
    private static readonly string[] ModelKeys = ["model", "state_dict"];

    /// <summary>
    /// Finds the state dict in what torch.save was given: the value of <c>model</c> (or <c>state_dict</c>), else the
    /// dictionary itself.
    /// </summary>
    public static CheckpointContent FromRoot(ByteSource source, object? root)
    {
        if (root is not PlainDictionary dictionary)
            throw source.Bad($"holds {Describe(root)} where a dictionary of tensors is expected", "Save a state dict, or {\"model\": state_dict}");
        foreach (var key in ModelKeys)
            if (dictionary.TryGetValue(key, out var value) && value is PlainDictionary model)
                return new(StateDictOf(source, model, key), new(dictionary.Where(entry => !entry.Key.Equals(key))));

        if (!dictionary.Values.Any(value => value is TensorEntry))
            throw source.Bad($"holds no state dict; its entries are {Keys(dictionary)}", "Save a state dict, or {\"model\": state_dict}");
        var tensors = new OrderedDictionary<string, TensorEntry>(StringComparer.Ordinal);
        var others = new List<KeyValuePair<object, object?>>();
        foreach (var (key, value) in dictionary)
            if (key is string name && value is TensorEntry tensor)
                tensors.Add(name, tensor);
            else
                others.Add(new(key, value));
        return new(tensors, new(others));
    }

    private static OrderedDictionary<string, TensorEntry> StateDictOf(ByteSource source, PlainDictionary model, string key)
    {
        var tensors = new OrderedDictionary<string, TensorEntry>(model.Count, StringComparer.Ordinal);
        foreach (var (name, value) in model)
            tensors.Add(
                name as string ?? throw source.Bad($"its '{key}' has the key {name}, which is not a name", CheckpointRemedy.Resave),
                value as TensorEntry ?? throw source.Bad($"its '{key}' holds {Describe(value)} under '{name}' where a tensor is expected", CheckpointRemedy.Resave));
        return tensors;
    }

    private static string Keys(PlainDictionary dictionary) =>
        dictionary.Count == 0 ? "none" : string.Join(", ", dictionary.Keys.Take(8)) + (dictionary.Count > 8 ? ", …" : "");

    private static string Describe(object? value) => value switch
    {
        null => "None",
        PlainDictionary => "a dictionary",
        PlainList { IsTuple: true } => "a tuple",
        PlainList => "a list",
        TensorEntry => "a single tensor",
        string => "a string",
        bool or long or double or System.Numerics.BigInteger => "a number",
        _ => "bytes",
    };
}
