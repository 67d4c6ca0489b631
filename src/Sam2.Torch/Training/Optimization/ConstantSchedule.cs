namespace Sam2.Torch.Training.Optimization;

/// <summary>The same value throughout.</summary>
/// <param name="Value">The value.</param>
public sealed record ConstantSchedule(double Value) : Schedule
{
    /// <inheritdoc/>
    public override double At(double where) => Value;
}
