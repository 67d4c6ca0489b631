using NUnit.Framework;
using Sam2.Torch.Data.Drawn;

namespace Sam2.Torch.Data.Tests;

public class HardPassagesTests
{
    private static readonly ProceduralOptions Plain = new()
    {
        FrameCount = 40, MinObjects = 1, MaxObjects = 1, MaxDistractors = 0, LeaveProbability = 0, CameraMotion = 0, LightingChange = 0, Grain = 0, Clutter = 0,
    };

    [Test]
    public void Objects_go_away_for_as_long_as_is_asked_and_come_back()
    {
        var found = 0;
        foreach (var clip in new ProceduralDataset(12, seed: 4, Plain with { FrameCount = 340, AbsenceProbability = 1, AbsenceFrames = 300 }))
        {
            var visible = Enumerable.Range(0, clip.FrameCount).Where(frame => clip.ReadMasks(frame).Count > 0).ToList();
            var gaps = visible.Zip(visible.Skip(1), (before, after) => after - before - 1).ToList();
            Assert.That(gaps.Max(), Is.InRange(300, 311), clip.Name);
            Assert.That(visible[0], Is.Zero, clip.Name);
            found += visible[^1] == 339 ? 1 : 0;
        }

        Assert.That(found, Is.EqualTo(12), "clips that show the object at the end");
    }

    [Test]
    public void Look_alikes_cross_the_paths_of_objects()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            var scene = SceneGenerator.Create(seed, Plain with { CrossingProbability = 1, FrameCount = 48 });
            var item = scene.Objects.Single(o => o.Id == 1);
            var others = scene.Objects.Where(o => o.Id == 0).ToList();
            Assert.That(others, Has.Count.EqualTo(2), "one for every 24 frames");
            foreach (var other in others)
            {
                var distances = Enumerable.Range(0, 480).Select(i => Distance(item, other, i / 10.0)).ToList();
                Assert.That(other.Parts, Is.SameAs(item.Parts), "it looks the same");
                Assert.That(distances.Min(), Is.LessThan(0.85 * item.Radius), "it passes over or under the object");
                Assert.That(distances.Max(), Is.GreaterThan(2 * item.Radius), "and is beside it before or afterwards");
            }
        }

        static double Distance(SceneObject one, SceneObject other, double time)
        {
            var (a, b) = (one.Path.At(time), other.Path.At(time));
            return Math.Sqrt((a.X - b.X) * (a.X - b.X) + (a.Y - b.Y) * (a.Y - b.Y));
        }
    }

    [Test]
    public void The_lowest_speed_holds_for_all_objects()
    {
        foreach (var clip in new ProceduralDataset(6, seed: 4, Plain with { MinSpeed = 0.1, MaxRadius = 0.12 }))
        {
            var centres = Enumerable.Range(0, 40).Select(frame => clip.ReadMasks(frame)).Where(masks => masks.Count > 0).Select(masks => masks[1].BoundingBox)
                .Select(box => (X: box.X + box.Width / 2.0, Y: box.Y + box.Height / 2.0)).ToList();
            var moved = centres.Zip(centres.Skip(1), (a, b) => Math.Sqrt((b.X - a.X) * (b.X - a.X) + (b.Y - a.Y) * (b.Y - a.Y))).Order().ToList();
            Assert.That(moved[moved.Count / 2], Is.GreaterThan(0.06 * 128), clip.Name);
        }
    }

    [Test]
    public void The_number_of_things_without_masks_has_a_lower_limit()
    {
        var counts = Enumerable.Range(0, 20)
            .Select(seed => SceneGenerator.Create((ulong)seed, Plain with { FrameCount = 1, MinDistractors = 5, MaxDistractors = 7 }).Objects.Count(o => o.Id == 0)).ToList();
        Assert.That(counts, Is.All.InRange(5, 7));
        Assert.That(counts, Does.Contain(5).And.Contain(7));
        Assert.That(() => new ProceduralDataset(1, 0, Plain with { MinDistractors = 1 }), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("MinDistractors"));
    }
}
