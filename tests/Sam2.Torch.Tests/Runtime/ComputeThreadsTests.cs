using NUnit.Framework;
using Sam2.Torch.Runtime;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Runtime;

public class ComputeThreadsTests
{
    [Test]
    public void Results_come_in_order_from_threads_that_share_the_callers_number_of_threads()
    {
        var before = get_num_threads();
        try
        {
            set_num_threads(4);
            using var threads = new ComputeThreads(2);
            var results = threads.Run([.. Enumerable.Range(0, 9).Select(i => (Func<(int, int)>)(() => (i, get_num_threads())))]);
            Assert.That(results, Is.EqualTo(Enumerable.Range(0, 9).Select(i => (i, 2))));
            Assert.That((threads.Count, get_num_threads()), Is.EqualTo((2, 4)));
        }
        finally
        {
            set_num_threads(before);
        }
    }

    [Test]
    public void The_first_error_is_thrown_and_other_results_are_disposed()
    {
        using var threads = new ComputeThreads(3);
        var good = new Disposed();
        Assert.That(
            () => threads.Run<Disposed>([() => good, () => throw new InvalidOperationException("first"), () => throw new ArgumentException("second")]),
            Throws.InvalidOperationException.With.Message.EqualTo("first"));
        Assert.That(good.Count, Is.EqualTo(1));
        Assert.That(threads.Run([() => 1]), Is.EqualTo(new[] { 1 }), "the threads live on");
    }

    [Test]
    public void Work_that_was_given_is_done_before_the_threads_end()
    {
        Task<int> last;
        using (var threads = new ComputeThreads(1))
        {
            _ = threads.Start(() => { Thread.Sleep(50); return 0; });
            last = threads.Start(() => 7);
        }
        Assert.That(last.IsCompletedSuccessfully && last.Result == 7);
    }

    [Test]
    public void Nothing_can_be_started_afterwards_and_there_is_at_least_one_thread()
    {
        var threads = new ComputeThreads(1);
        threads.Dispose();
        Assert.That(() => threads.Start(() => 1), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => new ComputeThreads(0), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private sealed class Disposed : IDisposable
    {
        public int Count { get; private set; }

        public void Dispose() => Count++;
    }
}
