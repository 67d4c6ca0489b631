namespace Sam2.Torch.Data.Drawn;

/// <summary>
/// A square of noise that repeats without seams, computed once. Sampling it turned, stretched and moved is many times
/// cheaper than computing noise per pixel, and no two surfaces look alike.
/// </summary>
internal sealed class NoiseTile
{
    private const int Size = 256;

    private readonly float[] _values;

    private NoiseTile(Func<int, int, float> value)
    {
        _values = new float[Size * Size];
        for (int i = 0; i < _values.Length; i++)
        {
            _values[i] = value(i % Size, i / Size);
        }

        float low = _values.Min(), high = _values.Max();
        for (int i = 0; i < _values.Length; i++)
        {
            _values[i] = (_values[i] - low) / (high - low);
        }
    }

    /// <summary>Noise on all scales, as clouds, stone and foliage have it: amplitudes fall with frequency as in photos.</summary>
    public static NoiseTile Clouds { get; } = new((x, y) =>
    {
        float sum = 0;
        for (int cells = 4; cells <= 128; cells *= 2)
        {
            sum += ValueNoise(x, y, cells) / cells;
        }

        return sum;
    });

    /// <summary>One tone per cell of an irregular mosaic.</summary>
    public static NoiseTile Patches { get; } = new((x, y) => Cells(x, y).Tone);

    /// <summary>Dark seams between the cells of an irregular mosaic.</summary>
    public static NoiseTile Cracks { get; } = new((x, y) => Math.Min(14, Cells(x, y).Seam));

    /// <summary>Bumps around irregular points.</summary>
    public static NoiseTile Bumps { get; } = new((x, y) => Cells(x, y).Nearest);

    /// <summary>The value in [0, 1] at a place; one unit is one repetition, a cell of the mosaics is 1/8.</summary>
    public float At(float u, float v)
    {
        float x = (u - MathF.Floor(u)) * Size, y = (v - MathF.Floor(v)) * Size;
        int x0 = (int)x, y0 = (int)y;
        float fx = x - x0, fy = y - y0;
        int column = x0 & (Size - 1), next = (x0 + 1) & (Size - 1);
        int row = (y0 & (Size - 1)) * Size, below = ((y0 + 1) & (Size - 1)) * Size;
        float top = _values[row + column] + ((_values[row + next] - _values[row + column]) * fx);
        float bottom = _values[below + column] + ((_values[below + next] - _values[below + column]) * fx);
        return top + ((bottom - top) * fy);
    }

    /// <summary>Smooth noise between random values on a grid of so many cells to the tile.</summary>
    private static float ValueNoise(int x, int y, int cells)
    {
        float u = x * cells / (float)Size, v = y * cells / (float)Size;
        int x0 = (int)u, y0 = (int)v;
        float fx = u - x0, fy = v - y0;
        fx = fx * fx * (3 - (2 * fx));
        fy = fy * fy * (3 - (2 * fy));
        float Corner(int dx, int dy) => Hash(((x0 + dx) % cells) + (cells * ((y0 + dy) % cells)), cells);
        float top = Corner(0, 0) + ((Corner(1, 0) - Corner(0, 0)) * fx);
        float bottom = Corner(0, 1) + ((Corner(1, 1) - Corner(0, 1)) * fx);
        return top + ((bottom - top) * fy);
    }

    /// <summary>The mosaic of the nearest point among 8×8 jittered ones (Worley, "A Cellular Texture Basis Function", 1996).</summary>
    private static (float Nearest, float Seam, float Tone) Cells(int x, int y)
    {
        const int Grid = 8;
        float u = x * Grid / (float)Size, v = y * Grid / (float)Size;
        float first = float.MaxValue, second = float.MaxValue;
        int owner = 0;
        for (int cy = (int)v - 1; cy <= (int)v + 1; cy++)
        {
            for (int cx = (int)u - 1; cx <= (int)u + 1; cx++)
            {
                int id = ((cx + Grid) % Grid) + (Grid * ((cy + Grid) % Grid));
                float dx = cx + Hash(id, 1001) - u, dy = cy + Hash(id, 1002) - v;
                float distance = MathF.Sqrt((dx * dx) + (dy * dy)) * (Size / Grid);
                if (distance < first)
                {
                    (second, first, owner) = (first, distance, id);
                }
                else
                {
                    second = Math.Min(second, distance);
                }
            }
        }

        return (first, second - first, Hash(owner, 1003));
    }

    private static float Hash(int index, int salt) =>
        (float)new DrawnRandom(((ulong)salt << 32) ^ ((ulong)index * 0x9E3779B97F4A7C15)).NextDouble();
}
