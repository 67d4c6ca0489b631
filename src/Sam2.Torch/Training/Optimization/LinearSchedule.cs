namespace Sam2.Torch.Training.Optimization;

/// <summary>A straight line, for example to warm up.</summary>
/// <param name="StartValue">The value at the beginning.</param>
/// <param name="EndValue">The value at the end.</param>
public sealed record LinearSchedule(double StartValue, double EndValue) : Schedule
{
    /// <inheritdoc/>
    public override double At(double where) => StartValue + (EndValue - StartValue) * where;
}
