using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Tracking;

namespace Sam2.Torch.Tests.Tracking;

/// <summary>Which frames are attended to, worked out by hand from the original's code; positions in time are the last numbers.</summary>
[TestFixture]
public class MemorySelectionTests
{
    private static readonly Sam2Config Config = Sam2Presets.Nano with
    {
        NumMaskmem = 7,
        MaxObjPtrsInEncoder = 16,
        MaxCondFramesInAttn = -1,
        MemoryTemporalStrideForEval = 1,
        OnlyObjPtrsInThePastForEval = true,
        UseSignedTposEncToObjPtrs = true,
    };

    [Test]
    public void The_last_six_frames_are_remembered_beside_the_prompted_one() => Assert.That(
        Select(Config, 10, [0], 1..9).Memories, Is.EqualTo((MemoryReference[])
            [Prompted(0, 0), Other(4, 1), Other(5, 2), Other(6, 3), Other(7, 4), Other(8, 5), Other(9, 6)]));

    [Test]
    public void Backwards_they_are_the_next_six() => Assert.That(
        Select(Config, 10, [20], 11..19, reverse: true).Memories, Is.EqualTo((MemoryReference[])
            [Prompted(20, 0), Other(16, 1), Other(15, 2), Other(14, 3), Other(13, 4), Other(12, 5), Other(11, 6)]));

    [Test]
    public void With_a_stride_they_are_every_third_frame_and_the_last_one()
    {
        var config = Config with { MemoryTemporalStrideForEval = 3 };
        Assert.That(
            Select(config, 10, [0], 1..9).Memories, Is.EqualTo((MemoryReference[])[Prompted(0, 0), Other(3, 4), Other(6, 5), Other(9, 6)]));
        Assert.That(
            Select(config, 10, [20], 11..19, reverse: true).Memories,
            Is.EqualTo((MemoryReference[])[Prompted(20, 0), Other(18, 3), Other(15, 4), Other(12, 5), Other(11, 6)]));
        Assert.That(Select(config, 10, [0], 1..9, training: true).Memories, Has.Count.EqualTo(7), "training knows no stride");
    }

    [Test]
    public void Of_too_many_prompted_frames_the_nearest_on_either_side_come_first() => Assert.That(
        Select(Config with { MaxCondFramesInAttn = 3 }, 10, [0, 5, 8, 20, 30], 9..9).Memories,
        Is.EqualTo((MemoryReference[])[Prompted(8, 0), Prompted(20, 0), Prompted(5, 0), Other(9, 6)]));

    [Test]
    public void Prompted_frames_that_were_not_selected_count_as_others()
    {
        var selection = Select(Config with { MaxCondFramesInAttn = 2 }, 6, [0, 1, 4, 9], 2..5);
        Assert.That(selection.Memories, Is.EqualTo((MemoryReference[])
            [Prompted(4, 0), Prompted(9, 0), Prompted(0, 1), Prompted(1, 2), Other(2, 3), Other(3, 4), Other(5, 6)]));
        Assert.That(selection.Pointers, Is.EqualTo((MemoryReference[])
            [Prompted(4, 2), Other(5, 1), Other(3, 3), Other(2, 4), Prompted(1, 5), Prompted(0, 6)]));
    }

    [Test]
    public void Pointers_into_the_future_are_left_out_or_have_a_sign_or_none()
    {
        MemoryReference First(Sam2Config config, bool reverse = false) => Select(config, 6, [9], 1..5, reverse).Pointers[0];
        Assert.Multiple(() =>
        {
            Assert.That(First(Config), Is.EqualTo(Other(5, 1)));
            Assert.That(First(Config with { OnlyObjPtrsInThePastForEval = false }), Is.EqualTo(Prompted(9, -3)));
            Assert.That(
                First(Config with { OnlyObjPtrsInThePastForEval = false, UseSignedTposEncToObjPtrs = false }), Is.EqualTo(Prompted(9, 3)));
            Assert.That(First(Config, reverse: true), Is.EqualTo(Prompted(9, 3)));
        });
    }

    [Test]
    public void At_most_sixteen_pointers_and_no_more_than_the_video_has_frames()
    {
        var (many, few) = (Select(Config, 40, [0], 1..39), Select(Config, 8, [0], 1..7, numFrames: 10));
        Assert.That((many.MaxPointers, few.MaxPointers), Is.EqualTo((16, 10)));
        Assert.That(many.Pointers.Select(p => p.Frame), Is.EqualTo((int[])[0, .. Enumerable.Range(25, 15).Reverse()]));
        Assert.That(few.Pointers.Select(p => p.Frame), Is.EqualTo((int[])[0, 7, 6, 5, 4, 3, 2, 1]));
    }

    private static MemoryReference Prompted(int frame, int offset) => new(frame, Conditioning: true, offset);

    private static MemoryReference Other(int frame, int offset) => new(frame, Conditioning: false, offset);

    /// <summary>Where all frames of a range that weren't prompted are remembered.</summary>
    private static MemorySelection Select(
        Sam2Config config, int frame, int[] prompted, Range others, bool reverse = false, int? numFrames = null, bool training = false) =>
        MemorySelection.Select(
            config, frame, prompted, t => t >= others.Start.Value && t <= others.End.Value && !prompted.Contains(t), numFrames, reverse, training);
}
