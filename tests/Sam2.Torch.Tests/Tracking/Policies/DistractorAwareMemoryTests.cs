using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Tracking.Policies;
using static Sam2.Torch.Tests.Tracking.Policies.PolicyFrames;

namespace Sam2.Torch.Tests.Tracking.Policies;

[TestFixture]
public class DistractorAwareMemoryTests
{
    private static readonly Sam2Config Config = Sam2Presets.Nano;

    // The object is 8 × 8. A rejected mask beside it, 8 away, makes the box around both 24 × 8: an IoU of 1/3.
    private static readonly Candidate Beside = Mask(20, 4, 8, 8, 0.4);

    [Test]
    public void A_rejected_mask_elsewhere_makes_the_frame_an_anchor()
    {
        using var policy = Begun();
        Assert.That(Track(policy, 1, 5, Mask(4, 4, 8, 8, 0.9), Beside), Is.Zero);
        Assert.That(policy.Anchors, Is.EqualTo(new[] { 1 }));
        Assert.That(Attended(policy, Config, 2), Is.EqualTo(new[] { (0, 0), (1, 0) }), "without a position in time, and not among the recent ones too");
        Assert.That(policy.Select(Config, new(2), training: false).Pointers.Count(p => p.Frame == 1), Is.EqualTo(1));
    }

    [Test]
    public void Doubtful_frames_are_no_anchors()
    {
        using var unsure = Begun();
        Track(unsure, 1, 5, Mask(4, 4, 8, 8, 0.79), Beside);
        using var larger = Begun();
        Track(larger, 1, 5, Mask(4, 4, 10, 8, 0.9), Beside);
        using var same = Begun();
        // The box around both is 10 × 8, an IoU of 0.8.
        Track(same, 1, 5, Mask(4, 4, 8, 8, 0.9), Mask(6, 4, 8, 8, 0.4));
        using var hidden = Begun();
        Track(hidden, 1, -5, new Candidate(null, 0.95), new Candidate(null, 0.4));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(unsure.Anchors, Is.Empty, "a predicted IoU of 0.79");
            Assert.That(larger.Anchors, Is.Empty, "an area of 80 where the median is 64");
            Assert.That(same.Anchors, Is.Empty, "no distractor");
            Assert.That(hidden.Anchors, Is.Empty, "no object");
        }
    }

    [Test]
    public void The_box_around_both_masks_decides()
    {
        using var policy = Begun();
        // It adds three columns at the right and nothing else: 11 × 8, an IoU of 0.73.
        Track(policy, 1, 5, Mask(4, 4, 8, 8, 0.9), Mask(4, 4, 11, 8, 0.4));
        Assert.That(policy.Anchors, Is.Empty);
        Track(policy, 2, 5, Mask(4, 4, 8, 8, 0.9), Mask(4, 4, 12, 8, 0.4));
        Assert.That(policy.Anchors, Is.EqualTo(new[] { 2 }), "12 × 8: an IoU of 0.67");
    }

    [Test]
    public void Anchors_keep_their_distance_and_the_oldest_gives_way()
    {
        using var policy = Begun();
        for (var frame = 1; frame <= 24; frame++) Track(policy, frame, 5, Mask(4, 4, 8, 8, 0.9), Beside);
        Assert.That(policy.Anchors, Is.EqualTo(new[] { 7, 13, 19 }), "1 is forgotten");
    }

    [Test]
    public void Recent_frames_are_the_last_visible_one_and_earlier_multiples_of_the_interval()
    {
        using var policy = Begun();
        for (var frame = 1; frame <= 40; frame++)
        {
            if (frame is > 22 and < 30 || frame > 37) Track(policy, frame, -5, new Candidate(null, 0.9));
            else Track(policy, frame, 5, Mask(4, 4, 8, 8, 0.9));
        }

        var newest = Config.NumMaskmem - 1;
        Assert.That(Attended(policy, Config, 41), Is.EqualTo(new[] { (0, 0), (30, newest - 2), (35, newest - 1), (37, newest) }));
    }

    [Test]
    public void A_thousand_frames_without_the_object_change_nothing_that_is_attended_to()
    {
        using var policy = Begun();
        for (var frame = 1; frame <= 12; frame++) Track(policy, frame, 5, Mask(4, 4, 8, 8, 0.9), Beside);
        var before = Attended(policy, Config, 13);
        for (var frame = 13; frame <= 1012; frame++) Track(policy, frame, -5, new Candidate(null, 0.9));
        Assert.That(Attended(policy, Config, 1013), Is.EqualTo(before));
        Assert.That(policy.OtherFrames, Has.Count.LessThanOrEqualTo(3 * Config.NumMaskmem + Config.MaxObjPtrsInEncoder));
    }

    private static DistractorAwareMemory Begun()
    {
        var policy = new DistractorAwareMemory(Config);
        Prompt(policy, 0, new MaskBox(4, 4, 12, 12));
        return policy;
    }
}
