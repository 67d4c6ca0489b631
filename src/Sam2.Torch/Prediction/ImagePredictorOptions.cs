namespace Sam2.Torch.Prediction;

/// <summary>How <see cref="ImagePredictor"/> turns logits into masks.</summary>
public sealed record ImagePredictorOptions
{
    /// <summary>Logit above which a pixel belongs to the object.</summary>
    public double MaskThreshold { get; init; }

    /// <summary>Holes of at most this area, in pixels of the low-resolution mask, are filled; 0 for none.</summary>
    public int MaxHoleArea { get; init; }

    /// <summary>Specks of at most this area, in pixels of the low-resolution mask, are removed; 0 for none.</summary>
    public int MaxSprinkleArea { get; init; }

    /// <summary>
    /// Prompts that pass the mask decoder together. It bounds memory: one prompt at 1024×1024 pixels takes about 30 MB there.
    /// Results do not depend on it.
    /// </summary>
    public int PromptBatch { get; init; } = 16;
}
