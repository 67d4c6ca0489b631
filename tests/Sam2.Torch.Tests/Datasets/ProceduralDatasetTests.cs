using NUnit.Framework;
using Sam2.Torch.Datasets;

namespace Sam2.Torch.Tests.Datasets;

public sealed class ProceduralDatasetTests
{
    [Test]
    public void A_clip_is_the_same_whatever_was_drawn_before()
    {
        var first = new ProceduralDataset(10, seed: 5)[7];
        var second = new ProceduralDataset(1000, seed: 5)[7];
        second.ReadFrame(11);
        Assert.That(second.ReadFrame(3).Pixels, Is.EqualTo(first.ReadFrame(3).Pixels));
        Assert.That(second.ReadMasks(3), Is.EqualTo(first.ReadMasks(3)));
    }

    [Test]
    public void Other_seeds_and_indices_give_other_clips()
    {
        var frames = new[] { (5, 0), (5, 1), (6, 0) }.Select(clip => new ProceduralDataset(10, clip.Item1)[clip.Item2].ReadFrame(0).Pixels).ToList();
        Assert.That(frames[0], Is.Not.EqualTo(frames[1]).And.Not.EqualTo(frames[2]));
        Assert.That(frames[1], Is.Not.EqualTo(frames[2]));
    }

    [Test]
    public void Objects_move_and_their_masks_do_not_overlap()
    {
        var set = new ProceduralDataset(20, seed: 5);
        var moved = 0;
        foreach (var video in set)
        {
            Assert.That(video.FrameCount, Is.EqualTo(24));
            foreach (var frame in new[] { 0, 12, 23 })
            {
                var masks = video.ReadMasks(frame).Values.ToList();
                Assert.That(masks.SelectMany(mask => mask.Data.Select((value, i) => value * (i + 1))).Where(i => i > 0), Is.Unique);
            }
            var (start, end) = (video.ReadMasks(0), video.ReadMasks(23));
            moved += start.Keys.Count(id => !end.TryGetValue(id, out var mask) || !mask.Equals(start[id]));
        }
        Assert.That(moved, Is.GreaterThan(20));
    }
}
