namespace Sam2.Torch.Training;

/// <summary>The predictions of one frame: the first, and one more after each correction click.</summary>
/// <param name="Steps">At least one; the last is the frame's result.</param>
public sealed record FramePrediction(IReadOnlyList<PredictionStep> Steps) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var step in Steps) step.Dispose();
    }
}
