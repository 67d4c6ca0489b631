using TorchSharp.Tests.Harness;

namespace TorchSharp.Tests.Vision;

/// <summary>Textbook loops over pixels.</summary>
public static class References
{
    public static Nd Convolve(Nd x, Nd w, Nd b, ConvolutionCase c)
    {
        var (perGroup, outPerGroup) = (w.Shape[1], w.Shape[0] / c.Groups);
        return Nd.Of([x.Shape[0], w.Shape[0], Size(0), Size(1)], i =>
        {
            var sum = b[i[1]];
            for (long k = 0; k < perGroup; k++)
            for (long r = 0; r < w.Shape[2]; r++)
            for (long s = 0; s < w.Shape[3]; s++)
            {
                var row = i[2] * c.Stride[0] - c.Padding[0] + r * c.Dilation[0];
                var column = i[3] * c.Stride[1] - c.Padding[1] + s * c.Dilation[1];
                if (row >= 0 && row < x.Shape[2] && column >= 0 && column < x.Shape[3])
                    sum += w[i[1], k, r, s] * x[i[0], i[1] / outPerGroup * perGroup + k, row, column];
            }
            return sum;
        });

        long Size(int d) => (x.Shape[2 + d] + 2 * c.Padding[d] - c.Dilation[d] * (w.Shape[2 + d] - 1) - 1) / c.Stride[d] + 1;
    }

    public static Nd ConvolveTransposed(Nd x, Nd w, Nd b, ConvolutionCase c)
    {
        var (inPerGroup, outPerGroup) = (w.Shape[0] / c.Groups, w.Shape[1]);
        var result = Nd.Of([x.Shape[0], outPerGroup * c.Groups, Size(0), Size(1)], i => b[i[1]]);
        foreach (var i in Nd.Indices(x.Shape))
        for (long k = 0; k < outPerGroup; k++)
        for (long r = 0; r < w.Shape[2]; r++)
        for (long s = 0; s < w.Shape[3]; s++)
        {
            var row = i[2] * c.Stride[0] - c.Padding[0] + r * c.Dilation[0];
            var column = i[3] * c.Stride[1] - c.Padding[1] + s * c.Dilation[1];
            if (row >= 0 && row < result.Shape[2] && column >= 0 && column < result.Shape[3])
                result[i[0], i[1] / inPerGroup * outPerGroup + k, row, column] += x[i] * w[i[1], k, r, s];
        }
        return result;

        long Size(int d) => (x.Shape[2 + d] - 1) * c.Stride[d] - 2 * c.Padding[d] + c.Dilation[d] * (w.Shape[2 + d] - 1) + c.OutputPadding[d] + 1;
    }

    /// <summary>Resamples the last two dimensions with one weight row per output position and direction.</summary>
    public static Nd Resample(Nd x, double[][] rows, double[][] columns)
        => Nd.Of([x.Shape[0], x.Shape[1], rows.Length, columns.Length], i =>
        {
            double sum = 0;
            for (var r = 0; r < x.Shape[2]; r++)
            {
                if (rows[i[2]][r] == 0)
                    continue;
                for (var s = 0; s < x.Shape[3]; s++)
                    sum += rows[i[2]][r] * columns[i[3]][s] * x[i[0], i[1], r, s];
            }
            return sum;
        });
}
