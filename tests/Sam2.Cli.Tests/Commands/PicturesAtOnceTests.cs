using System.Collections.Concurrent;
using NUnit.Framework;
using Sam2.Cli.Commands;
using Sam2.Torch.Media;
using TorchSharp;

namespace Sam2.Cli.Tests.Commands;

public class PicturesAtOnceTests
{
    private static readonly string[] Names = [.. Enumerable.Range(0, 20).Select(i => $"{i}.png")];

    [Test]
    public void Results_come_in_order_and_errors_with_the_picture_that_they_concern([Values(1, 3, 64)] int atOnce)
    {
        using var pictures = new PicturesAtOnce<int>(Names, atOnce, Read, (i, image, _) =>
        {
            // Later pictures are done earlier.
            Thread.Sleep((Names.Length - i) / 4);
            return i == 7 ? throw new InvalidOperationException("seven") : image.Width;
        }, CancellationToken.None);
        for (var i = 0; i < Names.Length; i++)
        {
            if (i == 4) Assert.That(() => pictures.Next(() => { }), Throws.TypeOf<MediaException>().With.Message.Contains("4.png"));
            else if (i == 7) Assert.That(() => pictures.Next(() => { }), Throws.InvalidOperationException.With.Message.EqualTo("seven"));
            else Assert.That(pictures.Next(() => { }), Is.EqualTo(i + 1));
        }
    }

    [Test]
    public void As_many_as_wanted_are_worked_on_at_a_time_each_with_its_share_of_the_threads()
    {
        var before = torch.get_num_threads();
        try
        {
            torch.set_num_threads(6);
            var (now, most) = (0, 0);
            var shares = new ConcurrentBag<int>();
            using (var pictures = new PicturesAtOnce<int>(Names, 3, name => new RgbImage(1, 1), (i, _, _) =>
            {
                shares.Add(torch.get_num_threads());
                var working = Interlocked.Increment(ref now);
                InterlockedMax(ref most, working);
                Thread.Sleep(20);
                Interlocked.Decrement(ref now);
                return i;
            }, CancellationToken.None))
            {
                foreach (var _ in Names) pictures.Next(() => { });
            }

            Assert.That(most, Is.EqualTo(3));
            Assert.That(shares, Has.Count.EqualTo(Names.Length).And.All.EqualTo(2));
            Assert.That(torch.get_num_threads(), Is.EqualTo(6));
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }

    [Test]
    public void No_more_than_twice_as_many_are_begun_before_their_results_are_taken()
    {
        var begun = 0;
        using var pictures = new PicturesAtOnce<int>(Names, 2, name => new RgbImage(1, 1), (i, _, _) => Interlocked.Increment(ref begun), CancellationToken.None);
        pictures.Next(() => { });
        Thread.Sleep(100);
        Assert.That(begun, Is.EqualTo(5));
    }

    [Test]
    public void Work_that_is_cancelled_ends_at_once_and_begins_no_more()
    {
        using var cancel = new CancellationTokenSource();
        var begun = 0;
        using (var pictures = new PicturesAtOnce<int>(Names, 2, name => new RgbImage(1, 1), (i, _, stop) =>
        {
            Interlocked.Increment(ref begun);
            return stop.WaitHandle.WaitOne(TimeSpan.FromMinutes(1)) ? throw new OperationCanceledException(stop) : i;
        }, cancel.Token))
        {
            Assert.That(() => pictures.Next(cancel.Cancel), Throws.InstanceOf<OperationCanceledException>());
        }

        Assert.That(begun, Is.EqualTo(2));
    }

    private static RgbImage Read(string name) =>
        name == "4.png" ? throw new MediaException(name, "is damaged", "Copy it again") : new RgbImage(int.Parse(Path.GetFileNameWithoutExtension(name)) + 1, 1);

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = most; value > seen; seen = most) Interlocked.CompareExchange(ref most, value, seen);
    }
}
