using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;
using Sam2.Torch.Runtime;

namespace Sam2.Torch.Tests.Runtime;

public class NativeHeapTests
{
    [Test]
    [Platform("Linux")]
    public void Memory_that_is_kept_is_not_cleared_by_the_system_again()
    {
        var pages = HeapProbe.Rounds * HeapProbe.TensorBytes / Environment.SystemPageSize;
        var (returned, kept, restarted) = (Faults(), Faults("keep"), Faults(HeapProbe.RestartArguments));
        TestContext.Out.WriteLine($"{returned} page faults by default, {kept} with kept memory, {restarted} after a restart, for {pages} pages");
        Assert.That(returned, Is.GreaterThan(0.9 * pages), "by default each tensor's pages are new");
        Assert.That(kept, Is.LessThan(0.05 * pages));
        Assert.That(restarted, Is.LessThan(0.05 * pages));
    }

    [Test]
    public void A_user_who_chose_settings_is_left_alone()
    {
        const string variable = "GLIBC_TUNABLES", chosen = "glibc.malloc.check=0";
        var before = Environment.GetEnvironmentVariable(variable);
        try
        {
            Environment.SetEnvironmentVariable(variable, chosen);
            Assert.That(NativeHeap.Restart(), Is.False);
            Assert.That(Environment.GetEnvironmentVariable(variable), Is.EqualTo(chosen));
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, before);
        }
    }

    private static long Faults(params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(HeapProbe).Assembly.Location, .. args]) { RedirectStandardOutput = true };
        // What would do the same from outside.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MALLOC_", StringComparison.Ordinal) || name == "GLIBC_TUNABLES").ToList())
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, output);
        return long.Parse(output, CultureInfo.InvariantCulture);
    }
}
