using NUnit.Framework;
using Sam2.Torch.Media;
using TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Media;

public class RgbImageTests
{
    [Test]
    public void Round_trips_through_both_tensor_layouts()
    {
        var image = TestPictures.Noise(7, 5, seed: 1);
        using var interleaved = image.ToTensor();
        using var planar = image.ToPlanarTensor();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(interleaved.shape, Is.EqualTo(new long[] { 5, 7, 3 }));
            Assert.That(planar.shape, Is.EqualTo(new long[] { 3, 5, 7 }));
            Assert.That(RgbImage.FromTensor(interleaved).Pixels, Is.EqualTo(image.Pixels));
            Assert.That(RgbImage.FromTensor(planar).Pixels, Is.EqualTo(image.Pixels));
            Assert.That(planar[1, 4, 2].ToByte(), Is.EqualTo(image[2, 4].G));
        }
    }

    [Test]
    public void Leaves_no_tensor_behind()
    {
        var image = TestPictures.Noise(7, 5, seed: 1);
        using var planar = image.ToPlanarTensor();
        using (var scope = NewDisposeScope())
        {
            RgbImage.FromTensor(planar);
            Assert.That(scope.DisposablesCount, Is.Zero);
        }
    }

    [Test]
    public void Refuses_a_tensor_that_is_no_picture()
    {
        using var floats = zeros(4, 4, 3);
        using var grey = zeros(4, 4, 1, dtype: ScalarType.Byte);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => RgbImage.FromTensor(floats), Throws.ArgumentException.With.Message.Contains("Float32"));
            Assert.That(() => RgbImage.FromTensor(grey), Throws.ArgumentException.With.Message.Contains("[4, 4, 1]"));
        }
    }

    [Test]
    public void Refuses_pixels_that_do_not_fit()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => new RgbImage(2, 2, new byte[11]), Throws.ArgumentException.With.Message.Contains("12 bytes"));
            Assert.That(() => new RgbImage(0, 2), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => new RgbImage(1 << 20, 1 << 20), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => new RgbImage(2, 2)[2, 0], Throws.InstanceOf<ArgumentOutOfRangeException>());
        }
    }
}
