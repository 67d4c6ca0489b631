namespace TestSupport;

/// <summary>How much managed memory an action needs at its peak, beyond what was there.</summary>
public static class PeakMemory
{
    /// <summary>Bytes; sampled every half millisecond, and never more than what was allocated.</summary>
    public static long Of(Action action)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var allocated = GC.GetTotalAllocatedBytes();
        long peak = 0;
        using var done = new ManualResetEventSlim();
        var sampler = new Thread(() =>
        {
            while (!done.Wait(TimeSpan.FromMilliseconds(0.5)))
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false) - before);
        })
        { IsBackground = true, Priority = ThreadPriority.AboveNormal };
        sampler.Start();
        try
        {
            action();
        }
        finally
        {
            done.Set();
            sampler.Join();
        }
        return Math.Min(peak, GC.GetTotalAllocatedBytes() - allocated);
    }
}
