namespace Sam2.Torch.Training.Optimization;

/// <summary>The forms that a schedule can have.</summary>
public enum ScheduleKind
{
    /// <summary><see cref="ConstantSchedule"/>.</summary>
    Constant,

    /// <summary><see cref="LinearSchedule"/>.</summary>
    Linear,

    /// <summary><see cref="CosineSchedule"/>.</summary>
    Cosine,

    /// <summary><see cref="CompositeSchedule"/>.</summary>
    Composite,
}
