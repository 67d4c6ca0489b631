using NUnit.Framework;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>The mask generator against the original's with trained weights, in six settings on a drawn scene.</summary>
[TestFixture]
public sealed class MaskGeneratorParityTests
{
    private GoldenFile _golden = null!;
    private Sam2Model _model = null!;

    [OneTimeSetUp]
    public void Load()
    {
        _golden = GoldenFile.Open("amg_trained.pt");
        _model = TestModels.Nano();
    }

    [OneTimeTearDown]
    public void Free()
    {
        _model.Dispose();
        _golden.Dispose();
    }

    [TestCase("default")]
    [TestCase("crops")]
    [TestCase("m2m")]
    [TestCase("regions")]
    [TestCase("single")]
    [TestCase("strict")]
    public void Masks_and_fields_equal_the_original(string setting)
    {
        using var scope = NewDisposeScope();
        var masks = new MaskGenerator(_model, Options(setting)).Generate(_golden["image"]);

        var expected = _golden.Mask($"{setting}.masks");
        Assert.That(masks, Has.Count.EqualTo((int)expected.shape[0]), "number of masks");
        var order = Match(masks, expected);
        Assert.Multiple(() =>
        {
            for (var i = 0; i < masks.Count; i++)
            {
                var mask = masks[order[i]];
                Assert.That(Iou(mask, expected[i]), Is.GreaterThanOrEqualTo(0.995), $"mask {i}");
                // A pixel more or less is rounding, at an edge where the logits cross the threshold.
                FieldIs(mask.Area, "area", i, 1);
                FieldIs(mask.PredictedIou, "predicted_iou", i, 1e-3);
                FieldIs(mask.StabilityScore, "stability_score", i, 1e-3);
                FieldsAre(mask.Box.X, mask.Box.Y, mask.Box.Width, mask.Box.Height, "bbox", i);
                FieldsAre(mask.Crop.X, mask.Crop.Y, mask.Crop.Width, mask.Crop.Height, "crop_box", i);
                using var point = _golden[$"{setting}.point_coords"];
                Assert.That(mask.PointCoordinates.X, Is.EqualTo(point[i, 0, 0].item<double>()).Within(1e-3));
                Assert.That(mask.PointCoordinates.Y, Is.EqualTo(point[i, 0, 1].item<double>()).Within(1e-3));
            }
        });

        void FieldIs(double actual, string field, int i, double tolerance)
        {
            using var values = _golden[$"{setting}.{field}"];
            Assert.That(actual, Is.EqualTo(values[i].item<double>()).Within(tolerance), $"{field} of mask {i}");
        }

        void FieldsAre(int a, int b, int c, int d, string field, int i)
        {
            using var values = _golden[$"{setting}.{field}"];
            Assert.That(new double[] { a, b, c, d }, Is.EqualTo(values[i].data<double>().ToArray()).Within(1e-3), $"{field} of mask {i}");
        }
    }

    private static MaskGeneratorOptions Options(string setting)
    {
        var common = new MaskGeneratorOptions
        {
            PointsPerSide = 8, PredIouThreshold = 0.3, StabilityScoreThreshold = 0.1, BoxNmsThreshold = 0.95,
        };
        return setting switch
        {
            "default" => common with { PointsPerSide = 16 },
            "crops" => common with { CropLayers = 1, CropNmsThreshold = 0.9, CropPointsDownscale = 2 },
            "m2m" => common with { UseM2M = true, PredIouThreshold = 0.2, StabilityScoreThreshold = 0.05 },
            // The golden numbers come from an installation without the CUDA extension.
            "regions" => common with { MinMaskRegionArea = 30, RegionRemoval = RegionRemoval.None },
            "single" => common with { PointsPerSide = 16, PredIouThreshold = 0.2, StabilityScoreThreshold = 0.05, Multimask = false },
            _ => new MaskGeneratorOptions { PointsPerSide = 16, PredIouThreshold = 0.6, StabilityScoreThreshold = 0.2 },
        };
    }

    /// <summary>
    /// For each expected mask the index of ours: the same one, unless masks whose scores differ by rounding have changed places.
    /// </summary>
    private static int[] Match(IReadOnlyList<GeneratedMask> masks, Tensor expected)
    {
        var left = Enumerable.Range(0, masks.Count).ToList();
        var order = new int[masks.Count];
        for (var i = 0; i < masks.Count; i++)
        {
            using var wanted = expected[i];
            order[i] = left.Contains(i) && Iou(masks[i], wanted) >= 0.995 ? i : left.MaxBy(j => Iou(masks[j], wanted));
            left.Remove(order[i]);
        }

        return order;
    }

    private static double Iou(GeneratedMask mask, Tensor expected)
    {
        using var decoded = mask.Segmentation.Decode().ToTensor();
        return Close.Iou(decoded, expected);
    }
}
