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
        var (rows, inner, columns) = (a.Shape[^2], a.Shape[^1], b.Shape[^1]);
        var batch = Nd.Broadcast(a.Shape[..^2], b.Shape[..^2]);
        var result = Nd.Zeros([.. batch, rows, columns]);
        var (leftMatrices, rightMatrices) = (Positions(a.Shape, batch), Positions(b.Shape, batch));
        for (var m = 0; m < leftMatrices.Length; m++)
        for (long r = 0; r < rows; r++)
        for (long k = 0; k < inner; k++)
        {
            var factor = a.Data[(leftMatrices[m] * rows + r) * inner + k];
            for (long c = 0; c < columns; c++)
                result.Data[(m * rows + r) * columns + c] += factor * b.Data[(rightMatrices[m] * inner + k) * columns + c];
        }
        return result;

        // Which matrix of an array each matrix of the broadcast batch is.
        static long[] Positions(long[] shape, long[] batch)
        {
            var leading = Nd.Range(shape[..^2]);
            return [.. Nd.Indices(batch).Select(i => (long)leading.At(i))];
        }

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
