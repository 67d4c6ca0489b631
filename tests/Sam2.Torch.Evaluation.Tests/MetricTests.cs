using NUnit.Framework;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Tests;

/// <summary>Metrics of single masks against slow, obvious implementations of their definitions.</summary>
public class MetricTests
{
    private static readonly (int Height, int Width)[] Sizes = [(1, 1), (1, 70), (64, 1), (30, 64), (37, 65), (90, 131), (48, 300)];

    [Test]
    public void F_counts_boundary_pixels_within_the_tolerance_at_any_size_and_density(
        [ValueSource(nameof(Sizes))] (int Height, int Width) size, [Values(0.0, 0.008, 0.05)] double tolerance)
    {
        var random = new Random(size.Height + size.Width);
        for (int i = 0; i < 6; i++)
        {
            var truth = Blobs(random, size.Height, size.Width);
            var predicted = i == 0 ? truth : Blobs(random, size.Height, size.Width);
            Assert.That(MaskMetrics.BoundaryAccuracy(predicted, truth, tolerance), Is.EqualTo(SlowF(predicted, truth, tolerance)).Within(1e-12));
        }
    }

    [Test]
    public void Boundary_IoU_compares_what_erosion_takes_away([ValueSource(nameof(Sizes))] (int Height, int Width) size)
    {
        var random = new Random(size.Height * size.Width);
        for (int i = 0; i < 6; i++)
        {
            var truth = Blobs(random, size.Height, size.Width);
            var predicted = Blobs(random, size.Height, size.Width);
            Assert.That(MaskMetrics.BoundaryIou(predicted, truth, 0.03), Is.EqualTo(SlowBoundaryIou(predicted, truth, 0.03)).Within(1e-12));
        }
    }

    [Test]
    public void Equal_masks_score_1_disjoint_ones_0_and_nothing_predicted_where_nothing_is_scores_1()
    {
        var empty = new BinaryMask(40, 50);
        var left = Box(40, 50, 2, 2, 10, 10);
        var right = Box(40, 50, 30, 25, 10, 10);
        Func<BinaryMask, BinaryMask, double>[] metrics =
            [(p, t) => MaskMetrics.RegionSimilarity(p, t), (p, t) => MaskMetrics.BoundaryAccuracy(p, t), (p, t) => MaskMetrics.BoundaryIou(p, t)];
        foreach (var metric in metrics)
        {
            Assert.That(metric(left, left.Clone()), Is.EqualTo(1));
            Assert.That(metric(left, right), Is.Zero);
            Assert.That(metric(empty, empty), Is.EqualTo(1));
            Assert.That(metric(empty, left), Is.Zero);
            Assert.That(metric(left, empty), Is.Zero);
            Assert.That(() => metric(left, new BinaryMask(50, 40)), Throws.ArgumentException.With.Message.Contains("50×40"));
        }
    }

    // Expected values are what davis2017-evaluation's db_statistics says of the same numbers.
    [TestCase(new[] { 1.0 }, 0)]
    [TestCase(new[] { 1.0, 0.5 }, 0.5)]
    [TestCase(new[] { 0.9, 0.8, 0.7, 0.6, 0.5 }, 0.3)]
    [TestCase(new[] { 0.1, 0.9, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6, 0.5, 0.35, 0.95 }, -0.1)]
    public void Decay_is_the_first_quarter_minus_the_last(double[] values, double expected) =>
        Assert.That(JDecay.Of(values), Is.EqualTo(expected).Within(1e-12));

    [Test]
    public void An_object_counts_from_the_first_frame_on_which_it_is_seen_or_predicted()
    {
        var (empty, there) = (new BinaryMask(20, 20), Box(20, 20, 5, 5, 6, 6));
        var scorer = new VideoScorer("late");
        BinaryMask?[] truth = [null, empty, null, there, there, there];
        BinaryMask?[] predicted = [null, null, there, there, empty, there];
        for (int i = 0; i < truth.Length; i++)
        {
            scorer.Add($"{i}", Object(truth[i]), Object(predicted[i]));
        }

        Assert.That(scorer.Conclude(skipFirstAndLast: false).Objects[0].Frames.Select(f => (f.Frame, f.J)),
            Is.EqualTo((IEnumerable<(string, double)>)[("2", 0), ("3", 1), ("4", 0), ("5", 1)]));
        Assert.That(scorer.Conclude().Objects[0].J, Is.EqualTo(1 / 3.0).Within(1e-12));
    }

    [Test]
    public void An_object_that_is_never_visible_has_no_score()
    {
        var scorer = new VideoScorer("ghost");
        for (int i = 0; i < 4; i++)
        {
            scorer.Add($"{i}", Object(null), Object(Box(20, 20, 5, 5, 6, 6)));
        }

        Assert.That(scorer.Conclude().Objects, Is.Empty);
        Assert.That(scorer.Conclude().J, Is.NaN);
    }

    [Test]
    public void Size_is_the_mean_area_where_the_object_is_visible_and_visibility_changes_count_after_its_first_appearance()
    {
        long[] areas = [0, 0, 900, 1100, 0, 0, 1400, 0];
        var item = new ObjectFrames("1", [.. areas.Select((area, i) => new FrameScore($"{i}", 1, 1, area, 5))]);
        Assert.That(item.MeanArea, Is.EqualTo(3400 / 3.0).Within(1e-9));
        Assert.That(item.VisibilityChanges, Is.EqualTo(3), "it goes, comes back, and goes");
        Assert.That(new ObjectFrames("2", [new FrameScore("0", 1, 1, 0, 0)]).VisibilityChanges, Is.Zero);
    }

    // The bounds are those of SA-V's masklet_size_bucket: 32² and 96² pixels.
    [TestCase(1023.9, SizeBucket.Small)]
    [TestCase(1024, SizeBucket.Medium)]
    [TestCase(9215.9, SizeBucket.Medium)]
    [TestCase(9216, SizeBucket.Large)]
    public void Sizes_are_told_apart_as_in_SA_V(double area, SizeBucket expected) => Assert.That(ObjectGroups.SizeOf(area), Is.EqualTo(expected));

    [Test]
    public void Reports_break_scores_down_by_size_and_visibility()
    {
        ObjectFrames Item(string name, double j, params long[] areas) => new(name, [.. areas.Select((area, i) => new FrameScore($"{i}", j, j, area, 5))]);
        var video = new VideoResult("v", [new RoundResult(1, [
            Item("1", 0.2, 100, 100, 100), Item("2", 0.4, 100, 0, 100), Item("3", 0.9, 20000, 20000, 20000)])]);
        var report = VideoReport.Create("vos", "", new Dictionary<string, string>(), [video], skipFirstAndLast: false);
        Assert.That(report.Breakdowns[0].Groups.Select(g => (g.Name, g.Objects, Math.Round(g.Values["J"], 6))),
            Is.EqualTo((IEnumerable<(string, int, double)>)[("small", 2, 30), ("large", 1, 90)]));
        Assert.That(report.Breakdowns[1].Groups.Select(g => (g.Name, g.Objects, Math.Round(g.Values["J"], 6))),
            Is.EqualTo((IEnumerable<(string, int, double)>)[("0 changes", 2, 55), ("1–2 changes", 1, 40)]));
        Assert.That(report.WorstCases.Select(w => w.Object), Is.EqualTo((string[])["1", "2", "3"]));
    }

    [Test]
    public void Reports_have_the_scores_of_every_video_in_which_every_object_counts_the_same()
    {
        ObjectFrames Item(string name, double j, params long[] areas) => new(name, [.. areas.Select((area, i) => new FrameScore($"{i}", j, j, area, 5))]);
        VideoResult[] videos =
        [
            new("b", [new RoundResult(1, [Item("1", 0.2, 9), Item("2", 0.4, 9, 9, 9)])]),
            new("a", [new RoundResult(1, [Item("1", 0.9, 9)])]),
            new("never visible", [new RoundResult(1, [Item("1", 0.9, 0)])]),
        ];
        var report = VideoReport.Create("vos", "", new Dictionary<string, string>(), videos, skipFirstAndLast: false);
        Assert.That(report.Videos.Select(v => (v.Name, v.Objects, Math.Round(v.Values["J"], 6), Math.Round(v.Values["J&F"], 6))),
            Is.EqualTo((IEnumerable<(string, int, double, double)>)[("b", 2, 30, 30), ("a", 1, 90, 90)]));
        Assert.That(report.Metrics["J"], Is.EqualTo(50).Within(1e-9), "over all objects");
        Assert.That(ReportWriter.ToMarkdown(report), Does.Contain("## Videos").And.Match(@"\| b +\| +2 \| 30\.00 \|"));
        Assert.That(ReportWriter.ToHtml(report, []), Does.Contain("<h2>Videos</h2>"));

        var rounds = InteractiveReport.Create("", new Dictionary<string, string>(), [videos[0] with { Rounds = [videos[0].Rounds[0], new(2, [Item("1", 0.6, 9), Item("2", 0.8, 9)])] }], skipFirstAndLast: false);
        Assert.That(rounds.Videos.Select(v => (v.Name, v.Objects)), Is.EqualTo((IEnumerable<(string, int)>)[("b", 2)]));
        Assert.That(rounds.Videos[0].Values["J&F@1"], Is.EqualTo(30).Within(1e-9));
        Assert.That(rounds.Videos[0].Values["J&F@2"], Is.EqualTo(70).Within(1e-9));
    }

    private static Dictionary<int, BinaryMask> Object(BinaryMask? mask) => mask is null ? [] : new() { [7] = mask };

    private static BinaryMask Box(int height, int width, int x, int y, int w, int h)
    {
        var mask = new BinaryMask(height, width);
        for (int row = y; row < y + h; row++)
        {
            mask.Row(row).Slice(x, w).Fill(1);
        }

        return mask;
    }

    private static BinaryMask Blobs(Random random, int height, int width)
    {
        var mask = new BinaryMask(height, width);
        for (int n = random.Next(4); n >= 0; n--)
        {
            int y = random.Next(height), x = random.Next(width);
            int bottom = Math.Min(height, y + random.Next(1, 20)), right = Math.Min(width, x + random.Next(1, 90));
            for (; y < bottom; y++)
            {
                mask.Row(y)[x..right].Fill(1);
            }
        }

        for (int n = random.Next(30); n > 0; n--)
        {
            mask.Data[random.Next(mask.Data.Length)] ^= 1;
        }

        return mask;
    }

    private static double SlowF(BinaryMask predicted, BinaryMask truth, double tolerance)
    {
        int radius = (int)Math.Ceiling(tolerance * Math.Sqrt((truth.Height * truth.Height) + (truth.Width * truth.Width)));
        var (found, wanted) = (SlowBoundary(predicted), SlowBoundary(truth));
        double precision = found.Count == 0 ? 1 : Near(found, wanted, radius) / (double)found.Count;
        double recall = wanted.Count == 0 ? 1 : Near(wanted, found, radius) / (double)wanted.Count;
        return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
    }

    private static int Near(List<(int Y, int X)> of, List<(int Y, int X)> to, int radius) =>
        of.Count(p => to.Exists(q => ((p.Y - q.Y) * (p.Y - q.Y)) + ((p.X - q.X) * (p.X - q.X)) <= radius * radius));

    private static List<(int Y, int X)> SlowBoundary(BinaryMask mask)
    {
        var boundary = new List<(int, int)>();
        for (int y = 0; y < mask.Height; y++)
        {
            for (int x = 0; x < mask.Width; x++)
            {
                bool hasRight = x + 1 < mask.Width, hasBelow = y + 1 < mask.Height;
                if ((hasRight && mask[y, x] != mask[y, x + 1]) || (hasBelow && mask[y, x] != mask[y + 1, x])
                    || (hasRight && hasBelow && mask[y, x] != mask[y + 1, x + 1]))
                {
                    boundary.Add((y, x));
                }
            }
        }

        return boundary;
    }

    private static double SlowBoundaryIou(BinaryMask predicted, BinaryMask truth, double distance)
    {
        int steps = Math.Max(1, (int)Math.Round(distance * Math.Sqrt((truth.Height * truth.Height) + (truth.Width * truth.Width))));
        int both = 0, either = 0;
        for (int y = 0; y < truth.Height; y++)
        {
            for (int x = 0; x < truth.Width; x++)
            {
                bool p = InRim(predicted, y, x, steps), t = InRim(truth, y, x, steps);
                both += p && t ? 1 : 0;
                either += p || t ? 1 : 0;
            }
        }

        return either == 0 ? 1 : both / (double)either;
    }

    private static bool InRim(BinaryMask mask, int y, int x, int steps)
    {
        if (!mask[y, x])
        {
            return false;
        }

        for (int v = y - steps; v <= y + steps; v++)
        {
            for (int u = x - steps; u <= x + steps; u++)
            {
                if (v < 0 || u < 0 || v >= mask.Height || u >= mask.Width || !mask[v, u])
                {
                    return true;
                }
            }
        }

        return false;
    }
}
