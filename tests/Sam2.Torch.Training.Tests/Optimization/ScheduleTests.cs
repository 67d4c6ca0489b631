using NUnit.Framework;
using Sam2.Torch.Training.Optimization;

namespace Sam2.Torch.Training.Tests.Optimization;

public sealed class ScheduleTests
{
    [TestCase(0, 5e-6)]
    [TestCase(0.25, 4.3409902576697306e-06)] // 5e-7 + 0.5·(5e-6 − 5e-7)·(1 + cos(π/4))
    [TestCase(0.5, 2.75e-6)]
    [TestCase(1, 5e-7)]
    public void A_cosine_falls_from_the_first_value_to_the_last(double where, double expected) =>
        Assert.That(new CosineSchedule(5e-6, 5e-7).At(where), Is.EqualTo(expected).Within(1e-15));

    [TestCase(0, 1)]
    [TestCase(0.25, 1.5)]
    [TestCase(1, 3)]
    public void A_line_is_straight(double where, double expected) => Assert.That(new LinearSchedule(1, 3).At(where), Is.EqualTo(expected));

    [TestCase(0, 0)]
    [TestCase(0.05, 0.5)]
    [TestCase(0.1 - 1e-9, 1)] // 0.1 itself may be a rounding error short: it belongs to the next part
    [TestCase(0.1, 1)]
    [TestCase(0.55, 0.5)]
    [TestCase(1, 0)]
    public void Parts_follow_each_other_each_over_its_share_of_the_run(double where, double expected)
    {
        var schedule = new CompositeSchedule([(new LinearSchedule(0, 1), 0.1), (new CosineSchedule(1, 0), 0.9)]);
        Assert.That(schedule.At(where), Is.EqualTo(expected).Within(1e-9));
    }

    [Test]
    public void Shares_that_do_not_make_a_whole_are_refused() =>
        Assert.That(() => new CompositeSchedule([(new ConstantSchedule(1), 0.5), (new ConstantSchedule(2), 0.4)]), Throws.ArgumentException.With.Message.Contains("add up to 1"));

    [Test]
    public void Settings_that_the_form_lacks_or_does_not_have_are_refused()
    {
        Assert.That(() => new ScheduleSettings { Scheduler = ScheduleKind.Cosine, StartValue = 1 }.ToSchedule(), Throws.ArgumentException.With.Message.Contains("needs 'end_value'"));
        Assert.That(() => new ScheduleSettings { Value = 1, EndValue = 2 }.ToSchedule(), Throws.ArgumentException.With.Message.Contains("constant schedule has no 'end_value'"));
        Assert.That(() => new ScheduleSettings { Scheduler = ScheduleKind.Composite, Schedulers = [new() { Value = 1 }], Lengths = [0.5, 0.5] }.ToSchedule(),
            Throws.ArgumentException.With.Message.Contains("1 schedulers and 2 lengths"));
    }
}
