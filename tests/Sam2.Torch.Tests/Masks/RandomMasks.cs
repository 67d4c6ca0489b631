using Sam2.Torch.Masks;

namespace Sam2.Torch.Tests.Masks;

/// <summary>Masks that exercise runs of every length: noise of varied density, blobs, stripes, all and nothing.</summary>
internal static class RandomMasks
{
    public static BinaryMask Create(Random random, int height, int width)
    {
        var mask = new BinaryMask(height, width);
        switch (random.Next(6))
        {
            case 0:
                break;
            case 1:
                mask.Data.AsSpan().Fill(1);
                break;
            case 2 or 3:
                double density = random.NextDouble();
                for (int i = 0; i < mask.Data.Length; i++)
                {
                    mask.Data[i] = random.NextDouble() < density ? (byte)1 : (byte)0;
                }

                break;
            default:
                for (int n = random.Next(1, 6); n > 0; n--)
                {
                    int y0 = random.Next(height), x0 = random.Next(width);
                    int y1 = random.Next(y0, height), x1 = random.Next(x0, width);
                    byte value = (byte)random.Next(2);
                    for (int y = y0; y <= y1; y++)
                    {
                        mask.Row(y)[x0..(x1 + 1)].Fill(value);
                    }
                }

                break;
        }

        return mask;
    }

    /// <summary>Sizes from 1×1 up, with many that no vector length divides.</summary>
    public static IEnumerable<BinaryMask> Many(int seed, int count, int largest = 90)
    {
        var random = new Random(seed);
        for (int i = 0; i < count; i++)
        {
            yield return Create(random, random.Next(1, largest), random.Next(1, largest));
        }
    }
}
