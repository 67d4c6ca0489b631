namespace Sam2.Torch.Prediction;

/// <summary>A box around an object, in pixels of the image.</summary>
/// <param name="X0">Left edge.</param>
/// <param name="Y0">Top edge.</param>
/// <param name="X1">Right edge, greater than <paramref name="X0"/>.</param>
/// <param name="Y1">Bottom edge, greater than <paramref name="Y0"/>.</param>
public readonly record struct BoxPrompt(float X0, float Y0, float X1, float Y1);
