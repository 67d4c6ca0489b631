namespace Sam2.Torch.Training;

/// <summary>What the model predicts for a batch of clips, frame by frame, as the losses need it. Owns its tensors.</summary>
/// <param name="Frames">One entry per frame, in the order of the clip.</param>
/// <param name="Plan">What was prompted and corrected.</param>
public sealed record ClipPrediction(IReadOnlyList<FramePrediction> Frames, PromptPlan Plan) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var frame in Frames) frame.Dispose();
    }

    internal ClipPrediction MoveToOuterDisposeScope()
    {
        foreach (var step in Frames.SelectMany(frame => frame.Steps)) step.MoveToOuterDisposeScope();
        return this;
    }
}
