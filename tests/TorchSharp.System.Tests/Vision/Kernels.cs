using TorchSharp.Tests.Harness;

namespace TorchSharp.Tests.Vision;

/// <summary>Weights of resampling filters: for every output position, one weight per input position.</summary>
public static class Kernels
{
    public static Nd Apply(this Nd image, (long H, long W) size, Func<int, int, double[][]> kernel)
        => References.Resample(image, kernel((int)image.Shape[2], (int)size.H), kernel((int)image.Shape[3], (int)size.W));

    public static double[][] Nearest(int n, int m) => Nearest(n, m, (double)n / m);

    public static double[][] Nearest(int n, int m, double scale)
        => Rows(n, m, (o, row) => row[Math.Min((int)Math.Floor((float)o * (float)scale), n - 1)] = 1);

    public static double[][] NearestExact(int n, int m)
        => Rows(n, m, (o, row) => row[Math.Min((int)Math.Floor((o + 0.5) * n / m), n - 1)] = 1);

    public static double[][] Area(int n, int m)
        => Rows(n, m, (o, row) =>
        {
            var (start, end) = (o * n / m, ((o + 1) * n + m - 1) / m);
            for (var i = start; i < end; i++)
                row[i] = 1.0 / (end - start);
        });

    public static double[][] Linear(int n, int m, bool alignCorners, double? scale = null)
        => Rows(n, m, (o, row) =>
        {
            var position = Math.Max(Position(o, n, m, alignCorners, scale), 0);
            var left = Math.Min((int)position, n - 1);
            row[left] += 1 - (position - left);
            row[Math.Min(left + 1, n - 1)] += position - left;
        });

    public static double[][] Cubic(int n, int m, bool alignCorners)
        => Rows(n, m, (o, row) =>
        {
            var position = Position(o, n, m, alignCorners, null);
            var left = (int)Math.Floor(position);
            for (var k = -1; k <= 2; k++)
                row[Math.Clamp(left + k, 0, n - 1)] += CubicWeight(position - left - k, -0.75);
        });

    public static double[][] AntialiasedLinear(int n, int m) => Antialiased(n, m, 1, x => Math.Max(0, 1 - Math.Abs(x)));

    public static double[][] AntialiasedCubic(int n, int m) => Antialiased(n, m, 2, x => CubicWeight(x, -0.5));

    private static double[][] Antialiased(int n, int m, double radius, Func<double, double> filter)
        => Rows(n, m, (o, row) =>
        {
            var scale = (double)n / m;
            var stretch = Math.Max(scale, 1);
            var centre = scale * (o + 0.5);
            var first = Math.Max((int)(centre - radius * stretch + 0.5), 0);
            var end = Math.Min((int)(centre + radius * stretch + 0.5), n);
            for (var i = first; i < end; i++)
                row[i] = filter((i - centre + 0.5) / stretch);
            var sum = row.Sum();
            for (var i = first; i < end; i++)
                row[i] /= sum;
        });

    private static double Position(int o, int n, int m, bool alignCorners, double? scale)
        => alignCorners ? m > 1 ? o * (double)(n - 1) / (m - 1) : 0 : (o + 0.5) * (scale ?? (double)n / m) - 0.5;

    /// <summary>Keys' cubic convolution kernel.</summary>
    private static double CubicWeight(double x, double a)
    {
        x = Math.Abs(x);
        return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
    }

    private static double[][] Rows(int n, int m, Action<int, double[]> fill)
        => [.. Enumerable.Range(0, m).Select(o =>
        {
            var row = new double[n];
            fill(o, row);
            return row;
        })];
}
