namespace Sam2.Torch.Prediction;

/// <summary>A click on an image.</summary>
/// <param name="X">Pixels from the left edge of the image; the pixel at the left has its centre at 0.</param>
/// <param name="Y">Pixels from the top edge of the image.</param>
/// <param name="IsForeground">Whether the object is here, or is not.</param>
public readonly record struct PointPrompt(float X, float Y, bool IsForeground = true);
