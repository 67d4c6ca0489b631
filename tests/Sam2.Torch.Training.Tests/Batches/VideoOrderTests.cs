using NUnit.Framework;
using Sam2.Torch.Training.Batches;

namespace Sam2.Torch.Training.Tests.Batches;

public class VideoOrderTests
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(15)]
    [TestCase(16)]
    [TestCase(1000)]
    public void A_permutation_has_every_number_once(int count)
    {
        var order = new IndexPermutation(count, key: 42);
        Assert.That(Enumerable.Range(0, count).Select(i => order[i]), Is.EquivalentTo(Enumerable.Range(0, count)));
    }

    [Test]
    public void A_permutation_of_a_billion_needs_no_memory_and_is_not_the_identity()
    {
        var order = new IndexPermutation(1_000_000_000, key: 1);
        long[] first = [.. Enumerable.Range(0, 1000).Select(i => order[i])];
        Assert.That(first, Is.Unique);
        Assert.That(first.Average(), Is.EqualTo(5e8).Within(10).Percent);
    }

    [Test]
    public void Every_epoch_has_every_video_once_in_another_order()
    {
        var order = new VideoOrder(seed: 3, [(30, 1), (20, 1)]);
        var epochs = Enumerable.Range(0, 3).Select(e => Enumerable.Range(50 * e, 50).Select(s => order[s]).ToList()).ToList();
        var all = Enumerable.Range(0, 30).Select(v => (0, v)).Concat(Enumerable.Range(0, 20).Select(v => (1, v)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(order.EpochLength, Is.EqualTo(50));
            Assert.That(epochs, Has.All.EquivalentTo(all));
            Assert.That(epochs[1], Is.Not.EqualTo(epochs[0]));
            Assert.That(epochs[2], Is.Not.EqualTo(epochs[1]));
        }
    }

    [Test]
    public void Repeat_factors_say_how_often_videos_come()
    {
        var order = new VideoOrder(seed: 3, [(10, 2.5), (40, 0.25)]);
        var counts = Enumerable.Range(0, 35).Select(s => order[s]).CountBy(v => v).ToDictionary();
        var overFourEpochs = Enumerable.Range(0, 140 * 25).Select(s => order[s]).CountBy(v => v).ToDictionary();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(order.EpochLength, Is.EqualTo(35));
            Assert.That(counts.Where(c => c.Key.Set == 0).Select(c => c.Value), Is.EquivalentTo(new[] { 2, 2, 2, 2, 2, 3, 3, 3, 3, 3 }));
            Assert.That(counts.Where(c => c.Key.Set == 1).Select(c => c.Value), Is.EquivalentTo(Enumerable.Repeat(1, 10)));
            Assert.That(overFourEpochs, Has.Count.EqualTo(50), "other videos get the fraction in other epochs");
        }
    }

    [Test]
    public void Data_sets_without_videos_are_refused() =>
        Assert.That(() => new VideoOrder(1, [(0, 1), (3, 0.1)]), Throws.ArgumentException.With.Message.Contains("no video"));
}
