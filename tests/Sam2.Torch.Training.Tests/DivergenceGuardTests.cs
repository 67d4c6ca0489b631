using NUnit.Framework;
using Sam2.Torch.Training.Losses;

namespace Sam2.Torch.Training.Tests;

public sealed class DivergenceGuardTests
{
    [Test]
    public void A_loss_far_above_its_running_mean_is_noticed_after_the_warm_up()
    {
        var guard = new DivergenceGuard(new DivergenceSettings { LossFactor = 10, WarmUp = 3, Patience = 1 });
        Assert.That(guard.Check(Losses(1)), Is.Null);
        Assert.That(guard.Check(Losses(50)), Is.Null, "too early to know what is usual");
        Assert.That(guard.Check(Losses(2)), Is.Null);
        var usual = guard.Mean;
        Assert.That(guard.Check(Losses(9.9 * usual)), Is.Null);
        Assert.That(guard.Check(Losses(10.1 * guard.Mean)), Does.Contain("more than 10 times"));
    }

    [Test]
    public void Outliers_are_borne_and_stay_out_of_the_mean_but_not_one_after_the_other()
    {
        var guard = new DivergenceGuard(new DivergenceSettings { LossFactor = 10, WarmUp = 1, Patience = 3 });
        guard.Check(Losses(1));
        foreach (var total in new double[] { 1000, 1000, 1, 1000, 1000, 1 })
            Assert.That(guard.Check(Losses(total)), Is.Null);
        Assert.That(guard.Mean, Is.EqualTo(1));
        Assert.That(guard.Check(Losses(1000)), Is.Null);
        Assert.That(guard.Check(Losses(1000)), Is.Null);
        Assert.That(guard.Check(Losses(1000)), Does.Contain("3 batches in a row"));
    }

    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    public void A_loss_that_is_not_finite_is_noticed_at_once_and_told_by_name(double value)
    {
        var guard = new DivergenceGuard(new DivergenceSettings());
        Assert.That(guard.Check(new Dictionary<string, double> { ["loss_dice"] = 0.5, ["loss_iou"] = value, [LossReport.TotalName] = value }),
            Does.Contain("not finite").And.Contain("loss_iou").And.Contain("loss_dice 0.5"));
        Assert.That(guard.Count, Is.Zero, "it must not spoil the mean");
    }

    [Test]
    public void Without_a_factor_only_finiteness_counts()
    {
        var guard = new DivergenceGuard(new DivergenceSettings { LossFactor = null, WarmUp = 0 });
        Assert.That(guard.Check(Losses(1)), Is.Null);
        Assert.That(guard.Check(Losses(1e9)), Is.Null);
    }

    private static Dictionary<string, double> Losses(double total) => new() { [LossReport.TotalName] = total };
}
