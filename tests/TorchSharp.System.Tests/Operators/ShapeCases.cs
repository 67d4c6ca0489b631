using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Operators;

/// <summary>Operators that rearrange.</summary>
internal static class ShapeCases
{
    private static readonly Nd X = Nd.Uniform(51, -1, 1, 2, 3, 4);
    private static readonly Nd M = Nd.Uniform(52, -1, 1, 3, 4);
    private static readonly Nd V = Nd.Uniform(53, -1, 1, 3);
    private static readonly Nd Thin = X.Reshape(2, 1, 3, 1, 4);
    private static readonly Nd Channels = Nd.Uniform(54, -1, 1, 2, 6, 2, 2);

    public static OperatorCase[] All =>
    [
        new("ravel", X, _ => [], X.Reshape(24)),
        new("reshape", X, _ => [new long[] { 4, 6 }], X.Reshape(4, 6)),
        new("flatten", X, _ => [1L], X.Reshape(2, 12)),
        new("unflatten", M, _ => [1L, new long[] { 2, 2 }], M.Reshape(3, 2, 2)),
        new("unflatten", M, _ => [1L, new Size(new long[] { 2, 2 })], M.Reshape(3, 2, 2)) { Note = "size" },
        new("permute", X, _ => [new long[] { 2, 0, 1 }], X.Permute(2, 0, 1)),
        new("transpose", X, _ => [0L, 2L], X.Permute(2, 1, 0)),
        new("swapaxes", X, _ => [0L, 2L], X.Permute(2, 1, 0)),
        new("swapdims", X, _ => [0L, 2L], X.Permute(2, 1, 0)),
        new("movedim", X, _ => [new long[] { 0 }, new long[] { 2 }], X.Permute(1, 2, 0)),
        new("moveaxis", X, _ => [new long[] { 0 }, new long[] { 2 }], X.Permute(1, 2, 0)),
        new("movedim", X, _ => [0L, 2L], X.Permute(1, 2, 0)) { Note = "numbers" },
        new("moveaxis", X, _ => [0L, 2L], X.Permute(1, 2, 0)) { Note = "numbers" },
        new("t", M, _ => [], M.Permute(1, 0)),
        new("squeeze", Thin, _ => [], X) { Note = "all" },
        new("squeeze", Thin, _ => [(long?)1], X.Reshape(2, 3, 1, 4)),
        new("unsqueeze", X, _ => [1L], X.Reshape(2, 1, 3, 4)),
        new("expand", M, _ => [new long[] { 2, 3, 4 }], Nd.Of([2, 3, 4], i => M[i[1], i[2]])),
        new("expand", M, _ => [new long[] { 2, 3, 4 }, false], Nd.Of([2, 3, 4], i => M[i[1], i[2]])) { Note = "flag" },
        new("expand", M, _ => [new Size(new long[] { 2, 3, 4 })], Nd.Of([2, 3, 4], i => M[i[1], i[2]])) { Note = "size" },
        new("broadcast_to", M, _ => [new long[] { 2, 3, 4 }], Nd.Of([2, 3, 4], i => M[i[1], i[2]])),
        new("tile", M, _ => [new long[] { 2, 2 }], Nd.Of([6, 8], i => M[i[0] % 3, i[1] % 4])),
        new("repeat_interleave", M, _ => [2L, (long?)1], Nd.Of([3, 8], i => M[i[0], i[1] / 2])),
        new("repeat_interleave", M, _ => [Nd.Vector(2, 0, 1).ToTensor(ScalarType.Int64), (long?)0], Nd.Of([3, 4], i => M[i[0] < 2 ? 0 : 2, i[1]])) { Note = "counts" },
        new("roll", M, _ => [1L, (long?)1], Nd.Of([3, 4], i => M[i[0], (i[1] + 3) % 4])),
        new("roll", V, _ => [new long[] { 1 }], Nd.Of([3], i => V[(i[0] + 2) % 3])) { Note = "flattened" },
        new("roll", M, _ => [new long[] { 1, 2 }, new long[] { 0, 1 }], Nd.Of([3, 4], i => M[(i[0] + 2) % 3, (i[1] + 2) % 4])) { Note = "lists" },
        new("roll", M, _ => [(1L, 2L), (0L, 1L)], Nd.Of([3, 4], i => M[(i[0] + 2) % 3, (i[1] + 2) % 4])) { Note = "pairs" },
        new("roll", X, _ => [(1L, 1L, 2L), (0L, 1L, 2L)], Nd.Of([2, 3, 4], i => X[(i[0] + 1) % 2, (i[1] + 2) % 3, (i[2] + 2) % 4])) { Note = "triples" },
        new("flip", M, _ => [new long[] { 0 }], Nd.Of([3, 4], i => M[2 - i[0], i[1]])),
        new("flipud", M, _ => [], Nd.Of([3, 4], i => M[2 - i[0], i[1]])),
        new("fliplr", M, _ => [], Nd.Of([3, 4], i => M[i[0], 3 - i[1]])),
        new("rot90", M, _ => [1L, ((long, long)?)(0, 1)], Nd.Of([4, 3], i => M[i[1], 3 - i[0]])),
        new("tril", M, _ => [1L], Nd.Of([3, 4], i => i[1] <= i[0] + 1 ? M[i] : 0)),
        new("triu", M, _ => [1L], Nd.Of([3, 4], i => i[1] >= i[0] + 1 ? M[i] : 0)),
        new("diagonal", X, _ => [1L, 1L, 2L], Nd.Of([2, 3], i => X[i[0], i[1], i[1] + 1])),
        new("diag_embed", M, _ => [], Nd.Of([3, 4, 4], i => i[1] == i[2] ? M[i[0], i[1]] : 0)),
        new("channel_shuffle", Channels, _ => [2L], Nd.Of([2, 6, 2, 2], i => Channels[i[0], i[1] % 2 * 3 + i[1] / 2, i[2], i[3]])) { Differentiable = false },
        new("atleast_1d", Nd.Scalar(3), _ => [], Nd.Vector(3)),
        new("atleast_2d", V, _ => [], V.Reshape(1, 3)),
        new("atleast_3d", M, _ => [], M.Reshape(3, 4, 1)),
        new("tensor_split", M, _ => [3L, 1L], Columns(0, 2), Columns(2, 1), Columns(3, 1)),
        new("tensor_split", M, _ => [new long[] { 1, 3 }, 1L], Columns(0, 1), Columns(1, 2), Columns(3, 1)) { Note = "positions" },
        new("split", M, _ => [new long[] { 1, 3 }, 1L], Columns(0, 1), Columns(1, 3)) { Note = "sizes" },
        new("split", M, _ => [new long[] { 1, 2 }], Rows(0, 1), Rows(1, 2)) { Note = "first dimension" },
        new("chunk", M, _ => [2L, 1L], Columns(0, 2), Columns(2, 2)),
        new("unbind", M, _ => [0L], Rows(0, 1).Reshape(4), Rows(1, 1).Reshape(4), Rows(2, 1).Reshape(4)),
        new("zeros_like", M, _ => [], Nd.Zeros(3, 4)) { Differentiable = false },
        new("ones_like", M, _ => [], Nd.Full(1, 3, 4)) { Differentiable = false },
        new("full_like", M, _ => [(Scalar)7], Nd.Full(7, 3, 4)) { Differentiable = false },
        new("new_zeros", M, _ => [new long[] { 2, 3 }], Nd.Zeros(2, 3)) { Differentiable = false, Note = "list" },
        new("new_zeros", M, _ => [2L], Nd.Zeros(2)) { Differentiable = false, Note = "one" },
        new("new_zeros", M, _ => [2L, 3L], Nd.Zeros(2, 3)) { Differentiable = false, Note = "two" },
        new("new_zeros", M, _ => [2L, 3L, 4L], Nd.Zeros(2, 3, 4)) { Differentiable = false, Note = "three" },
        new("new_zeros", M, _ => [2L, 3L, 4L, 5L], Nd.Zeros(2, 3, 4, 5)) { Differentiable = false, Note = "four" },
        new("new_ones", M, _ => [2L], Nd.Full(1, 2)) { Differentiable = false, Note = "one" },
        new("new_ones", M, _ => [2L, 3L], Nd.Full(1, 2, 3)) { Differentiable = false, Note = "two" },
        new("new_ones", M, _ => [2L, 3L, 4L], Nd.Full(1, 2, 3, 4)) { Differentiable = false, Note = "three" },
        new("new_ones", M, _ => [2L, 3L, 4L, 5L], Nd.Full(1, 2, 3, 4, 5)) { Differentiable = false, Note = "four" },
        new("new_full", M, _ => [new long[] { 2, 3 }, (Scalar)7], Nd.Full(7, 2, 3)) { Differentiable = false, Note = "list" },
        new("new_full", M, _ => [2L, (Scalar)7], Nd.Full(7, 2)) { Differentiable = false, Note = "one" },
        new("clone", M, _ => [], M),
        new("alias", M, _ => [], M),
        new("contiguous", M, _ => [], M),
        new("conj", M, _ => [], M),
        new("conj_physical", M, _ => [], M),
        new("resolve_conj", M, _ => [], M),
        new("resolve_neg", M, _ => [], M),
    ];

    private static Nd Columns(long start, long length) => Nd.Of([3, length], i => M[i[0], i[1] + start]);

    private static Nd Rows(long start, long length) => Nd.Of([length, 4], i => M[i[0] + start, i[1]]);
}
