using System.Globalization;
using Sam2.Torch.Runtime;

namespace Sam2.Cli.Benchmarking;

/// <summary>What a step of a curve took.</summary>
/// <param name="Label">What was measured, such as <c>512x512</c>.</param>
/// <param name="Size">How large the task was, such as the number of pixels.</param>
/// <param name="Seconds">The best of the repetitions, in seconds.</param>
/// <param name="PeakMemoryBytes">The process's largest resident set meanwhile, in bytes.</param>
/// <param name="ExtraMemoryBytes">By how much that was more than before the work began, with the model in memory, in bytes.</param>
public sealed record CurvePoint(string Label, double Size, double Seconds, long PeakMemoryBytes, long ExtraMemoryBytes);

/// <summary>How time and memory grow with the size of a task.</summary>
/// <param name="Name">The curve's name in reports, such as <c>objects</c>.</param>
/// <param name="Unit">What its sizes are numbers of.</param>
/// <param name="Points">The steps, by ascending size.</param>
public sealed record GrowthCurve(string Name, string Unit, IReadOnlyList<CurvePoint> Points)
{
    /// <summary>An exponent above 1 by at most this is taken for noise.</summary>
    public const double Tolerance = 0.15;

    /// <summary>Differences of memory below this say nothing: the heap grows in steps, too.</summary>
    private const long MemoryNoise = 32 << 20;

    /// <summary>The exponent e of the power of the size, size^e, that fits the seconds best; NaN for fewer than two steps.</summary>
    public double TimeExponent => Exponent(point => point.Seconds);

    /// <summary>The same of <see cref="CurvePoint.ExtraMemoryBytes"/>.</summary>
    public double MemoryExponent => Exponent(point => point.ExtraMemoryBytes);

    /// <summary>The steps on which time or memory grew faster than the size, in words.</summary>
    public IReadOnlyList<string> WorseThanLinear =>
    [
        .. Points.Zip(Points.Skip(1)).SelectMany(step => new[]
        {
            Describe(step.First, step.Second, "time", step.First.Seconds, step.Second.Seconds, 0),
            Describe(step.First, step.Second, "memory", step.First.ExtraMemoryBytes, step.Second.ExtraMemoryBytes, MemoryNoise),
        }).OfType<string>(),
    ];

    private string? Describe(CurvePoint from, CurvePoint to, string what, double before, double after, double noise)
    {
        if (before <= 0 || after - before <= noise) return null;
        var exponent = Math.Log(after / before) / Math.Log(to.Size / from.Size);
        return exponent <= 1 + Tolerance ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"{Name} {from.Label} to {to.Label}: {after / before:0.00} times the {what} for {to.Size / from.Size:0.00} times the {Unit} (exponent {exponent:0.00})");
    }

    /// <summary>The slope of the least-squares line through the logarithms.</summary>
    private double Exponent(Func<CurvePoint, double> value)
    {
        var logs = Points.Where(point => value(point) > 0).Select(point => (X: Math.Log(point.Size), Y: Math.Log(value(point)))).ToList();
        if (logs.Count < 2) return double.NaN;
        var (x, y) = (logs.Average(p => p.X), logs.Average(p => p.Y));
        return logs.Sum(p => (p.X - x) * (p.Y - y)) / logs.Sum(p => (p.X - x) * (p.X - x));
    }
}

/// <summary>A curve that is to be measured.</summary>
/// <param name="Name">As of <see cref="GrowthCurve"/>.</param>
/// <param name="Unit">As of <see cref="GrowthCurve"/>.</param>
/// <param name="Steps">Its steps, by ascending size.</param>
public sealed record CurvePlan(string Name, string Unit, IReadOnlyList<CurveStep> Steps)
{
    /// <summary>Repetitions of a step end after this time.</summary>
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(30);

    /// <summary>Measures: each step runs once to warm up, then several times, of which the best counts.</summary>
    /// <param name="repeat">Repetitions, at least 1; fewer where they take long.</param>
    /// <param name="starting">Called before each step.</param>
    /// <param name="cancellationToken">Stops between two repetitions.</param>
    public GrowthCurve Measure(int repeat, Action<CurveStep>? starting = null, CancellationToken cancellationToken = default)
    {
        var points = new List<CurvePoint>();
        foreach (var step in Steps)
        {
            starting?.Invoke(step);
            var owned = new List<IDisposable>();
            try
            {
                points.Add(Measure(step, step.Prepare(owned), repeat, cancellationToken));
            }
            finally
            {
                owned.Reverse();
                owned.ForEach(item => item.Dispose());
            }
        }

        return new(Name, Unit, points);
    }

    private static CurvePoint Measure(CurveStep step, Action work, int repeat, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // What the step before has freed must not count as there already.
        NativeHeap.Trim();
        PeakMemory.Reset();
        var before = PeakMemory.Read();
        work();
        var (best, total) = (double.PositiveInfinity, 0.0);
        for (var i = 0; i < repeat && (i == 0 || total < LongestStep.TotalSeconds); i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var seconds = DeviceClock.Seconds(work);
            (best, total) = (Math.Min(best, seconds), total + seconds);
        }

        var peak = PeakMemory.Read();
        return new(step.Label, step.Size(), best, peak, Math.Max(peak - before, 0));
    }
}

/// <summary>A step of a curve that is to be measured.</summary>
/// <param name="Label">What is measured.</param>
/// <param name="Size">How large the task is; asked for after the measurement.</param>
/// <param name="Prepare">
/// Makes the work, which waits for its device itself. What is to be disposed after the measurement goes into the list, what depends on
/// other things last.
/// </param>
public sealed record CurveStep(string Label, Func<double> Size, Func<ICollection<IDisposable>, Action> Prepare)
{
    /// <summary>A step whose size is known before.</summary>
    /// <param name="label">What is measured.</param>
    /// <param name="size">How large the task is.</param>
    /// <param name="prepare">Makes the work.</param>
    public CurveStep(string label, double size, Func<ICollection<IDisposable>, Action> prepare) : this(label, () => size, prepare)
    {
    }
}
