using NUnit.Framework;
using Sam2.Torch.Masks;
using Sam2.Torch.Prediction;

namespace Sam2.Torch.Tests.Prediction;

[TestFixture]
public class MaskletLedgerTests
{
    private static readonly VideoMaskGeneratorOptions Options = new()
    {
        DuplicateIou = 0.6, DuplicateFrames = 3, LostAfter = 3, MinLength = 3, MinStability = 0.5,
    };

    [Test]
    public void The_younger_of_two_masklets_that_overlap_over_time_is_a_duplicate()
    {
        var ledger = new MaskletLedger(Options);
        var (older, younger, other) = (ledger.Add(0, 0.5f), ledger.Add(0, 0.9f), ledger.Add(0, 0.9f));
        var ended = Enumerable.Range(0, 3).Select(frame => ledger.Update(frame, [Rows(older, 0, 10), Rows(younger, 1, 10), Rows(other, 5, 15)])).ToList();
        Assert.That(ended[0], Is.Empty);
        Assert.That(ended[1], Is.Empty);
        Assert.That(ended[2], Is.EqualTo(new[] { younger }));
        Assert.That(ledger.Active, Is.EqualTo(new[] { older, other }));
        Assert.That(ledger.Masklets.Select(m => m.Verdict), Is.EqualTo(new[] { MaskletVerdict.Keep, MaskletVerdict.Duplicate, MaskletVerdict.Keep }));
    }

    [Test]
    public void Objects_that_hide_each_other_for_a_moment_are_no_duplicates()
    {
        var ledger = new MaskletLedger(Options);
        var (a, b) = (ledger.Add(0, 1), ledger.Add(0, 1));
        for (var frame = 0; frame < 20; frame++)
        {
            var apart = frame % 5 == 0 ? 0 : 10;
            Assert.That(ledger.Update(frame, [Rows(a, 0, 8), Rows(b, apart, apart + 8)]), Is.Empty);
        }
    }

    [Test]
    public void Frames_on_which_one_is_hidden_count_against_a_duplicate()
    {
        var ledger = new MaskletLedger(Options);
        var (a, b) = (ledger.Add(0, 1), ledger.Add(0, 1));
        ledger.Update(0, [Rows(a, 0, 8), Rows(b, 0, 8)]);
        ledger.Update(1, [Rows(a, 0, 8)]);
        Assert.That(ledger.Update(2, [Rows(b, 0, 8)]), Is.Empty);
    }

    [Test]
    public void An_object_that_is_not_seen_for_long_is_given_up_but_kept()
    {
        var ledger = new MaskletLedger(Options);
        var id = ledger.Add(0, 1);
        for (var frame = 0; frame < 4; frame++) ledger.Update(frame, [Rows(id, 0, 8)]);
        Assert.That(ledger.Update(4, []), Is.Empty);
        Assert.That(ledger.Update(5, []), Is.Empty);
        Assert.That(ledger.Update(6, []), Is.EqualTo(new[] { id }));
        Assert.That(ledger.Update(7, []), Is.Empty);
        Assert.That(ledger.Masklets.Single(), Is.EqualTo(new Masklet(id, 0, 3, 4, 1, 1, MaskletVerdict.Keep)));
    }

    [Test]
    public void Short_and_unstable_masklets_are_told_apart()
    {
        var ledger = new MaskletLedger(Options);
        var (shortOne, shaky) = (ledger.Add(0, 1), ledger.Add(0, 1));
        for (var frame = 0; frame < 4; frame++)
            ledger.Update(frame, frame < 2 ? [Rows(shortOne, 0, 8), Rows(shaky, 10, 18, 0.4f)] : [Rows(shaky, 10, 18, 0.4f)]);
        Assert.That(ledger.Masklets.Select(m => m.Verdict), Is.EqualTo(new[] { MaskletVerdict.TooShort, MaskletVerdict.Unstable }));
    }

    [Test]
    public void Candidates_that_are_tracked_already_or_lie_within_what_is_are_not_new()
    {
        var tracked = new[] { Rows(1, 0, 8).Mask };
        GeneratedMask Candidate(int top, int bottom, float iou) =>
            new(Rows(1, top, bottom).Mask, default, iou, default, 1, new ImageCrop(0, 0, 10, 20, 0));
        var options = new VideoMaskGeneratorOptions { DuplicateIou = 0.6, MaxCovered = 0.7 };
        var candidates = new[] { Candidate(0, 7, 0.95f), Candidate(2, 4, 0.9f), Candidate(10, 20, 0.7f), Candidate(11, 20, 0.8f), Candidate(6, 11, 0.6f) };

        var selected = NewObjects.Select(candidates, tracked, places: 5, options);
        Assert.That(selected.Select(c => c.PredictedIou), Is.EqualTo(new[] { 0.8f, 0.6f }));
        Assert.That(NewObjects.Select(candidates, tracked, places: 1, options), Has.Count.EqualTo(1));
        // On the first frame nothing is tracked, and parts of objects are objects.
        Assert.That(NewObjects.Select(candidates, [], places: 5, options).Select(c => c.PredictedIou), Is.EqualTo(new[] { 0.95f, 0.9f, 0.8f, 0.6f }));
    }

    /// <summary>A mask of whole rows in 20×10 pixels.</summary>
    private static MaskletFrameMask Rows(int id, int top, int bottom, float stability = 1)
    {
        var mask = new BinaryMask(20, 10);
        for (var y = top; y < bottom; y++) mask.Row(y).Fill(1);
        return new MaskletFrameMask(id, CocoRle.Encode(mask), 5, stability);
    }
}
