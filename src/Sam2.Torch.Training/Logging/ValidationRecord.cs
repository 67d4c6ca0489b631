namespace Sam2.Torch.Training.Logging;

/// <summary>What validation found.</summary>
/// <param name="Step">Training steps taken so far.</param>
/// <param name="Scores">The scores by name, such as <c>video_click_j&amp;f</c>, in [0, 1].</param>
/// <param name="Best">Whether the first score is the best so far.</param>
/// <param name="Seconds">Time it took.</param>
public sealed record ValidationRecord(long Step, IReadOnlyList<KeyValuePair<string, double>> Scores, bool Best, double Seconds);
