namespace Sam2.Torch.Training.Optimization;

/// <summary>A value that changes over a training run, such as a learning rate. The same forms and names as fvcore's <c>ParamScheduler</c>s, which the original uses.</summary>
public abstract record Schedule
{
    /// <summary>The value at a point of the run.</summary>
    /// <param name="where">How much of the run is behind, in [0, 1).</param>
    public abstract double At(double where);
}
