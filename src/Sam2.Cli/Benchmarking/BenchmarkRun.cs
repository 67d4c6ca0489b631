using System.Diagnostics;
using Sam2.Torch.Runtime;
using TorchSharp;

namespace Sam2.Cli.Benchmarking;

/// <summary>The times of some workloads beside that of the reference product, taken in turns in one process.</summary>
/// <param name="ReferenceSeconds">The best time of the reference product in seconds: one sg. Infinite where there is none.</param>
/// <param name="Measurements">One per workload.</param>
public sealed record BenchmarkRun(double ReferenceSeconds, IReadOnlyList<Measurement> Measurements)
{
    /// <summary>
    /// Measures. Each workload runs once to warm up, then <paramref name="repeat"/> times, but at most
    /// <see cref="Workload.MaxRepeat"/>, with a reference product before each; the best counts, because whatever else the
    /// machine does can only add time.
    /// </summary>
    /// <param name="reference">The reference product; null where nobody asks for times in sg.</param>
    /// <param name="workloads">What to measure, in order.</param>
    /// <param name="repeat">Repetitions per workload, at least 1.</param>
    /// <param name="starting">Called with a workload before it is measured.</param>
    /// <param name="cancellationToken">Stops between two repetitions.</param>
    public static BenchmarkRun Measure(
        Action? reference, IEnumerable<Workload> workloads, int repeat, Action<Workload>? starting = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(repeat, 1);
        reference?.Invoke();
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
                cancellationToken.ThrowIfCancellationRequested();
                if (reference is not null) referenceSeconds = Math.Min(referenceSeconds, DeviceClock.Seconds(reference));
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

/// <summary>A piece of work whose time is worth knowing.</summary>
/// <param name="Name">Its name in reports, such as <c>image_encoder</c>.</param>
/// <param name="Title">What it is, in words.</param>
/// <param name="Run">Does the work once and waits until the device has finished it.</param>
public sealed record Workload(string Name, string Title, Action Run)
{
    /// <summary>Largest number of repetitions: in long work a passing disturbance hardly shows, so more would waste time.</summary>
    public int MaxRepeat { get; init; } = int.MaxValue;
}

/// <summary>What a workload took.</summary>
/// <param name="Name">The workload's name.</param>
/// <param name="Title">What it is, in words.</param>
/// <param name="Seconds">The best of its repetitions, in seconds.</param>
/// <param name="PeakMemoryBytes">The process's largest resident set meanwhile, the model included, in bytes.</param>
public sealed record Measurement(string Name, string Title, double Seconds, long PeakMemoryBytes);

/// <summary>
/// The unit <c>sg</c>: one product of two 2048×2048 fp32 matrices on the same device and threads, by what is faster there: MKL
/// (<c>torch.mm</c>) or, on a CPU, oneDNN. Times divided by it compare between machines.
/// </summary>
public sealed class ReferenceProduct : IDisposable
{
    private const int Size = 2048;

    private readonly torch.Device _device;
    private readonly torch.Tensor _left;
    private readonly torch.Tensor _right;
    private bool _byOneDnn;

    /// <summary>Draws the two matrices.</summary>
    /// <param name="device">Where to multiply.</param>
    public ReferenceProduct(torch.Device device)
    {
        _device = device;
        _left = torch.randn(Size, Size, dtype: torch.ScalarType.Float32, device: device);
        _right = torch.randn(Size, Size, dtype: torch.ScalarType.Float32, device: device);
    }

    /// <summary>Multiplies once and waits for the result, by either library in turn: the least time of several runs is the faster one's.</summary>
    public void Run()
    {
        using var noGrad = torch.no_grad();
        _byOneDnn = !_byOneDnn && OneDnn.IsUsable(_left, _right);
        using var product = _byOneDnn ? OneDnn.Linear(_left, _right, bias: null) : torch.mm(_left, _right);
        DeviceClock.Wait(_device);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
    }
}

/// <summary>Times work that a device may still be doing after the call has returned.</summary>
public static class DeviceClock
{
    /// <summary>Waits until a device has finished what was asked of it; the CPU always has.</summary>
    /// <param name="device">The device.</param>
    public static void Wait(torch.Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            torch.cuda.synchronize(device);
        }
    }

    /// <summary>The wall-clock time of an action that waits for its device itself, in seconds.</summary>
    /// <param name="action">What to time.</param>
    public static double Seconds(Action action)
    {
        var started = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
