using NUnit.Framework;
using Sam2.Torch.Prediction;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>Masks at the image's size against interpolated logits.</summary>
public sealed class MaskResizeTests
{
    [Test]
    public void A_mask_is_where_the_interpolated_logits_exceed_the_threshold(
        [Values(1, 7, 64, 301)] int height, [Values(1, 50, 64, 803)] int width, [Values(0, 0.7)] double threshold)
    {
        using var scope = NewDisposeScope();
        manual_seed(height * 1000 + width);
        // Smooth in one mask, noise in the other.
        var logits = cat([nn.functional.interpolate(randn(1, 1, 5, 4), size: [64, 48], mode: InterpolationMode.Bicubic), randn(1, 1, 64, 48)], 1);
        var expected = MaskResize.Logits(logits, height, width);
        var mask = MaskResize.Binary(logits, height, width, threshold);

        Assert.That(mask.shape, Is.EqualTo(new long[] { 1, 2, height, width }));
        // Where the two differ, the logit is the threshold to the last digits: sums of four products in another order.
        var different = mask.to(int32).ne((expected > threshold).to(int32)).logical_and((expected - threshold).abs() > 2e-6);
        Assert.That(different.any().item<bool>(), Is.False);
        Assert.That(mask.to(float32).mean().item<float>(), Is.InRange(0.0001f, 0.9999f).Or.EqualTo((expected > threshold).to(float32).mean().item<float>()));
    }

    [Test]
    public void Not_a_number_is_not_inside()
    {
        using var scope = NewDisposeScope();
        var logits = ones(1, 1, 8, 8);
        logits[0, 0, 3, 3] = double.NaN;
        var mask = MaskResize.Binary(logits, 32, 32, 0);
        var expected = MaskResize.Logits(logits, 32, 32) > 0;
        // The original spoils four source pixels around it, which here are taken or not by their neighbours; the rest is whole.
        Assert.That(mask.to(int32).sum().item<long>(), Is.GreaterThanOrEqualTo(expected.to(int32).sum().item<long>()));
        Assert.That(mask[0, 0, 0].all().item<bool>());
    }

    [Test]
    public void Strided_logits_give_what_contiguous_ones_give()
    {
        using var scope = NewDisposeScope();
        var logits = randn(2, 3, 16, 16);
        var strided = logits.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        Assert.That(MaskResize.Binary(strided, 40, 30, 0).equal(MaskResize.Binary(logits, 40, 30, 0)).all().item<bool>());
    }
}
