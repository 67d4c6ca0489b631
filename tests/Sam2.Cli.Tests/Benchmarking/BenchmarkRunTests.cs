using NUnit.Framework;
using Sam2.Cli.Benchmarking;

namespace Sam2.Cli.Tests.Benchmarking;

public class BenchmarkRunTests
{
    [Test]
    public void Warms_up_once_and_takes_turns_with_the_reference()
    {
        var calls = new List<string>();
        BenchmarkRun.Measure(() => calls.Add("reference"), [new Workload("w", "work", () => calls.Add("work"))], repeat: 2);
        Assert.That(calls, Is.EqualTo(new[] { "reference", "work", "reference", "work", "reference", "work" }));
    }

    [Test]
    public void Counts_the_best_repetition()
    {
        // However busy the machine is, the third call takes less than any other: it returns at once, they wait for a second.
        var calls = 0;
        var run = BenchmarkRun.Measure(() => { }, [new Workload("w", "work", () => Thread.Sleep(calls++ == 2 ? 0 : 1000))], repeat: 3);
        Assert.That(calls, Is.EqualTo(4), "once to warm up, three times to measure");
        Assert.That(run.Measurements.Single().Seconds, Is.LessThan(0.9));
    }

    [Test]
    public void Stops_between_repetitions_when_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var work = new Workload("w", "work", cancel.Cancel);
        Assert.That(() => BenchmarkRun.Measure(() => { }, [work], 1000, cancellationToken: cancel.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    [Platform("Linux")]
    public void The_peak_covers_memory_that_was_given_back_and_starts_anew_when_reset()
    {
        const int Size = 200_000_000;
        Assert.That(PeakMemory.Reset());
        var before = PeakMemory.Read();
        Touch(Size);
        Assert.That(PeakMemory.Read() - before, Is.GreaterThan(Size * 0.9));
        PeakMemory.Reset();
        Assert.That(PeakMemory.Read() - before, Is.LessThan(Size * 0.5));
    }

    private static unsafe void Touch(int size)
    {
        var memory = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc((nuint)size);
        new Span<byte>(memory, size).Fill(1);
        System.Runtime.InteropServices.NativeMemory.Free(memory);
    }
}
