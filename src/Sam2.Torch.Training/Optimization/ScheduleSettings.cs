using Sam2.Torch.Configuration;

namespace Sam2.Torch.Training.Optimization;

/// <summary>A schedule as a recipe describes it.</summary>
public record ScheduleSettings
{
    /// <summary>Its form.</summary>
    public ScheduleKind Scheduler { get; init; } = ScheduleKind.Constant;

    /// <summary>The value of a constant schedule.</summary>
    public double? Value { get; init; }

    /// <summary>The value at the beginning, of a linear or cosine schedule.</summary>
    public double? StartValue { get; init; }

    /// <summary>The value at the end, of a linear or cosine schedule.</summary>
    public double? EndValue { get; init; }

    /// <summary>The parts of a composite schedule.</summary>
    public IReadOnlyList<ScheduleSettings>? Schedulers { get; init; }

    /// <summary>The fraction of the run that each part of a composite schedule covers.</summary>
    public IReadOnlyList<double>? Lengths { get; init; }

    /// <summary>The schedule itself.</summary>
    /// <exception cref="ArgumentException">A value that the form needs is missing, or one is given that it doesn't have.</exception>
    public Schedule ToSchedule()
    {
        Allow(nameof(Value), Value, Scheduler is ScheduleKind.Constant);
        Allow(nameof(StartValue), StartValue, Scheduler is ScheduleKind.Linear or ScheduleKind.Cosine);
        Allow(nameof(EndValue), EndValue, Scheduler is ScheduleKind.Linear or ScheduleKind.Cosine);
        Allow(nameof(Schedulers), Schedulers, Scheduler is ScheduleKind.Composite);
        Allow(nameof(Lengths), Lengths, Scheduler is ScheduleKind.Composite);
        switch (Scheduler)
        {
            case ScheduleKind.Constant:
                return new ConstantSchedule(Value!.Value);
            case ScheduleKind.Linear:
                return new LinearSchedule(StartValue!.Value, EndValue!.Value);
            case ScheduleKind.Cosine:
                return new CosineSchedule(StartValue!.Value, EndValue!.Value);
            default:
                if (Schedulers!.Count != Lengths!.Count)
                    throw new ArgumentException($"a composite schedule has {Schedulers.Count} schedulers and {Lengths.Count} lengths; give one length for each");
                return new CompositeSchedule([.. Schedulers.Zip(Lengths, (part, length) => (part.ToSchedule(), length))]);
        }
    }

    private void Allow(string property, object? value, bool belongs)
    {
        var name = Spelling.InFiles(property);
        if (belongs && value is null)
            throw new ArgumentException($"a {Spelling.InFiles(Scheduler.ToString())} schedule needs '{name}'");
        if (!belongs && value is not null)
            throw new ArgumentException($"a {Spelling.InFiles(Scheduler.ToString())} schedule has no '{name}'");
    }
}

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
