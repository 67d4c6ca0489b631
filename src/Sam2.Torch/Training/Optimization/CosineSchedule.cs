namespace Sam2.Torch.Training.Optimization;

/// <summary>Half a period of a cosine, flat at both ends (Loshchilov and Hutter 2017).</summary>
/// <param name="StartValue">The value at the beginning.</param>
/// <param name="EndValue">The value at the end.</param>
public sealed record CosineSchedule(double StartValue, double EndValue) : Schedule
{
    /// <inheritdoc/>
    public override double At(double where) => EndValue + 0.5 * (StartValue - EndValue) * (1 + Math.Cos(Math.PI * where));
}
