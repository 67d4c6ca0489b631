namespace Sam2.Torch.Masks;

/// <summary>Which small regions of a mask are to be cleaned up.</summary>
public enum SmallRegions
{
    /// <summary>Background enclosed or isolated in small pieces: it becomes part of the mask.</summary>
    Holes,

    /// <summary>Foreground in small pieces: it is removed.</summary>
    Islands,
}
