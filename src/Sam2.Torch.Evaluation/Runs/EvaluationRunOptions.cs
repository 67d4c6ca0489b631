namespace Sam2.Torch.Evaluation.Runs;

/// <summary>How an evaluation works through a data set. Scores don't depend on it.</summary>
public sealed record EvaluationRunOptions
{
    /// <summary>How many videos are worked on at once.</summary>
    public int Jobs { get; init; } = 1;

    /// <summary>Whether predictions are stored.</summary>
    public bool StorePredictions { get; init; } = true;

    /// <summary>Told how many videos were done before, how many are done and a part of the one being worked on, and how many there are.</summary>
    public Action<EvaluationProgress>? Progress { get; init; }

    /// <summary>Measures the largest amount of memory that was in use, in bytes.</summary>
    public Func<long>? PeakMemory { get; init; }

    /// <summary>Ends the evaluation between two frames; what is done is kept.</summary>
    public CancellationToken Cancellation { get; init; }
}
