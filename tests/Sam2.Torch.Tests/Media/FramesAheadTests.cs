using NUnit.Framework;
using Sam2.Torch.Media;

namespace Sam2.Torch.Tests.Media;

public class FramesAheadTests
{
    [Test, CancelAfter(60_000)]
    public void Frames_come_in_order_and_then_the_end(CancellationToken cancellationToken)
    {
        using var ahead = new FramesAhead(_ => new CountingFrames(20), 3, cancellationToken);
        for (var i = 0; i < 20; i++) Assert.That(ahead.Next()!.Image.Width, Is.EqualTo(i + 1));
        Assert.That(ahead.Next(), Is.Null);
        Assert.That(ahead.Next(), Is.Null);
    }

    [Test, CancelAfter(60_000)]
    public void The_next_frames_are_read_before_they_are_asked_for_but_no_more_than_may_wait(CancellationToken cancellationToken)
    {
        var frames = new CountingFrames(20);
        using var ahead = new FramesAhead(_ => frames, 3, cancellationToken);
        ahead.Next();

        // Three wait, and one is held by the thread that finds no room for it.
        Assert.That(() => frames.Read, Is.EqualTo(5).After(30).Seconds.PollEvery(5).MilliSeconds);
        Thread.Sleep(100);
        Assert.That(frames.Read, Is.EqualTo(5));
    }

    [Test, CancelAfter(60_000)]
    public void An_error_comes_after_the_frames_before_it(CancellationToken cancellationToken)
    {
        using var ahead = new FramesAhead(_ => new CountingFrames(20, damagedAt: 2), 8, cancellationToken);
        Assert.That(ahead.Next()!.Image.Width, Is.EqualTo(1));
        Assert.That(ahead.Next()!.Image.Width, Is.EqualTo(2));
        Assert.That(ahead.Next, Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("frame 2"));
    }

    [Test, CancelAfter(60_000)]
    public void Disposing_asks_the_decoder_to_end_and_waits_for_it(CancellationToken cancellationToken)
    {
        var frames = new CountingFrames(int.MaxValue);
        var stop = CancellationToken.None;
        var ahead = new FramesAhead(
            token =>
            {
                stop = token;
                return frames;
            }, 2, cancellationToken);
        ahead.Next();
        ahead.Dispose();
        Assert.That(stop.IsCancellationRequested);
        Assert.That(frames.IsDisposed);
        var read = frames.Read;
        Thread.Sleep(50);
        Assert.That(frames.Read, Is.EqualTo(read), "nothing is read any more");
    }

    [Test, CancelAfter(60_000)]
    public void Cancelling_ends_it_even_where_frames_wait(CancellationToken cancellationToken)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var ahead = new FramesAhead(_ => new CountingFrames(20), 4, cancel.Token);
        ahead.Next();
        cancel.Cancel();
        Assert.That(ahead.Next, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void What_waits_is_bounded_in_bytes_and_in_frames()
    {
        Assert.That(FramesAhead.CapacityFor(100, 100), Is.EqualTo(8));
        Assert.That(FramesAhead.CapacityFor(1920, 1080), Is.EqualTo(5));
        Assert.That(FramesAhead.CapacityFor(7680, 4320), Is.EqualTo(1));
    }

    /// <summary>Frames whose width tells their number, counted from 1.</summary>
    private sealed class CountingFrames(int count, int damagedAt = -1) : IFrameStream
    {
        private volatile int _read;

        public int Read => _read;

        public bool IsDisposed { get; private set; }

        public TimedImage? Next()
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            if (_read == damagedAt) throw new InvalidDataException($"frame {damagedAt}");
            if (_read >= count) return null;
            _read++;
            return new TimedImage(new RgbImage(Math.Min(_read, 1000), 1), null);
        }

        public void Dispose() => IsDisposed = true;
    }
}
