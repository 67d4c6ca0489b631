namespace Sam2.Torch.Training.Ablation;

/// <summary>How the axes of a sweep are combined.</summary>
public enum SweepCombination
{
    /// <summary>Every choice of an axis with every choice of the others.</summary>
    All,

    /// <summary>The recipe as it is, and every choice alone, as in the paper's tables.</summary>
    OneAtATime,
}
