using Sam2.Torch.Modeling;

namespace Sam2.Torch.Training;

/// <summary>Measures a model while it is trained.</summary>
public interface IValidator
{
    /// <summary>Measures the model on data that it is not trained on.</summary>
    /// <param name="model">The model in evaluation mode, in float32.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Scores by name, higher is better; the first one decides which weights are the best.</returns>
    IReadOnlyList<KeyValuePair<string, double>> Validate(Sam2Model model, CancellationToken cancellation);
}
