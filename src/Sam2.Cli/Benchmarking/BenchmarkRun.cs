namespace Sam2.Cli.Benchmarking;

/// <summary>The times of some workloads beside that of the reference product, taken in turns in one process.</summary>
/// <param name="ReferenceSeconds">The best time of the reference product in seconds: one sg.</param>
/// <param name="Measurements">One per workload.</param>
public sealed record BenchmarkRun(double ReferenceSeconds, IReadOnlyList<Measurement> Measurements)
{
    /// <summary>
    /// Measures. Each workload runs once to warm up, then <paramref name="repeat"/> times, but at most
    /// <see cref="Workload.MaxRepeat"/>, with a reference product before each; the best counts, because whatever else the
    /// machine does can only add time.
    /// </summary>
    /// <param name="reference">The reference product.</param>
    /// <param name="workloads">What to measure, in order.</param>
    /// <param name="repeat">Repetitions per workload, at least 1.</param>
    /// <param name="starting">Called with a workload before it is measured.</param>
    /// <param name="cancellation">Stops between two repetitions.</param>
    public static BenchmarkRun Measure(
        Action reference, IEnumerable<Workload> workloads, int repeat, Action<Workload>? starting = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(repeat, 1);
        reference();
        var referenceSeconds = double.PositiveInfinity;
        var measurements = new List<Measurement>();
        foreach (var workload in workloads)
        {
            starting?.Invoke(workload);
            PeakMemory.Reset();
            workload.Run();
            var best = double.PositiveInfinity;
            for (var i = 0; i < Math.Min(repeat, workload.MaxRepeat); i++)
            {
                cancellation.ThrowIfCancellationRequested();
                referenceSeconds = Math.Min(referenceSeconds, DeviceClock.Seconds(reference));
                best = Math.Min(best, DeviceClock.Seconds(workload.Run));
            }

            measurements.Add(new Measurement(workload.Name, workload.Title, best, PeakMemory.Read()));
        }

        return new BenchmarkRun(referenceSeconds, measurements);
    }

    /// <summary>A measurement in units of the reference product.</summary>
    /// <param name="measurement">One of <see cref="Measurements"/>.</param>
    public double Sg(Measurement measurement) => measurement.Seconds / ReferenceSeconds;
}
