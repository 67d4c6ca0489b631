using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>What a batch says of the weights, computed beside other batches.</summary>
/// <param name="Losses">Its losses, by name.</param>
/// <param name="Gradients">A gradient for each trained weight, null for those that it does not touch.</param>
internal sealed record BatchGradients(IReadOnlyDictionary<string, double> Losses, IReadOnlyList<Tensor?> Gradients) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var gradient in Gradients)
            gradient?.Dispose();
    }
}
