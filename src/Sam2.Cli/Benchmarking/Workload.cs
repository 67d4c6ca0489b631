namespace Sam2.Cli.Benchmarking;

/// <summary>A piece of work whose time is worth knowing.</summary>
/// <param name="Name">Its name in reports, such as <c>image_encoder</c>.</param>
/// <param name="Title">What it is, in words.</param>
/// <param name="Run">Does the work once and waits until the device has finished it.</param>
public sealed record Workload(string Name, string Title, Action Run)
{
    /// <summary>Repetitions that suffice; for work so long that a passing disturbance hardly shows.</summary>
    public int MaxRepeat { get; init; } = int.MaxValue;
}
