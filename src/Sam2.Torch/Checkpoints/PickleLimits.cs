namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Bounds of a pickle. A checkpoint of SAM 2 large with its optimizer needs some 10,000 objects, 40,000 memo slots, two
/// levels of nesting; these bounds leave room for files a hundred times that and keep a hostile one below 64 MB.
/// </summary>
internal sealed class PickleLimits(ByteSource source)
{
    public const int MaxDepth = 64;
    public const int MaxMemo = 1 << 19;
    public const int MaxStack = 1 << 19;
    public const int MaxIntegerBytes = 256;
    public const long MaxExpandedNodes = 10_000_000;
    private const long MaxBytes = 16 << 20;

    private long _bytes;

    /// <summary>Accounts for an object of about this many bytes.</summary>
    public void Charge(long bytes)
    {
        _bytes += bytes;
        if (_bytes > MaxBytes)
            throw source.Bad($"its plain values and tensor descriptions need more than {MaxBytes >> 20} MB", CheckpointRemedy.Resave);
    }
}
