namespace Sam2.Cli.Benchmarking;

/// <summary>What a workload took.</summary>
/// <param name="Name">The workload's name.</param>
/// <param name="Title">What it is, in words.</param>
/// <param name="Seconds">The best of its repetitions, in seconds.</param>
/// <param name="PeakMemoryBytes">The process's largest resident set meanwhile, the model included, in bytes.</param>
public sealed record Measurement(string Name, string Title, double Seconds, long PeakMemoryBytes);
