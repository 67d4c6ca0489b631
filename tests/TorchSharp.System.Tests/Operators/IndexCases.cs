using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Operators;

/// <summary>Operators that read or write by position.</summary>
internal static class IndexCases
{
    private static readonly Nd X = Nd.Uniform(61, -1, 1, 3, 4);
    private static readonly Nd Source = Nd.Uniform(62, -1, 1, 2, 4);
    private static readonly Nd Rows = Nd.Vector(2, 0);
    private static readonly Nd Mask = Nd.Of([3, 4], i => (i[0] + i[1]) % 2);
    private static readonly Nd Columns = Nd.Of([3, 2], i => (i[0] + 3 * i[1]) % 4);
    private static readonly Nd Values = Nd.Uniform(63, -1, 1, 3, 2);

    public static OperatorCase[] All =>
    [
        new("select", X, _ => [1L, 2L], Nd.Of([3], i => X[i[0], 2])),
        new("narrow", X, _ => [1L, 1L, 2L], Nd.Of([3, 2], i => X[i[0], i[1] + 1])),
        new("index_select", X, _ => [0L, Long(Rows)], Nd.Of([2, 4], i => X[(long)Rows[i[0]], i[1]])),
        new("index_fill", X, _ => [0L, Long(Rows), (Scalar)7], Nd.Of([3, 4], i => i[0] == 1 ? X[i] : 7)),
        new("index_copy", X, t => [0L, Long(Rows), Source.ToTensor(t)], Nd.Of([3, 4], i => i[0] == 1 ? X[i] : Source[i[0] == 2 ? 0 : 1, i[1]])),
        new("index_add", X, t => [0L, Long(Rows), Source.ToTensor(t), (Scalar)2], Nd.Of([3, 4], i => X[i] + (i[0] == 1 ? 0 : 2 * Source[i[0] == 2 ? 0 : 1, i[1]]))),
        new("select_scatter", X, t => [Rows.ToTensor(t).repeat(2), 0L, 1L], Nd.Of([3, 4], i => i[0] == 1 ? Rows[i[1] % 2] : X[i])),
        new("slice_scatter", X, t => [Source.ToTensor(t), 0L, (long?)1, (long?)3], Nd.Of([3, 4], i => i[0] >= 1 ? Source[i[0] - 1, i[1]] : X[i])),
        new("gather", X, _ => [1L, Long(Columns)], Nd.Of([3, 2], i => X[i[0], (long)Columns[i]])),
        new("scatter", X, t => [1L, Long(Columns), Values.ToTensor(t)], Scattered((_, v) => v)),
        new("scatter_add", X, t => [1L, Long(Columns), Values.ToTensor(t)], Scattered((old, v) => old + v)),
        new("take", X, _ => [Long(Nd.Vector(5, 0, 11))], Nd.Vector(X.Data[5], X.Data[0], X.Data[11])),
        new("take_along_dim", X, _ => [Long(Columns), 1L], Nd.Of([3, 2], i => X[i[0], (long)Columns[i]])),
        new("masked_fill", X, _ => [Mask.ToTensor(ScalarType.Bool), (Scalar)7], Nd.Zip(X, Mask, (x, m) => m != 0 ? 7 : x)),
        new("masked_select", X, _ => [Mask.ToTensor(ScalarType.Bool)], Nd.Vector([.. X.Data.Where((_, i) => Mask.Data[i] != 0)])),
        new("masked_scatter", X, t => [Mask.ToTensor(ScalarType.Bool), Nd.Range(6).ToTensor(t)], MaskScattered),
    ];

    private static Nd MaskScattered
    {
        get
        {
            var next = 0;
            return Nd.Of([3, 4], i => Mask[i] != 0 ? next++ : X[i]);
        }
    }

    private static Nd Scattered(Func<double, double, double> f)
    {
        var result = new Nd(X.Shape, (double[])X.Data.Clone());
        foreach (var i in Nd.Indices(Columns.Shape))
            result[i[0], (long)Columns[i]] = f(result[i[0], (long)Columns[i]], Values[i]);
        return result;
    }

    private static Tensor Long(Nd values) => values.ToTensor(ScalarType.Int64);
}
