using Sam2.Torch.Data;

namespace Sam2.Torch.Training.Batches;

/// <summary>A data set and how often its videos come in an epoch.</summary>
/// <param name="Videos">The videos.</param>
/// <param name="Repeat">The repeat factor, above 0; 1 for every video once.</param>
internal sealed record WeightedDataset(IReadOnlyList<IAnnotatedVideo> Videos, double Repeat = 1);
