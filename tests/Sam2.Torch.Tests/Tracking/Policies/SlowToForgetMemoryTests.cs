using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Tracking.Policies;
using static Sam2.Torch.Tests.Tracking.Policies.PolicyFrames;

namespace Sam2.Torch.Tests.Tracking.Policies;

[TestFixture]
public class SlowToForgetMemoryTests
{
    private static readonly Sam2Config Config = Sam2Presets.Nano;
    private static readonly Candidate Seen = Mask(4, 4, 8, 8, 0.9), Hidden = new(null, 0.9);

    [Test]
    public void A_thousand_hidden_frames_leave_nothing_behind()
    {
        using var policy = Begun();
        for (var frame = 1; frame <= 40; frame++) Track(policy, frame, 5, Seen);
        var before = policy.Select(Config, new(41), training: false);
        for (var frame = 41; frame <= 1040; frame++) Track(policy, frame, -5, Hidden);
        var after = policy.Select(Config, new(1041), training: false);
        Assert.That(after.Memories, Is.EqualTo(before.Memories));
        Assert.That(after.Pointers.Where(p => !p.Conditioning), Is.EqualTo(before.Pointers.Where(p => !p.Conditioning)), "nor do object pointers age");
        Assert.That(policy.OtherFrames, Has.Count.LessThanOrEqualTo(3 * Config.NumMaskmem + 2 * Config.MaxObjPtrsInEncoder));
    }

    [Test]
    public void Half_is_recent_and_half_is_spread_over_the_visible_time()
    {
        using var policy = Begun();
        for (var frame = 1; frame <= 60; frame++) Track(policy, frame, 5, Seen);
        var attended = Attended(policy, Config, 61);
        var slots = Config.NumMaskmem - 1;
        Assert.That(attended.TakeLast(3), Is.EqualTo(new[] { (58, slots - 2), (59, slots - 1), (60, slots) }));
        Assert.That(attended.Skip(1).SkipLast(3).Select(a => a.Frame), Is.EqualTo(policy.SpreadFrames.TakeLast(slots - 3)));
        Assert.That(policy.SpreadFrames, Has.Count.EqualTo(3).And.Contains(1).And.Contains(57), "every fourth; the first and the last stay");
    }

    [TestCase(new long[] { 0, 4, 8, 12 }, 13, 1, TestName = "Of times as far apart the older is more crowded")] // 8/10 against 8/6
    [TestCase(new long[] { 0, 40, 52, 56 }, 57, 2, TestName = "Close neighbours crowd a time")] // 52/18 against 16/6
    [TestCase(new long[] { 0, 4 }, 5, 0, TestName = "Of two times the first goes")]
    public void The_most_crowded_time_goes(long[] times, long now, int expected) => Assert.That(SlowToForgetMemory.Crowded(times, now), Is.EqualTo(expected));

    [Test]
    public void What_comes_back_has_to_be_confirmed()
    {
        using var policy = Begun();
        for (var frame = 1; frame <= 4; frame++) Track(policy, frame, 5, Seen);
        for (var frame = 5; frame <= 9; frame++) Track(policy, frame, -5, Hidden);
        Track(policy, 10, 5, Seen);
        Track(policy, 11, 5, Seen);
        Assert.That(Attended(policy, Config, 12).Select(a => a.Frame).Max(), Is.EqualTo(4));
        Track(policy, 12, -5, Hidden);
        Track(policy, 13, 5, Seen);
        Track(policy, 14, 5, Seen);
        Assert.That(Attended(policy, Config, 15).Select(a => a.Frame).Max(), Is.EqualTo(4), "not in a row");
        Track(policy, 15, 5, Seen);
        Assert.That(Attended(policy, Config, 16).Select(a => a.Frame).Max(), Is.EqualTo(15));
    }

    [Test]
    public void A_short_occlusion_needs_no_confirmation()
    {
        using var policy = Begun();
        for (var frame = 1; frame <= 4; frame++) Track(policy, frame, 5, Seen);
        for (var frame = 5; frame <= 8; frame++) Track(policy, frame, -5, Hidden);
        Track(policy, 9, 5, Seen);
        Assert.That(Attended(policy, Config, 10).Select(a => a.Frame).Max(), Is.EqualTo(9));
    }

    private static SlowToForgetMemory Begun()
    {
        var policy = new SlowToForgetMemory(Config);
        Prompt(policy, 0, new MaskBox(4, 4, 12, 12));
        return policy;
    }
}
