using System.Globalization;
using NUnit.Framework;
using Sam2.Torch.Runtime;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Runtime;

[Platform("Linux")]
public class HeldSignalsTests
{
    private const int Child = 17, Terminate = 15, SuspendThread = 34, SegmentationFault = 11, Abort = 6;

    [Test]
    public void Signals_wait_while_oneDNN_multiplies()
    {
        using var noGradient = no_grad();
        using var x = rand(1024, 512);
        using var weight = rand(512, 512);
        if (!OneDnn.IsUsable(x, weight)) Assert.Ignore("This libtorch has no oneDNN.");
        var before = Held(Thread);

        var seen = SeenWhile(() => OneDnn.Linear(x, weight, null).Dispose(), until: held => held != before);
        Assert.That(new[] { Child, Terminate, SuspendThread }.All(signal => Has(seen, signal)), Is.True, $"{seen:x}");
        Assert.That(Has(seen, SegmentationFault) || Has(seen, Abort), Is.False, $"{seen:x}");
        Assert.That(Held(Thread), Is.EqualTo(before));
    }

    [Test]
    public void Signals_are_let_in_again_where_oneDNN_refuses()
    {
        using var noGradient = no_grad();
        using var x = rand(1024, 512);
        using var weight = rand(512, 511);
        if (!OneDnn.IsUsable(x, weight)) Assert.Ignore("This libtorch has no oneDNN.");
        var before = Held(Thread);
        Assert.That(() => OneDnn.Linear(x, weight, null), Throws.Exception);
        Assert.That(Held(Thread), Is.EqualTo(before));
    }

    [Test]
    public void What_was_held_before_stays_held()
    {
        var before = Held(Thread);
        using (HeldSignals.Hold())
        {
            using (HeldSignals.Hold())
                Assert.That(Has(Held(Thread), Child), Is.True);
            Assert.That(Has(Held(Thread), Child), Is.True);
        }
        Assert.That(Held(Thread), Is.EqualTo(before));
    }

    // Such as 1234/task/1250.
    private static string Thread => new FileInfo("/proc/thread-self").LinkTarget!;

    private static bool Has(ulong held, int signal) => (held >> (signal - 1) & 1) == 1;

    /// <summary>The signals that a thread holds, a bit each.</summary>
    private static ulong Held(string thread) =>
        ulong.Parse(File.ReadLines($"/proc/{thread}/status").Single(line => line.StartsWith("SigBlk:", StringComparison.Ordinal)).AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>What another thread sees this one hold while it repeats an action, the first time that <paramref name="until"/> is true of it, or after a minute.</summary>
    private static ulong SeenWhile(Action action, Predicate<ulong> until)
    {
        var thread = Thread;
        var seen = Task.Run(() =>
        {
            for (var clock = System.Diagnostics.Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromMinutes(1);)
            {
                if (Held(thread) is var held && until(held)) return held;
            }
            return Held(thread);
        });
        while (!seen.IsCompleted) action();
        return seen.Result;
    }
}
