namespace Sam2.Torch.Prediction;

/// <summary>How a <see cref="DynamicInteractivePredictor"/> remembers objects.</summary>
public sealed record DynamicInteractiveOptions
{
    /// <summary>Most objects that are known at a time.</summary>
    public int MaxObjects { get; init; } = 16;

    /// <summary>
    /// Images remembered per object; the oldest is forgotten. The time of a prediction grows with them (a memory of an image takes
    /// 0.5 MB at 1024×1024 pixels).
    /// </summary>
    public int MemoriesPerObject { get; init; } = 6;

    /// <summary>Holes of at most this area, in pixels of the low-resolution mask, are filled; 0 for none.</summary>
    public int FillHoleArea { get; init; } = 8;

    /// <summary>Whether memories are kept in the model's precision instead of bfloat16.</summary>
    public bool FullPrecisionMemories { get; init; }

    /// <summary>Whether results include the low-resolution logits (<see cref="ObjectMask.Logits"/>).</summary>
    public bool ReturnLogits { get; init; }
}
