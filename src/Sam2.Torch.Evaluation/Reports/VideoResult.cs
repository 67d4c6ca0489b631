namespace Sam2.Torch.Evaluation.Reports;

/// <summary>
/// Everything that was measured on one video. It is stored as soon as the video is done, so that an evaluation that was
/// stopped goes on where it was; reports are made from nothing else.
/// </summary>
/// <param name="Video">The video's name.</param>
/// <param name="Rounds">What was measured: once, or after each round of prompts.</param>
public sealed record VideoResult(string Video, IReadOnlyList<RoundResult> Rounds)
{
    /// <summary>What it cost; null where nothing was predicted.</summary>
    public ReportSpeed? Speed { get; init; }
}
