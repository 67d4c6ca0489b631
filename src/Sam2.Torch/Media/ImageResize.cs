namespace Sam2.Torch.Media;

/// <summary>Scales pictures down by averaging the area that each new pixel covers.</summary>
internal static class ImageResize
{
    /// <summary>The picture in a size that is not larger; the same object if nothing changes.</summary>
    public static RgbImage Shrink(RgbImage image, int width, int height)
    {
        if (image.Width == width && image.Height == height)
        {
            return image;
        }

        var columns = Weights(image.Width, width);
        var rows = Weights(image.Height, height);
        var result = new RgbImage(width, height);
        Parallel.For(0, height, y =>
        {
            // The rows' average first, then the columns'.
            var sum = new float[image.Width * 3];
            foreach (var (from, weight) in rows[y])
            {
                var row = image.Row(from);
                for (int i = 0; i < sum.Length; i++)
                {
                    sum[i] += weight * row[i];
                }
            }

            var target = result.Row(y);
            for (int x = 0; x < width; x++)
            {
                float r = 0, g = 0, b = 0;
                foreach (var (from, weight) in columns[x])
                {
                    r += weight * sum[3 * from];
                    g += weight * sum[(3 * from) + 1];
                    b += weight * sum[(3 * from) + 2];
                }

                target[3 * x] = (byte)(r + 0.5f);
                target[(3 * x) + 1] = (byte)(g + 0.5f);
                target[(3 * x) + 2] = (byte)(b + 0.5f);
            }
        });
        return result;
    }

    /// <summary>For each new position the old ones that it covers and their shares, which add up to 1.</summary>
    private static (int From, float Weight)[][] Weights(int oldSize, int newSize)
    {
        double scale = (double)oldSize / newSize;
        var weights = new (int, float)[newSize][];
        for (int i = 0; i < newSize; i++)
        {
            double start = i * scale, end = (i + 1) * scale;
            int first = (int)start, last = Math.Min(oldSize - 1, (int)Math.Ceiling(end) - 1);
            weights[i] = new (int, float)[last - first + 1];
            for (int j = first; j <= last; j++)
            {
                double share = Math.Min(end, j + 1) - Math.Max(start, j);
                weights[i][j - first] = (j, (float)(share / scale));
            }
        }

        return weights;
    }
}
