using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Prediction;

[TestFixture]
public class MaskGeneratorTests
{
    private static readonly MaskGeneratorOptions Lenient = new()
    {
        PointsPerSide = 8, PredIouThreshold = 0.3, StabilityScoreThreshold = 0.1, BoxNmsThreshold = 0.95,
    };

    private Sam2Model _model = null!;
    private DrawnFrame _drawn = null!;

    [OneTimeSetUp]
    public void Load()
    {
        _model = TestModels.Nano();
        _drawn = DemoScene.Create(160, 120).Render(0);
    }

    [OneTimeTearDown]
    public void Free() => _model.Dispose();

    [Test]
    public void Drawn_objects_are_found()
    {
        var masks = new MaskGenerator(_model, Lenient).Generate(_drawn.Image);
        var decoded = masks.Select(m => m.Segmentation.Decode()).ToList();
        for (byte id = 1; id <= 3; id++)
            Assert.That(decoded.Max(m => m.Iou(_drawn.Mask(id))), Is.GreaterThan(0.8), $"object {id}");
    }

    [Test]
    public void Results_do_not_depend_on_the_number_of_points_per_batch()
    {
        var one = new MaskGenerator(_model, Lenient with { PointsPerBatch = 64 }).Generate(_drawn.Image);
        var several = new MaskGenerator(_model, Lenient with { PointsPerBatch = 5 }).Generate(_drawn.Image);
        Assert.That(several.Select(m => m.PointCoordinates), Is.EqualTo(one.Select(m => m.PointCoordinates)));
        foreach (var (a, b) in one.Zip(several)) Assert.That(a.Segmentation.Iou(b.Segmentation), Is.GreaterThan(0.999));
    }

    /// <summary>
    /// amg_small_regions.json is what the original's <c>postprocess_small_regions</c> makes of the masks of the golden file's setting
    /// <c>regions</c>, with areas below 30 pixels and an IoU threshold of 0.95.
    /// </summary>
    [Test]
    public void Small_regions_of_finished_masks_are_removed_as_the_original_does()
    {
        using var golden = GoldenFile.Open("amg_trained.pt");
        using var expected = JsonDocument.Parse(File.ReadAllText(RepositoryFiles.Golden("amg_small_regions.json")));
        using var image = golden["image"];
        var masks = new MaskGenerator(_model, Lenient with { MinMaskRegionArea = 30 }).Generate(image);

        var wanted = expected.RootElement.GetProperty("masks").EnumerateArray().ToList();
        Assert.That(masks, Has.Count.EqualTo(wanted.Count));
        Assert.Multiple(() =>
        {
            for (var i = 0; i < wanted.Count; i++)
            {
                var counts = wanted[i].GetProperty("counts").EnumerateArray().Select(c => c.GetUInt32()).ToArray();
                Assert.That(masks[i].Segmentation.Iou(new CocoRle(240, 320, counts)), Is.GreaterThanOrEqualTo(0.995), $"mask {i}");
                var box = wanted[i].GetProperty("box").EnumerateArray().Select(c => c.GetInt32()).ToArray();
                var ours = masks[i].Box;
                Assert.That(new[] { ours.X, ours.Y, ours.X + ours.Width, ours.Y + ours.Height }, Is.EqualTo(box).Within(1), $"box {i}");
            }
        });
    }

    [TestCase(RegionRemoval.Finished)]
    [TestCase(RegionRemoval.LowResolution)]
    public void Removing_small_regions_leaves_none(RegionRemoval removal)
    {
        // At the size of the logits, pixels of the image and of the logits are the same.
        var image = DemoScene.Create(32, 32).Render(0).Image;
        var options = Lenient with { MinMaskRegionArea = 6, RegionRemoval = removal, PredIouThreshold = 0, StabilityScoreThreshold = 0 };
        int Specks(MaskGeneratorOptions o) => new MaskGenerator(_model, o).Generate(image)
            .Count(m => m.Area >= 6 && MaskCleanup.RemoveSmallRegions(m.Segmentation.Decode(), 6, SmallRegions.Islands).Changed);
        Assert.That(Specks(options with { MinMaskRegionArea = 0 }), Is.Positive, "the test itself");
        Assert.That(Specks(options), Is.Zero);
    }

    [Test]
    public void Given_points_replace_the_grid()
    {
        var masks = new MaskGenerator(_model, Lenient with { PointGrids = [[(0.5, 0.25)]], PredIouThreshold = 0, StabilityScoreThreshold = 0 })
            .Generate(_drawn.Image);
        Assert.That(masks, Is.Not.Empty);
        Assert.That(masks.Select(m => m.PointCoordinates), Is.All.EqualTo((80f, 30f)));
    }

    [Test]
    public void Progress_counts_the_points_of_all_crops()
    {
        var reports = new List<MaskGeneratorProgress>();
        new MaskGenerator(_model, Lenient with { CropLayers = 1, CropPointsDownscale = 4, PointsPerBatch = 40 })
            .Generate(_drawn.Image, new Listener(reports));
        Assert.That(reports.Select(r => r.PointsDone), Is.EqualTo(new[] { 40, 64, 68, 72, 76, 80 }));
        Assert.That(reports.Select(r => r.Points), Is.All.EqualTo(80));
    }

    [Test]
    public void Generating_can_be_cancelled_between_batches()
    {
        using var cancel = new CancellationTokenSource();
        var reports = new List<MaskGeneratorProgress>();
        Assert.That(
            () => new MaskGenerator(_model, Lenient).Generate(_drawn.Image, new Listener(reports, cancel.Cancel), cancel.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(reports, Has.Count.EqualTo(1));
    }

    [Test]
    public void Nothing_is_left_behind()
    {
        var generator = new MaskGenerator(_model, Lenient with { UseM2M = true, CropLayers = 1 });
        generator.Generate(_drawn.Image);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        generator.Generate(_drawn.Image);
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(before));
    }

    [TestCase(0, 1, "PointsPerSide is 0")]
    [TestCase(2, 4, "crop layers, leave none")]
    public void Impossible_grids_are_refused(int perSide, int downscale, string message) => Assert.That(
        () => new MaskGenerator(_model, new() { PointsPerSide = perSide, CropLayers = 1, CropPointsDownscale = downscale }),
        Throws.ArgumentException.With.Message.Contains(message));

    [Test]
    public void Points_outside_the_image_are_refused() => Assert.That(
        () => new MaskGenerator(_model, new() { PointGrids = [[(0.5, 1.5)]] }), Throws.ArgumentException.With.Message.Contains("1.5"));

    [Test]
    public void A_missing_grid_for_a_crop_layer_is_refused() => Assert.That(
        () => new MaskGenerator(_model, new() { PointGrids = [[(0.5, 0.5)]], CropLayers = 1 }),
        Throws.ArgumentException.With.Message.Contains("crop layers"));

    [Test]
    public void An_image_of_another_shape_is_refused()
    {
        using var image = zeros(3, 20, 20, dtype: ScalarType.Byte);
        Assert.That(() => new MaskGenerator(_model).Generate(image), Throws.ArgumentException.With.Message.Contains("[3, 20, 20]"));
    }

    [Test]
    [Category("Slow")]
    [NonParallelizable]
    public void A_photo_of_24_megapixels_takes_little_more_than_itself()
    {
        var generator = new MaskGenerator(_model, Lenient with { PointsPerSide = 8, CropLayers = 1, PredIouThreshold = 0 });
        generator.Generate(_drawn.Image);
        var image = Pattern.Create(4000, 6000);
        IReadOnlyList<GeneratedMask> masks = [];
        // The lesser of two: managed memory that the collector leaves uncollected for a while is not needed.
        var peak = Math.Min(
            ResidentMemory.PeakOf(() => masks = generator.Generate(image)), ResidentMemory.PeakOf(() => masks = generator.Generate(image)));
        image.Dispose();
        TestContext.Out.WriteLine($"{masks.Count} masks, peak {peak / 1_000_000} MB");
        Assert.That(masks, Is.Not.Empty);
        Assert.That(masks[0].Segmentation.Width, Is.EqualTo(6000));
        // One float32 mask of this size has 96 MB, the original's 64 × 3 of them 18 GB.
        Assert.That(peak, Is.InRange(20_000_000, 330_000_000));
    }

    private sealed class Listener(List<MaskGeneratorProgress> reports, Action? then = null) : IProgress<MaskGeneratorProgress>
    {
        public void Report(MaskGeneratorProgress value)
        {
            reports.Add(value);
            then?.Invoke();
        }
    }
}
