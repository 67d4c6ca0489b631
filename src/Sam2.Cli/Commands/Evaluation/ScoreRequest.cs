namespace Sam2.Cli.Commands.Evaluation;

/// <summary>What <c>sam2 eval score</c> was asked for.</summary>
/// <param name="Truth">The root of the true masks.</param>
/// <param name="Predicted">The root of the predictions.</param>
/// <param name="AllFrames">Whether the first and the last annotated frame count.</param>
/// <param name="Videos">Which videos, or null for all.</param>
/// <param name="Jobs">How many videos at once.</param>
/// <param name="Directory">Where a report is written, or null for nowhere.</param>
internal sealed record ScoreRequest(string Truth, string Predicted, bool AllFrames, IReadOnlyList<string>? Videos, int Jobs, string? Directory);
