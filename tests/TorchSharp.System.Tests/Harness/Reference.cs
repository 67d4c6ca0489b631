namespace TorchSharp.Tests.Harness;

/// <summary>Textbook loops for the operators that several test families need.</summary>
public static class Reference
{
    /// <summary>The product of matrices with broadcasting of the leading dimensions; vectors are rows on the left, columns on the right.</summary>
    public static Nd MatMul(Nd a, Nd b)
    {
        if (a.Rank == 1)
        {
            var row = MatMul(a.Reshape(1, a.Shape[0]), b);
            return row.Reshape(Without(row.Shape, b.Rank == 1 ? 1 : 2));
        }
        if (b.Rank == 1)
        {
            var column = MatMul(a, b.Reshape(b.Shape[0], 1));
            return column.Reshape(column.Shape[..^1]);
        }
        var inner = a.Shape[^1];
        var batch = Nd.Broadcast(a.Shape[..^2], b.Shape[..^2]);
        return Nd.Of([.. batch, a.Shape[^2], b.Shape[^1]], index =>
        {
            double sum = 0;
            for (long k = 0; k < inner; k++)
                sum += a.At([.. index[..^1], k]) * b.At([.. index[..^2], k, index[^1]]);
            return sum;
        });

        static long[] Without(long[] shape, int fromEnd)
            => [.. shape[..^fromEnd], .. shape[(shape.Length - fromEnd + 1)..]];
    }

    /// <summary>Softmax of a list of numbers.</summary>
    public static double[] Softmax(double[] v)
    {
        var max = v.Max();
        var sum = v.Sum(x => Math.Exp(x - max));
        return Array.ConvertAll(v, x => Math.Exp(x - max) / sum);
    }
}
