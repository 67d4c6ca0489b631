using Sam2.Torch.Modeling;
using Sam2.Torch.Training.Prompts;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>The model's predictions for a batch of clips, frame by frame, as losses need them. Owns its tensors.</summary>
/// <param name="Frames">One entry per frame, in the order of the clip.</param>
/// <param name="Plan">Which frames were prompted and corrected.</param>
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

/// <summary>One prediction of the mask decoder for the O objects of a batch.</summary>
/// <param name="Masks">Mask logits at the model's resolution, [O, M, S, S], float32; M is 3 where the decoder offers three masks, else 1.</param>
/// <param name="BestMask">The one of these with the highest predicted IoU, [O, 1, S, S].</param>
/// <param name="Ious">Predicted IoU of each mask, [O, M].</param>
/// <param name="ObjectScores">Logits of the object being visible, [O, 1].</param>
/// <param name="Points">The points that the prediction answers, with those of earlier steps; null for a mask or none.</param>
public sealed record PredictionStep(Tensor Masks, Tensor BestMask, Tensor Ious, Tensor ObjectScores, PointTensors? Points) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in All) tensor.Dispose();
    }

    internal void MoveToOuterDisposeScope()
    {
        foreach (var tensor in All) tensor.MoveToOuterDisposeScope();
    }

    private IEnumerable<Tensor> All => Points is null
        ? [Masks, BestMask, Ious, ObjectScores]
        : [Masks, BestMask, Ious, ObjectScores, Points.Coordinates, Points.Labels];
}
