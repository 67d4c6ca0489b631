namespace Sam2.Torch.Evaluation.Runs;

/// <summary>How far an evaluation is, in videos.</summary>
/// <param name="Before">Done by an earlier run of the same evaluation.</param>
/// <param name="Done">Done by this one, with the parts of those being worked on.</param>
/// <param name="Total">All there are.</param>
public readonly record struct EvaluationProgress(int Before, double Done, int Total);
