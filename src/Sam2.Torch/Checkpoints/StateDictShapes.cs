namespace Sam2.Torch.Checkpoints;

/// <summary>The keys and shapes of a checkpoint, read as those of a SAM 2 model.</summary>
internal readonly struct StateDictShapes(Checkpoint checkpoint)
{
    private const int MaxSize = 1 << 20;
    private const int MaxLayers = 1024;

    public bool Has(string key) => checkpoint.StateDict.ContainsKey(key);

    /// <summary>A size of a tensor that every SAM 2 model has.</summary>
    public int this[string key, int dimension]
    {
        get
        {
            if (!checkpoint.StateDict.TryGetValue(key, out var entry))
                throw new CheckpointException(checkpoint.Path, $"is not a SAM 2 model: among its {checkpoint.StateDict.Count} tensors there is no '{key}'",
                    Advice(key));
            if (dimension >= entry.Shape.Count || entry.Shape[dimension] is < 1 or > MaxSize)
                throw new CheckpointException(checkpoint.Path, $"is not a SAM 2 model: '{key}' has shape [{string.Join(", ", entry.Shape)}]", "Give a checkpoint of SAM 2 or 2.1");
            return (int)entry.Shape[dimension];
        }
    }

    public int CountLayers(string prefix, string suffix)
    {
        var count = 0;
        while (count < MaxLayers && Has($"{prefix}{count}{suffix}"))
            count++;
        return count > 0 ? count : this[$"{prefix}0{suffix}", 0];
    }

    private string Advice(string key)
    {
        var keys = checkpoint.StateDict.Keys;
        if (keys.FirstOrDefault(name => name.EndsWith("." + key, StringComparison.Ordinal)) is { } wrapped)
            return $"Its keys begin with '{wrapped[..^key.Length]}': save the inner module's state_dict()";
        return keys.Any(name => name.Contains(".lora_A.", StringComparison.Ordinal))
            ? "These are adapters of PEFT: give the model that they were trained on, and these as its adapters"
            : "Give a checkpoint of SAM 2 or 2.1";
    }
}
