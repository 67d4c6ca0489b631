using static TorchSharp.torch;

namespace Sam2.Torch.Training.Losses;

/// <summary>The losses of a training step.</summary>
/// <param name="Total">The weighted sum, a scalar with its graph: call <c>backward</c> on it.</param>
/// <param name="Values">
/// <c>loss_mask</c>, <c>loss_dice</c>, <c>loss_iou</c>, <c>loss_class</c> without their weights, and <c>core_loss</c>, the weighted sum.
/// </param>
public sealed record LossReport(Tensor Total, IReadOnlyDictionary<string, double> Values) : IDisposable
{
    /// <summary>The name of the weighted sum among <see cref="Values"/>.</summary>
    public const string TotalName = "core_loss";

    /// <inheritdoc/>
    public void Dispose() => Total.Dispose();
}
