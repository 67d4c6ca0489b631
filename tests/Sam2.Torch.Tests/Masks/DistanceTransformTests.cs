using NUnit.Framework;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Tests.Masks;

public sealed class DistanceTransformTests
{
    [Test]
    public void Distances_are_those_to_the_nearest_pixel_outside([Values(1, 2, 3, 4, 5, 6)] int seed, [Values(0.5, 0.9, 0.99)] double density)
    {
        var random = new Random(seed);
        var mask = new BinaryMask(random.Next(1, 24), random.Next(1, 24));
        for (var i = 0; i < mask.Data.Length; i++) mask.Data[i] = (byte)(random.NextDouble() < density ? 1 : 0);
        Assert.That(DistanceTransform.Squared(mask), Is.EqualTo(BruteForce(mask)));
    }

    [Test]
    public void The_picture_ends_the_mask()
    {
        var mask = new BinaryMask(5, 7);
        mask.Data.AsSpan().Fill(1);
        Assert.That(DistanceTransform.Squared(mask), Is.EqualTo(BruteForce(mask)));
        Assert.That(DistanceTransform.Innermost(mask), Is.EqualTo((2, 2, 9)));
    }

    [Test]
    public void An_empty_mask_has_no_distances()
    {
        var mask = new BinaryMask(3, 4);
        Assert.That(DistanceTransform.Squared(mask), Has.All.Zero);
        Assert.That(DistanceTransform.Innermost(mask), Is.EqualTo((0, 0, 0)));
    }

    private static int[] BruteForce(BinaryMask mask)
    {
        var distances = new int[mask.Data.Length];
        for (var y = 0; y < mask.Height; y++)
        {
            for (var x = 0; x < mask.Width; x++)
            {
                var nearest = int.MaxValue;
                for (var v = -1; v <= mask.Height; v++)
                {
                    for (var u = -1; u <= mask.Width; u++)
                    {
                        var inside = u >= 0 && v >= 0 && u < mask.Width && v < mask.Height && mask[v, u];
                        if (!inside) nearest = Math.Min(nearest, ((x - u) * (x - u)) + ((y - v) * (y - v)));
                    }
                }

                distances[(y * mask.Width) + x] = nearest;
            }
        }

        return distances;
    }
}
