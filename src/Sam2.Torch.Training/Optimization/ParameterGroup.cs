namespace Sam2.Torch.Training.Optimization;

/// <summary>Parameters that share learning rate and weight decay.</summary>
/// <param name="Names">The parameters' names, in the model's order.</param>
/// <param name="LearningRate">The learning rate before <paramref name="Scale"/>.</param>
/// <param name="Scale">What layer-wise decay multiplies the learning rate by.</param>
/// <param name="WeightDecay">The weight decay.</param>
public sealed record ParameterGroup(IReadOnlyList<string> Names, Schedule LearningRate, double Scale, Schedule WeightDecay)
{
    /// <summary>The learning rate at a point of the run in [0, 1).</summary>
    public double LearningRateAt(double where) => Scale * LearningRate.At(where);
}
