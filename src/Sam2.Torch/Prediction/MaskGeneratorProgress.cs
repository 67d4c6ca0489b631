namespace Sam2.Torch.Prediction;

/// <summary>How far a <see cref="MaskGenerator"/> has come.</summary>
/// <param name="PointsDone">Points that were prompted so far, over all crops.</param>
/// <param name="Points">All points.</param>
/// <param name="Candidates">Masks found in the present crop, duplicates included.</param>
public readonly record struct MaskGeneratorProgress(int PointsDone, int Points, int Candidates);
