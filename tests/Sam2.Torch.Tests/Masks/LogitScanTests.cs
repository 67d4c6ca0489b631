using NUnit.Framework;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Masks;

[TestFixture]
public class LogitScanTests
{
    // Enlarged, unchanged, reduced, odd sizes, a single row or column, sizes of no whole number of vectors.
    [TestCase(16, 16, 97, 131)]
    [TestCase(32, 32, 32, 32)]
    [TestCase(64, 64, 23, 300)]
    [TestCase(256, 256, 600, 800)]
    [TestCase(70, 13, 201, 40)]
    [TestCase(65, 64, 64, 65)]
    [TestCase(8, 8, 1, 1)]
    [TestCase(1, 1, 5, 7)]
    [TestCase(3, 5, 100, 2)]
    public void A_scan_equals_thresholding_the_interpolated_logits(int sourceHeight, int sourceWidth, int height, int width)
    {
        manual_seed(7);
        for (var smoothness = 0; smoothness < 2; smoothness++)
        {
            using var scope = NewDisposeScope();
            var logits = randn(1, 1, sourceHeight, sourceWidth) * 3;
            if (smoothness == 1) logits = nn.functional.avg_pool2d(logits, [5, 5], [1, 1], [2, 2]) * 5;
            var scan = new LogitScan(sourceHeight, sourceWidth, height, width, threshold: 0.25, offset: 0.75);
            var found = scan.Scan(Columns(logits), new MaskRuns(height));

            var full = MaskResize.Logits(logits, height, width);
            var mask = BinaryMask.FromTensor(full > 0.25);
            var rle = found.Runs.ToRle(0, 0, height, width);
            var different = rle.Decode().Data.Zip(mask.Data, (a, b) => a ^ b).Sum();
            Assert.Multiple(() =>
            {
                // The last bit of a sum may decide pixels that are just at the threshold.
                Assert.That(different, Is.LessThanOrEqualTo(height * width / 100_000));
                Assert.That(rle, Is.EqualTo(CocoRle.Encode(rle.Decode())), "the encoding's normal form");
                Assert.That(found.Runs.Area, Is.EqualTo(rle.Area));
                Assert.That(found.Stability, Is.EqualTo(StabilityScore.Compute(full, 0.25, 0.75).item<float>()).Within(1e-5));
                var box = found.Runs.Box;
                Assert.That(new long[] { box.X0, box.Y0, box.X1, box.Y1 }, Is.EqualTo(BoxFromMask.Compute(full > 0.25).data<long>().ToArray()));
            });
        }
    }

    [Test]
    public void Masks_without_a_pixel_and_masks_of_every_pixel_are_found()
    {
        using var scope = NewDisposeScope();
        var scan = new LogitScan(8, 8, 30, 20);
        var nothing = scan.Scan(Columns(full(1, 1, 8, 8, -5f)), new MaskRuns(30));
        var everything = scan.Scan(Columns(full(1, 1, 8, 8, 5f)), new MaskRuns(30));
        Assert.Multiple(() =>
        {
            Assert.That(nothing.Runs.ToRle(0, 0, 30, 20).ToCounts(), Is.EqualTo(new uint[] { 600 }));
            Assert.That(nothing.Stability, Is.Zero);
            Assert.That(nothing.Runs.Box, Is.EqualTo((0, 0, 0, 0)));
            Assert.That(everything.Runs.ToRle(0, 0, 30, 20).ToCounts(), Is.EqualTo(new uint[] { 0, 600 }));
            Assert.That(everything.Stability, Is.EqualTo(1));
            Assert.That(everything.Runs.Box, Is.EqualTo((0, 0, 19, 29)));
        });
    }

    [TestCase(0, 0)]
    [TestCase(5, 9)]
    [TestCase(11, 17)]
    public void A_mask_is_encoded_at_its_place_in_an_image(int left, int top)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var logits = randn(1, 1, 8, 8);
        var (height, width) = (23, 19);
        var mask = MaskResize.Logits(logits, height, width) > 0;
        var image = zeros(40, 30, dtype: ScalarType.Bool);
        image.narrow(0, top, height).narrow(1, left, width).copy_(mask[0, 0]);
        var rle = new LogitScan(8, 8, height, width).Scan(Columns(logits), new MaskRuns(height)).Runs.ToRle(left, top, 40, 30);
        Assert.That(rle, Is.EqualTo(CocoRle.Encode(BinaryMask.FromTensor(image))));
    }

    [Test]
    public void Logits_of_another_size_are_refused() => Assert.That(
        () => new LogitScan(4, 4, 8, 8).Scan(new float[15], new MaskRuns(8)), Throws.ArgumentException.With.Message.Contains("4×4"));

    private static float[] Columns(Tensor logits) => TensorMemory.ToArray<float>(logits.transpose(2, 3));
}
