using NUnit.Framework;

namespace Sam2.Torch.Training.Tests;

public sealed class TrainingRandomTests
{
    [Test]
    public void A_restored_state_continues_the_sequence()
    {
        var random = new TrainingRandom(7);
        for (var i = 0; i < 5; i++) random.NextBits();
        var state = random.State;
        var rest = Enumerable.Range(0, 10).Select(_ => random.NextBits()).ToList();
        var restored = new TrainingRandom(0) { State = state };
        Assert.That(Enumerable.Range(0, 10).Select(_ => restored.NextBits()), Is.EqualTo(rest));
    }

    [Test]
    public void The_sequence_is_SplitMix64() =>
        // The published reference implementation, seed 1234567.
        Assert.That(new TrainingRandom(1234567).NextBits(), Is.EqualTo(6457827717110365317UL));

    [Test]
    public void Places_in_the_training_have_sequences_of_their_own()
    {
        var firsts = new HashSet<ulong>();
        for (ulong epoch = 0; epoch < 20; epoch++)
            for (ulong sample = 0; sample < 20; sample++)
                firsts.Add(TrainingRandom.For(3, epoch, sample).NextBits());
        Assert.That(firsts, Has.Count.EqualTo(400));
        Assert.That(firsts, Does.Contain(TrainingRandom.For(3, 1, 2).NextBits()), "the same place again");
        Assert.That(TrainingRandom.For(3, 1, 2).NextBits(), Is.Not.EqualTo(TrainingRandom.For(3, 2, 1).NextBits()));
        Assert.That(TrainingRandom.For(3, 1).NextBits(), Is.Not.EqualTo(TrainingRandom.For(4, 1).NextBits()));
    }

    [Test]
    public void Numbers_stay_in_their_ranges_and_reach_the_ends()
    {
        var random = new TrainingRandom(1);
        var integers = Enumerable.Range(0, 1000).Select(_ => random.IntegerBetween(3, 6)).ToList();
        Assert.That(integers.Distinct().Order(), Is.EqualTo(new[] { 3, 4, 5, 6 }));
        var reals = Enumerable.Range(0, 1000).Select(_ => random.Between(-2, 2)).ToList();
        Assert.That(reals, Has.All.InRange(-2.0, 2.0));
        Assert.That(reals.Average(), Is.EqualTo(0).Within(0.15));
        Assert.That(Enumerable.Range(0, 1000).Count(_ => random.Chance(0.3)), Is.InRange(240, 360));
        Assert.That(() => random.Below(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Items_are_chosen_without_repetition_and_with_equal_chances()
    {
        var random = new TrainingRandom(5);
        var counts = new int[6];
        for (var i = 0; i < 3000; i++)
        {
            var chosen = random.Choose([0, 1, 2, 3, 4, 5], 2);
            Assert.That(chosen, Is.Unique);
            foreach (var item in chosen) counts[item]++;
        }

        Assert.That(counts, Has.All.InRange(850, 1150));
        Assert.That(random.Choose([1, 2], 5), Is.EquivalentTo(new[] { 1, 2 }));
    }
}
