using NUnit.Framework;

namespace Sam2.Torch.Data.Tests;

public class PortableMathTests
{
    [Test]
    public void Sine_and_cosine_agree_with_the_librarys()
    {
        for (double angle = -700; angle < 700; angle += 0.0371)
        {
            var (sin, cos) = PortableMath.SinCos(angle);
            Assert.That(sin, Is.EqualTo(Math.Sin(angle)).Within(1e-12), $"sin {angle}");
            Assert.That(cos, Is.EqualTo(Math.Cos(angle)).Within(1e-12), $"cos {angle}");
        }
    }

    [Test]
    public void A_map_and_its_inverse_cancel()
    {
        var map = Affine2.Translation(3, -2) * Affine2.Rotation(0.7) * Affine2.Scaling(2, 0.5);
        var (x, y) = (map.Inverse() * map).Apply(11, -5);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((x, y), Is.EqualTo((11.0, -5.0)).Within(1e-12));
            Assert.That(map.Determinant, Is.EqualTo(1).Within(1e-12));
            Assert.That(() => Affine2.Scaling(1, 0).Inverse(), Throws.InvalidOperationException);
        }
    }

    [Test]
    public void Maps_are_applied_from_right_to_left_and_turn_x_towards_y()
    {
        var (x, y) = (Affine2.Translation(10, 0) * Affine2.Rotation(Math.PI / 2)).Apply(1, 0);
        Assert.That((x, y), Is.EqualTo((10.0, 1.0)).Within(1e-12));
    }
}
