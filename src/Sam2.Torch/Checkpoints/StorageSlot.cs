namespace Sam2.Torch.Checkpoints;

/// <summary>Where a storage's region will be found. In the legacy format regions follow the pickle that describes them.</summary>
internal sealed class StorageSlot(string key)
{
    private StorageRegion? _region;

    public string Key { get; } = key;

    public bool IsLocated => _region is not null;

    public StorageRegion Region
    {
        get => _region ?? throw new InvalidOperationException($"Storage '{Key}' has not been located.");
        set => _region = value;
    }
}
