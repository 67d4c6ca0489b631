using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Tracking.Policies;
using static Sam2.Torch.Tests.Tracking.Policies.PolicyFrames;

namespace Sam2.Torch.Tests.Tracking.Policies;

[TestFixture]
public class SamuraiMemoryTests
{
    private static readonly Sam2Config Config = Sam2Presets.Nano;

    // With a weight of 0.15: 0.85 · 0.80 = 0.68 for the jump, and at least 0.85 · 0.72 + 0.15 · 0.5 = 0.687 for what goes on.
    [TestCase(0.15, 1)]
    [TestCase(0.0, 0)]
    public void A_mask_where_the_object_is_expected_wins_over_a_slightly_better_one_elsewhere(double weight, int expected)
    {
        using var policy = Moving(new SamuraiOptions { MotionWeight = weight, StableFrames = 4 });
        Assert.That(Track(policy, 4, 5, Mask(24, 22, 8, 8, 0.80), Mask(8, 4, 8, 8, 0.72)), Is.EqualTo(expected));
    }

    [Test]
    public void Movement_counts_only_after_the_object_was_found_often_enough()
    {
        using var policy = Moving(new SamuraiOptions { StableFrames = 5 });
        Assert.That(policy.FramesFound, Is.EqualTo(4));
        Assert.That(Track(policy, 4, 5, Mask(24, 22, 8, 8, 0.80), Mask(8, 4, 8, 8, 0.72)), Is.Zero);
        Assert.That(policy.Scores(4).Motion, Is.Null);
    }

    [Test]
    public void A_poor_or_empty_mask_makes_the_movement_unknown()
    {
        using var poor = Moving(new SamuraiOptions { StableFrames = 4 });
        Track(poor, 4, 5, Mask(8, 4, 8, 8, 0.2));
        using var empty = Moving(new SamuraiOptions { StableFrames = 4 });
        Track(empty, 4, -5, new Candidate(null, 0.9));
        Assert.That((poor.FramesFound, empty.FramesFound), Is.EqualTo((0, 0)));
        Track(empty, 5, 5, Mask(20, 20, 4, 4, 0.9));
        Assert.That((empty.FramesFound, empty.ExpectedBox), Is.EqualTo((1, new MaskBox(20, 20, 24, 24))), "it begins anew where it is seen");
    }

    [Test]
    public void Frames_are_attended_to_that_pass_all_thresholds_the_frame_before_among_them_or_not()
    {
        using var policy = new SamuraiMemory(Config, new SamuraiOptions { StableFrames = 100 });
        Prompt(policy, 0, new MaskBox(4, 4, 12, 12));
        Track(policy, 1, 5, Mask(4, 4, 8, 8, 0.9));
        Track(policy, 2, 5, Mask(4, 4, 8, 8, 0.5));
        Track(policy, 3, 0, Mask(4, 4, 8, 8, 0.9));
        Track(policy, 4, 0.1, Mask(4, 4, 8, 8, 0.51));
        Track(policy, 5, -3, new Candidate(null, 0.9));
        Assert.That(Attended(policy, Config, 6), Is.EqualTo(new[] { (0, 0), (1, Config.NumMaskmem - 2), (4, Config.NumMaskmem - 1) }));
    }

    [Test]
    public void A_frame_whose_mask_is_not_where_it_was_expected_is_not_attended_to()
    {
        using var policy = Moving(new SamuraiOptions { StableFrames = 4 });
        Track(policy, 4, 5, Mask(24, 24, 6, 6, 0.9));
        Assert.That(policy.Scores(4).Motion, Is.Zero);
        Assert.That(Attended(policy, Config, 5).Select(a => a.Frame), Is.EqualTo(new[] { 0, 1, 2, 3 }));
    }

    [Test]
    public void Good_frames_stay_however_long_the_object_is_lost_and_nothing_else_piles_up()
    {
        using var policy = Moving(new SamuraiOptions());
        for (var frame = 4; frame < 300; frame++) Track(policy, frame, -5, new Candidate(null, 0.9));
        Assert.That(Attended(policy, Config, 300).Select(a => a.Frame), Is.EqualTo(new[] { 0, 1, 2, 3 }));
        Assert.That(policy.OtherFrames, Has.Count.LessThanOrEqualTo(3 * Config.NumMaskmem + Config.MaxObjPtrsInEncoder));
    }

    [Test]
    public void Looking_back_can_be_limited()
    {
        using var policy = Moving(new SamuraiOptions { LookBack = 2 });
        Assert.That(Attended(policy, Config, 4).Select(a => a.Frame), Is.EqualTo(new[] { 0, 2, 3 }));
    }

    /// <summary>An object of 8 × 8 pixels that moves one to the right per frame; frame 0 is prompted.</summary>
    private static SamuraiMemory Moving(SamuraiOptions options)
    {
        var policy = new SamuraiMemory(Config, options);
        Prompt(policy, 0, new MaskBox(4, 4, 12, 12));
        for (var frame = 1; frame < 4; frame++) Track(policy, frame, 5, Mask(4 + frame, 4, 8, 8, 0.9));
        return policy;
    }
}
