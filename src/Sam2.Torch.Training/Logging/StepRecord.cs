namespace Sam2.Torch.Training.Logging;

/// <summary>How training goes: means over the steps since the last record.</summary>
/// <param name="Step">Steps taken so far.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Losses">The losses by name; <c>core_loss</c>, the weighted sum, first.</param>
/// <param name="LearningRate">The largest learning rate of any group now.</param>
/// <param name="GradientNorm">Norm of all gradients together, before clipping.</param>
/// <param name="LossScale">What the loss is multiplied by for the gradients' sake; 1 unless training in float16.</param>
/// <param name="SecondsPerStep">Wall-clock time of a step, data included.</param>
/// <param name="DataSeconds">Of these, time spent waiting for data.</param>
/// <param name="Left">Estimated time to the end of the run.</param>
public sealed record StepRecord(
    long Step, long TotalSteps, IReadOnlyList<KeyValuePair<string, double>> Losses, double LearningRate, double GradientNorm, double LossScale,
    double SecondsPerStep, double DataSeconds, TimeSpan Left);
