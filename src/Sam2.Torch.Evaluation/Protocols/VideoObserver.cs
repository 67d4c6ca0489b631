namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>What follows a protocol's work on a video.</summary>
/// <param name="Predictions">Takes the final masks; null if nobody wants them.</param>
/// <param name="Progress">Told how much of the video is done, 0 to 1; null if nobody asks.</param>
/// <param name="PeakMemory">Measures the largest amount of memory that was in use, in bytes; null if it isn't known.</param>
/// <param name="Cancellation">Ends the work between two frames.</param>
public sealed record VideoObserver(
    IPredictionSink? Predictions = null, Action<double>? Progress = null, Func<long>? PeakMemory = null, CancellationToken Cancellation = default);
