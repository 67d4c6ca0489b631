using Sam2.Torch.Training.Recipes;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Losses;

/// <summary>
/// The loss of a batch of clips. The original's is <see cref="MultiStepLoss"/>; a <see cref="Trainer"/> takes another one through
/// <see cref="TrainerParts.Loss"/>.
/// </summary>
/// <remarks>
/// With <see cref="Recipe.ConcurrentBatches"/> above 1 several threads call one loss at the same time, so a loss keeps no
/// state of the batch.
/// </remarks>
public interface ITrainingLoss
{
    /// <summary>Computes the loss of a batch.</summary>
    /// <param name="prediction">What the model predicts: T frames, each with at least one step, for O objects.</param>
    /// <param name="masks">The true masks, [T, O, S, S], bool; all false where an object is not visible.</param>
    /// <returns>The loss with its graph; the caller disposes it.</returns>
    LossReport Compute(ClipPrediction prediction, Tensor masks);
}

/// <summary>The losses of a batch.</summary>
/// <param name="Total">The weighted sum, a scalar with its graph: see <see cref="Backward"/>.</param>
/// <param name="Values">
/// The value of each loss by name, for logs: <see cref="TotalName"/> for <paramref name="Total"/>, and its parts.
/// <see cref="MultiStepLoss"/> has <c>loss_mask</c>, <c>loss_dice</c>, <c>loss_iou</c> and <c>loss_class</c>, before weighting.
/// </param>
public sealed record LossReport(Tensor Total, IReadOnlyDictionary<string, double> Values) : IDisposable
{
    /// <summary>The name of the weighted sum among <see cref="Values"/>.</summary>
    public const string TotalName = "core_loss";

    /// <summary>A report whose <see cref="Values"/> are some parts and the total.</summary>
    /// <param name="total">The weighted sum, a scalar with its graph. The report takes it out of its dispose scope into the next outer one.</param>
    /// <param name="parts">The parts by name, for logs.</param>
    /// <exception cref="ArgumentException">The total is not a scalar, or a part has the name of the total.</exception>
    public static LossReport From(Tensor total, params IReadOnlyList<(string Name, double Value)> parts)
    {
        ArgumentNullException.ThrowIfNull(total);
        ArgumentNullException.ThrowIfNull(parts);
        if (total.numel() != 1)
            throw new ArgumentException($"The loss has shape [{string.Join(", ", total.shape)}]; reduce it to one number by sum() or mean().", nameof(total));
        var values = parts.ToDictionary(part => part.Name, part => part.Value);
        values.Add(TotalName, ValueOf(total));
        return new(total.MoveToOuterDisposeScope(), values);
    }

    /// <summary>
    /// Computes the gradients of <see cref="Total"/> and adds them to those of the weights. Does nothing if it depends on no weight,
    /// as for a short clip whose every frame was prompted with its mask.
    /// </summary>
    /// <exception cref="Exception">What was thrown where a segment could not be computed again: see <see cref="ActivationCheckpoint"/>.</exception>
    public void Backward()
    {
        if (Total.requires_grad) ActivationCheckpoint.Backward(Total);
    }

    /// <inheritdoc/>
    public void Dispose() => Total.Dispose();

    private static double ValueOf(Tensor total)
    {
        using var scope = NewDisposeScope();
        return total.detach().to(float32).cpu().item<float>();
    }
}
