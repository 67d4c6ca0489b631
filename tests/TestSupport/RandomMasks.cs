using Sam2.Torch.Masks;

namespace TestSupport;

/// <summary>Masks that exercise runs of every length: noise of varied density, blobs, stripes, all and nothing.</summary>
public static class RandomMasks
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

    /// <summary>A large mask of discs of all sizes.</summary>
    public static BinaryMask Blobs(int height, int width, int seed)
    {
        var random = new Random(seed);
        var mask = new BinaryMask(height, width);
        for (int n = 0; n < 400; n++)
        {
            int radius = random.Next(1, 120), cy = random.Next(height), cx = random.Next(width);
            for (int y = Math.Max(0, cy - radius); y < Math.Min(height, cy + radius); y++)
            {
                int half = (int)Math.Sqrt((radius * radius) - ((y - cy) * (y - cy)));
                int left = Math.Max(0, cx - half), right = Math.Min(width, cx + half);
                mask.Row(y)[left..right].Fill((byte)(n % 4 == 3 ? 0 : 1));
            }
        }

        return mask;
    }
}
