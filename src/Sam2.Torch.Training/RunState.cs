namespace Sam2.Torch.Training;

/// <summary>How far a training run is.</summary>
public sealed class RunState
{
    /// <summary>Steps of the optimizer taken.</summary>
    public long Step { get; set; }

    /// <summary>The best first score of a validation so far; null before the first validation.</summary>
    public double? BestScore { get; set; }

    /// <summary>The step of the best score.</summary>
    public long BestStep { get; set; }

    /// <summary>The step after which the model was last validated; 0 before the first validation.</summary>
    public long ValidatedStep { get; set; }

    /// <summary>The scores of the last validation; empty before the first one.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> LastScores { get; set; } = [];

    /// <summary>Time spent in training, over all processes of the run.</summary>
    public TimeSpan Elapsed { get; set; }
}
