using NUnit.Framework;
using Sam2.Torch.Masks;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Masks;

public class BoxNmsTests
{
    // Lengths and Σ index·position of what torchvision 0.14 keeps of the boxes below.
    [TestCase(0.2, 131, 1255915)]
    [TestCase(0.5, 299, 6709328)]
    [TestCase(0.7, 300, 6752419)]
    public void Agrees_with_torchvision(double threshold, int count, long checksum)
    {
        var (boxes, scores, _) = Formula();
        long[] kept = BoxNms.Suppress(boxes, scores, threshold, []);
        Assert.That((kept.Length, Checksum(kept)), Is.EqualTo((count, checksum)));
    }

    [Test]
    public void Agrees_with_torchvision_within_categories()
    {
        var (boxes, scores, categories) = Formula();
        long[] kept = BoxNms.Suppress(boxes, scores, 0.3, categories);
        Assert.That((kept.Length, Checksum(kept)), Is.EqualTo((240, 4118516L)));
    }

    [Test]
    public void Tensors_give_the_same_indices()
    {
        using var scope = NewDisposeScope();
        var (boxes, scores, categories) = Formula();
        var kept = BoxNms.Suppress(tensor(boxes).reshape(300, 4), tensor(scores), 0.3, tensor(categories));
        Assert.That(kept.dtype, Is.EqualTo(ScalarType.Int64));
        Assert.That(kept.data<long>().ToArray(), Is.EqualTo(BoxNms.Suppress(boxes, scores, 0.3, categories)));
    }

    [Test]
    public void Equal_scores_keep_the_order_given_and_the_threshold_itself_does_not_suppress()
    {
        // The second box overlaps the first by exactly one half.
        float[] boxes = [0, 0, 2, 1, 0, 0, 1, 1, 5, 5, 6, 6];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(BoxNms.Suppress(boxes, [1, 1, 1], 0.5, []), Is.EqualTo(new long[] { 0, 1, 2 }));
            Assert.That(BoxNms.Suppress(boxes, [1, 1, 1], 0.49, []), Is.EqualTo(new long[] { 0, 2 }));
            Assert.That(BoxNms.Suppress(boxes, [1, 2, 3], 0.49, []), Is.EqualTo(new long[] { 2, 1 }));
        }
    }

    [Test]
    public void No_boxes_and_degenerate_boxes_are_fine()
    {
        using var none = BoxNms.Suppress(zeros(0, 4), zeros(0), 0.5);
        Assert.That(none.shape, Is.EqualTo(new long[] { 0 }));
        Assert.That(BoxNms.Suppress(new float[40], new float[10], 0.5, []), Has.Length.EqualTo(10), "empty boxes overlap nothing");
    }

    [Test]
    public void Shapes_that_do_not_fit_are_refused()
    {
        using var boxes = zeros(3, 4);
        using var scores = zeros(2);
        Assert.That(() => BoxNms.Suppress(boxes, scores, 0.5), Throws.ArgumentException.With.Message.Contains("[3, 4]"));
    }

    private static long Checksum(long[] kept) => kept.Select((index, position) => index * (position + 1)).Sum();

    private static (float[] Boxes, float[] Scores, long[] Categories) Formula()
    {
        var boxes = new List<float>();
        for (int i = 0; i < 300; i++)
        {
            float x = i * 37 % 211 / 2f, y = i * 53 % 197 / 2f;
            boxes.AddRange([x, y, x + (((i * 17 % 61) + 5) / 2f), y + (((i * 29 % 47) + 5) / 2f)]);
        }

        return (
            [.. boxes],
            [.. Enumerable.Range(0, 300).Select(i => i * 71 % 101 / 101f)],
            [.. Enumerable.Range(0, 300).Select(i => (long)i % 3)]);
    }
}
