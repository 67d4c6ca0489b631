using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Kernels;

/// <summary>Matrices in every memory layout that the product kernels distinguish, and products by plain loops in double precision.</summary>
internal static class Matrices
{
    public enum Form
    {
        RowMajor,
        ColumnMajor,
        WideRows,
        GappedColumns,
        RepeatedRow,
        RepeatedBatch,
    }

    public static readonly Form[] Forms = Enum.GetValues<Form>();

    /// <summary>A matrix [rows, columns], or a batch of them [batch, rows, columns], of numbers in [-1, 1).</summary>
    public static Tensor Create(int seed, Form form, ScalarType dtype, params long[] shape)
    {
        var (rows, columns) = (shape[^2], shape[^1]);
        long[] batch = shape[..^2];
        Tensor Uniform(params long[] inner) => Nd.Uniform(seed, -1, 1, [.. batch, .. inner]).ToTensor(dtype);
        return form switch
        {
            Form.RowMajor => Uniform(rows, columns),
            Form.ColumnMajor => Uniform(columns, rows).transpose(-1, -2),
            Form.WideRows => Uniform(rows, columns + 3).narrow(-1, 1, columns),
            Form.GappedColumns => Uniform(rows, columns, 2).select(-1, 1),
            Form.RepeatedRow => Uniform(1, columns).expand(shape),
            _ when batch.Length > 0 => Nd.Uniform(seed, -1, 1, 1, rows, columns).ToTensor(dtype).expand(shape),
            _ => Uniform(rows, 1).expand(shape),
        };
    }

    /// <summary>beta · self + alpha · a b; self may be null.</summary>
    public static Nd Product(Nd a, Nd b, Nd? self = null, double beta = 1, double alpha = 1)
    {
        long batch = a.Rank == 3 ? a.Shape[0] : 1, m = a.Shape[^2], k = a.Shape[^1], n = b.Shape[^1];
        var result = Nd.Zeros(a.Rank == 3 ? [batch, m, n] : [m, n]);
        for (long i = 0; i < batch; i++)
        for (long r = 0; r < m; r++)
        for (long c = 0; c < n; c++)
        {
            double sum = 0;
            for (long t = 0; t < k; t++)
                sum += a.Data[(i * m + r) * k + t] * b.Data[(i * k + t) * n + c];
            result.Data[(i * m + r) * n + c] = alpha * sum;
        }
        return self is null || beta == 0 ? result : Nd.Zip(result, self, (x, y) => x + beta * y);
    }

    /// <summary>Rounding of sums of some hundred products of numbers below one.</summary>
    public static double Tolerance(ScalarType dtype) => dtype == ScalarType.BFloat16 ? 2e-2 : 2e-5;
}
