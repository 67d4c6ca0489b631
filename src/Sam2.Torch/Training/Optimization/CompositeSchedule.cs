namespace Sam2.Torch.Training.Optimization;

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
