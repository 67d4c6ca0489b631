using NUnit.Framework;
using Sam2.Torch.Media;

namespace Sam2.Torch.Tests.Media;

public class BackgroundWriterTests
{
    [Test, CancelAfter(60_000)]
    public void Everything_is_written_in_order_on_one_other_thread(CancellationToken cancellationToken)
    {
        var (written, threads) = (new List<int>(), new HashSet<int>());
        using (var writer = new BackgroundWriter<int>(
            item =>
            {
                written.Add(item);
                threads.Add(Environment.CurrentManagedThreadId);
            }, 2))
        {
            for (var i = 0; i < 500 && !cancellationToken.IsCancellationRequested; i++) writer.Add(i);
            writer.Complete();
            writer.Complete();
        }

        Assert.That(written, Is.EqualTo(Enumerable.Range(0, 500)));
        Assert.That(threads, Has.Count.EqualTo(1).And.No.Member(Environment.CurrentManagedThreadId));
    }

    [Test, CancelAfter(60_000)]
    public void The_caller_goes_on_while_an_item_is_written_until_as_many_wait_as_may(CancellationToken cancellationToken)
    {
        using var go = new SemaphoreSlim(0);
        using var writer = new BackgroundWriter<int>(_ => go.Wait(cancellationToken), 2);
        var added = 0;
        var adding = Task.Run(
            () =>
            {
                for (var i = 0; i < 5; i++)
                {
                    writer.Add(i);
                    Interlocked.Increment(ref added);
                }
            }, cancellationToken);

        // One is being written and two wait: the fourth finds no room, however long it tries.
        Assert.That(() => Volatile.Read(ref added), Is.EqualTo(3).After(30).Seconds.PollEvery(5).MilliSeconds);
        Thread.Sleep(100);
        Assert.That(Volatile.Read(ref added), Is.EqualTo(3));
        go.Release(5);
        adding.Wait(cancellationToken);
        writer.Complete();
        Assert.That(added, Is.EqualTo(5));
    }

    [Test, CancelAfter(60_000)]
    public void A_failure_is_thrown_once_by_the_next_call_and_nothing_more_is_written(CancellationToken cancellationToken)
    {
        var written = new List<int>();
        using var writer = new BackgroundWriter<int>(
            item =>
            {
                if (item == 3) throw new InvalidDataException("3 is bad");
                lock (written) written.Add(item);
            }, 1);
        Assert.That(
            () =>
            {
                // More than wait: the failure comes while adding, not only in the end.
                for (var i = 0; !cancellationToken.IsCancellationRequested; i++) writer.Add(i);
            }, Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("3 is bad"));
        Assert.That(writer.Complete, Throws.Nothing, "it was reported");
        Assert.That(written, Is.EqualTo(new[] { 0, 1, 2 }));
    }

    [Test, CancelAfter(60_000)]
    public void A_failure_of_the_last_item_is_thrown_in_the_end(CancellationToken cancellationToken)
    {
        using var writer = new BackgroundWriter<int>(_ => throw new InvalidDataException("bad"), 4);
        writer.Add(1);
        Assert.That(writer.Complete, Throws.TypeOf<InvalidDataException>());
    }

    [Test, CancelAfter(60_000)]
    public void What_still_waits_is_dropped_where_writing_is_not_completed(CancellationToken cancellationToken)
    {
        using var go = new ManualResetEventSlim();
        using var begun = new ManualResetEventSlim();
        var written = 0;
        var writer = new BackgroundWriter<int>(
            _ =>
            {
                begun.Set();
                go.Wait(cancellationToken);
                written++;
            }, 4);
        for (var i = 0; i < 4; i++) writer.Add(i);
        begun.Wait(cancellationToken);
        var disposing = Task.Run(writer.Dispose, cancellationToken);
        Assert.That(disposing.Wait(100, cancellationToken), Is.False, "the item that is being written is finished");
        go.Set();
        disposing.Wait(cancellationToken);
        Assert.That(written, Is.EqualTo(1));
    }
}
