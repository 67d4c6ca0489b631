using Sam2.Torch.Configuration;

namespace Sam2.Torch.Training.Optimization;

/// <summary>
/// A value that changes over a training run, such as a learning rate. The same forms and names as fvcore's
/// <c>ParamScheduler</c>s, which the original uses. TorchSharp's <c>lr_scheduler</c>s have other forms, are for learning rates but
/// not for weight decay, and count calls, which a resumed run would have to repeat.
/// </summary>
public abstract record Schedule
{
    /// <summary>The value at a point of the run.</summary>
    /// <param name="where">The fraction of the run that is over, in [0, 1).</param>
    public abstract double At(double where);
}

/// <summary>The same value throughout.</summary>
/// <param name="Value">The value.</param>
public sealed record ConstantSchedule(double Value) : Schedule
{
    /// <inheritdoc/>
    public override double At(double where) => Value;
}

/// <summary>A straight line, for example to warm up.</summary>
/// <param name="StartValue">The value at the beginning.</param>
/// <param name="EndValue">The value at the end.</param>
public sealed record LinearSchedule(double StartValue, double EndValue) : Schedule
{
    /// <inheritdoc/>
    public override double At(double where) => StartValue + (EndValue - StartValue) * where;
}

/// <summary>Half a period of a cosine, flat at both ends (Loshchilov and Hutter 2017).</summary>
/// <param name="StartValue">The value at the beginning.</param>
/// <param name="EndValue">The value at the end.</param>
public sealed record CosineSchedule(double StartValue, double EndValue) : Schedule
{
    /// <inheritdoc/>
    public override double At(double where) => EndValue + 0.5 * (StartValue - EndValue) * (1 + Math.Cos(Math.PI * where));
}

/// <summary>Several schedules one after the other, each stretched over its part of the run.</summary>
public sealed record CompositeSchedule : Schedule
{
    // A boundary belongs to the next part; steps divided by their number may fall a rounding error short of it.
    private const double Rounding = 1e-6;

    private readonly IReadOnlyList<(Schedule Schedule, double Length)> _parts;

    /// <summary>Joins schedules.</summary>
    /// <param name="parts">The schedules, each with the fraction of the run that it covers; the fractions add up to 1.</param>
    /// <exception cref="ArgumentException">There are no parts, a fraction is not positive, or they don't add up to 1.</exception>
    public CompositeSchedule(IReadOnlyList<(Schedule Schedule, double Length)> parts)
    {
        var total = parts.Sum(part => part.Length);
        if (parts.Count == 0 || parts.Any(part => part.Length <= 0) || Math.Abs(total - 1) > 1e-3)
            throw new ArgumentException($"The lengths of a composite schedule are [{string.Join(", ", parts.Select(part => part.Length))}]; give positive fractions of the run that add up to 1.", nameof(parts));
        _parts = parts;
    }

    /// <inheritdoc/>
    public override double At(double where)
    {
        var (i, start) = (0, 0.0);
        while (i < _parts.Count - 1 && where + Rounding > start + _parts[i].Length)
            start += _parts[i++].Length;
        return _parts[i].Schedule.At(Math.Clamp((where - start) / _parts[i].Length, 0, 1));
    }
}

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
