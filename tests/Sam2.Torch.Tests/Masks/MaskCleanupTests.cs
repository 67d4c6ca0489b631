using NUnit.Framework;
using Sam2.Torch.Masks;
using TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Masks;

public class MaskCleanupTests
{
    [Test]
    public void Video_holes_get_a_small_positive_score_and_nothing_else_changes()
    {
        foreach (var (mask, logits) in RandomLogits(seed: 41))
        {
            using var scope = NewDisposeScope();
            var filled = MaskCleanup.FillHolesInMaskScores(logits, 8);
            float[] before = logits.data<float>().ToArray();
            float[] after = filled.data<float>().ToArray();
            var (labels, areas) = ConnectedComponentsTests.FloodFill(Inverted(mask));
            var expected = before.Select((score, i) => labels[i] > 0 && areas[labels[i] - 1] <= 8 ? 0.1f : score);
            Assert.That(after.SequenceEqual(expected));
        }
    }

    [Test]
    public void Image_cleaning_looks_for_holes_and_specks_in_the_logits_as_given()
    {
        const float threshold = 0.25f;
        foreach (var (mask, logits) in RandomLogits(seed: 42, threshold))
        {
            using var scope = NewDisposeScope();
            var cleaned = MaskCleanup.FillHolesAndRemoveSprinkles(logits, 6, 9, threshold);
            float[] before = logits.data<float>().ToArray();
            float[] after = cleaned.data<float>().ToArray();
            var (holes, holeAreas) = ConnectedComponentsTests.FloodFill(Inverted(mask));
            var (specks, speckAreas) = ConnectedComponentsTests.FloodFill(mask);
            var expected = before.Select((score, i) => specks[i] > 0
                ? (speckAreas[specks[i] - 1] <= 9 ? threshold - 10 : score)
                : (holeAreas[holes[i] - 1] <= 6 ? threshold + 10 : score));
            Assert.That(after.SequenceEqual(expected));
        }
    }

    [Test]
    public void A_score_of_exactly_the_threshold_is_background()
    {
        using var scope = NewDisposeScope();
        var scores = ones(1, 1, 5, 5);
        scores[0, 0, 2, 2] = tensor(0f);
        Assert.That(MaskCleanup.FillHolesInMaskScores(scores, 1)[0, 0, 2, 2].ToSingle(), Is.EqualTo(0.1f));
        Assert.That(scores[0, 0, 2, 2].ToSingle(), Is.Zero, "the input is not changed");
    }

    [Test]
    public void Each_mask_of_a_batch_is_on_its_own_and_types_and_shapes_are_kept()
    {
        using var scope = NewDisposeScope();
        var batch = ones(3, 1, 6, 7, dtype: ScalarType.BFloat16);
        batch[1, 0, 3, 3] = tensor(-1f);
        var filled = MaskCleanup.FillHolesInMaskScores(batch, 8);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(filled.dtype, Is.EqualTo(ScalarType.BFloat16));
            Assert.That(filled.shape, Is.EqualTo(batch.shape));
            Assert.That(filled.gt(0).all().ToBoolean());
            Assert.That(filled.ne(batch).sum().ToInt64(), Is.EqualTo(1));
        }
    }

    [Test]
    public void Area_zero_cleans_nothing_and_no_tensor_is_left_behind()
    {
        using var scores = zeros(2, 1, 6, 7);
        using (var scope = NewDisposeScope())
        {
            var same = MaskCleanup.FillHolesInMaskScores(scores, 0);
            var filled = MaskCleanup.FillHolesInMaskScores(scores, 42);
            var cleaned = MaskCleanup.FillHolesAndRemoveSprinkles(scores, 41, 41);
            Assert.That(same.eq(scores).all().ToBoolean());
            Assert.That(filled.eq(0.1f).all().ToBoolean(), "an empty mask is one background component");
            Assert.That(cleaned.eq(0).all().ToBoolean(), "of 42 pixels");
        }

        long before = Tensor.TotalCount;
        using (NewDisposeScope())
        {
            MaskCleanup.FillHolesInMaskScores(scores, 42);
            MaskCleanup.FillHolesAndRemoveSprinkles(scores, 42, 42);
        }

        Assert.That(Tensor.TotalCount, Is.EqualTo(before));
    }

    [Test]
    public void Small_regions_of_binary_masks_follow_the_generator()
    {
        foreach (var mask in RandomMasks.Many(seed: 43, count: 200, largest: 40))
        {
            foreach (var regions in new[] { SmallRegions.Holes, SmallRegions.Islands })
            {
                bool holes = regions == SmallRegions.Holes;
                var (labels, areas) = ConnectedComponentsTests.FloodFill(holes ? Inverted(mask) : mask);
                var (cleaned, changed) = MaskCleanup.RemoveSmallRegions(mask, 10, regions);
                Assert.That(changed, Is.EqualTo(areas.Any(a => a < 10)));
                bool all = areas.Length > 0 && areas.All(a => a < 10);
                int largest = all ? Array.IndexOf(areas, areas.Max()) + 1 : 0;
                var expected = mask.Data.Select((value, i) =>
                {
                    bool small = labels[i] > 0 && areas[labels[i] - 1] < 10;
                    bool inside = holes ? value != 0 || small : value != 0 && (!small || labels[i] == largest);
                    return inside ? (byte)1 : (byte)0;
                });
                Assert.That(cleaned.Data.SequenceEqual(expected));
            }
        }
    }

    private static BinaryMask Inverted(BinaryMask mask) => new(mask.Height, mask.Width, [.. mask.Data.Select(v => (byte)(1 - v))]);

    private static IEnumerable<(BinaryMask Mask, Tensor Logits)> RandomLogits(int seed, float threshold = 0)
    {
        var random = new Random(seed);
        foreach (var mask in RandomMasks.Many(seed, count: 60, largest: 30))
        {
            float[] values = [.. mask.Data.Select(v => threshold + ((v != 0 ? 1 : -1) * (0.5f + random.NextSingle())))];
            using var logits = tensor(values).reshape(1, 1, mask.Height, mask.Width);
            yield return (mask, logits);
        }
    }
}
