using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Tracking;
using Sam2.Torch.Tracking.Policies;

namespace Sam2.Torch.Tests.Tracking.Policies;

[TestFixture]
public class MemoryPoliciesTests
{
    [TestCase("sam2:stride=3", typeof(StridedMemory))]
    [TestCase("SAMURAI:motion_weight=0.25,stable_frames=10", typeof(SamuraiMemory))]
    [TestCase("sam2long:pathways=2", typeof(Sam2LongMemory))]
    [TestCase("dam4sam", typeof(DistractorAwareMemory))]
    [TestCase("efficient:pool=4", typeof(PooledMemory))]
    [TestCase("slow:recent=2", typeof(SlowToForgetMemory))]
    public void A_policy_is_found_by_its_name(string text, Type type)
    {
        var choice = MemoryPolicies.Parse(text);
        using var policy = choice.For(Sam2Presets.Nano)(1);
        using var other = choice.For(Sam2Presets.Nano)(2);
        Assert.That(policy, Is.TypeOf(type).And.Not.SameAs(other));
        Assert.That((choice.Text, choice.ToString()), Is.EqualTo((text, text)));
    }

    [TestCase("sammurai", "samurai", "sam2long", "dam4sam", "efficient", "slow")]
    [TestCase("samurai:motion=0.2", "motion", "motion_weight")]
    [TestCase("samurai:motion_weight=2", "motion_weight is 2", "from 0 to 1")]
    [TestCase("samurai:motion_weight", "motion_weight", "samurai:motion_weight=0.15,stable_frames=15")]
    [TestCase("samurai:stable_frames=1.5", "stable_frames", "whole number")]
    [TestCase("sam2long:low_weight=1.2", "high_weight is 1.05")]
    [TestCase("", "sam2", "samurai")]
    public void What_is_wrong_is_said_with_what_there_is(string text, params string[] said)
    {
        var error = Assert.Throws<ConfigurationException>(() => MemoryPolicies.Parse(text))!;
        foreach (var part in said) Assert.That(error.Message, Does.Contain(part));
    }

    [Test]
    public void A_program_can_name_a_policy_of_its_own()
    {
        MemoryPolicies.Register("last-frames", new LastOptions(), (_, options) => new MemoryBank(options.Frames));
        Assert.That(MemoryPolicies.Names, Has.Member("last-frames").And.Member("sam2"));
        using var policy = MemoryPolicies.Parse("Last-Frames:frames=2").For(Sam2Presets.Nano)(1);
        Assert.That(policy, Is.TypeOf<MemoryBank>());
        Assert.That(() => MemoryPolicies.Parse("last-frames:frames=0"), Throws.TypeOf<ConfigurationException>().With.Message.Contains("out of range"));
        Assert.That(MemoryPolicies.Constants("last-frames")["frames"], Is.EqualTo(5L));
    }

    [Test]
    public void Names_and_constants_that_can_not_be_used_are_refused()
    {
        Assert.That(() => MemoryPolicies.Register("samurai", new LastOptions(), (_, _) => null!), Throws.ArgumentException.With.Message.Contains("built-in"));
        Assert.That(() => MemoryPolicies.Register("a:b", new LastOptions(), (_, _) => null!), Throws.ArgumentException.With.Message.Contains("letters"));
        Assert.That(() => MemoryPolicies.Register("mine", "text", (_, _) => null!), Throws.ArgumentException.With.Message.Contains("record"));
    }

    private sealed record LastOptions
    {
        public int Frames { get; init; } = 5;
    }
}
