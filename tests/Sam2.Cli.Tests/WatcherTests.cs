using NUnit.Framework;

namespace Sam2.Cli.Tests;

public class WatcherTests
{
    [Test]
    public void Disposing_waits_for_the_look_that_is_under_way()
    {
        using var looking = new ManualResetEventSlim();
        using var answer = new ManualResetEventSlim();
        var watcher = new Watcher(() =>
        {
            looking.Set();
            answer.Wait();
            return true;
        });
        looking.Wait();
        var disposing = Task.Run(watcher.Dispose);
        Assert.That(disposing.Wait(50), Is.False, "what the look leads to needs the source that is about to go");
        answer.Set();
        Assert.That(disposing.Wait(TimeSpan.FromSeconds(30)));
    }

    [Test]
    public void It_cancels_when_it_is_the_case_and_not_because_a_file_is_gone_meanwhile()
    {
        int looks = 0;
        using var watcher = new Watcher(() => ++looks switch { 1 => false, 2 => throw new FileNotFoundException(), _ => true });
        Assert.That(watcher.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(30)));
        Assert.That(looks, Is.EqualTo(3));
    }
}
