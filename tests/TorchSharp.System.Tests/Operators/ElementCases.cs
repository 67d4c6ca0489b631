using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Operators;

/// <summary>Element-wise operators of three arguments or with numbers.</summary>
internal static class ElementCases
{
    private static readonly Nd X = Nd.Uniform(71, -1, 1, 3, 4);
    private static readonly Nd A = Nd.Uniform(72, 0.5, 2, 3, 4);
    private static readonly Nd B = Nd.Uniform(73, 0.5, 2, 4);
    private static readonly Nd Bits = Nd.Integers(74, 0, 1, 3, 4);

    public static OperatorCase[] All =>
    [
        new("add", X, _ => [(Scalar)1.5, (Scalar)2], X.Map(x => x + 3)) { Note = "number with alpha" },
        new("addcmul", X, t => [A.ToTensor(t), B.ToTensor(t), (Scalar)0.5], Nd.Of([3, 4], i => X[i] + 0.5 * A[i] * B[i[1]])),
        new("addcdiv", X, t => [A.ToTensor(t), B.ToTensor(t), (Scalar)0.5], Nd.Of([3, 4], i => X[i] + 0.5 * A[i] / B[i[1]])),
        new("addcdiv", X, t => [A.ToTensor(t), B.ToTensor(t)], Nd.Of([3, 4], i => X[i] + A[i] / B[i[1]])) { Note = "without value" },
        new("lerp", X, t => [A.ToTensor(t), B.ToTensor(t)], Nd.Of([3, 4], i => X[i] + B[i[1]] * (A[i] - X[i]))),
        new("clamp", X, t => [B.Map(b => -b / 2).ToTensor(t), B.Map(b => b / 2).ToTensor(t)], Nd.Of([3, 4], i => Math.Clamp(X[i], -B[i[1]] / 2, B[i[1]] / 2))) { Note = "tensors" },
        new("clamp", X, _ => [(Scalar)(-0.25), (Scalar)0.5], X.Map(x => Math.Clamp(x, -0.25, 0.5))),
        new("clamp_min", X, _ => [(Scalar)(-0.25)], X.Map(x => Math.Max(x, -0.25))),
        new("clamp_max", X, _ => [(Scalar)0.5], X.Map(x => Math.Min(x, 0.5))),
        new("hardtanh", X, _ => [(Scalar)(-0.25), (Scalar)0.5], X.Map(x => Math.Clamp(x, -0.25, 0.5))),
        new("xlogy", A, _ => [(Scalar)1.5], A.Map(a => a * Math.Log(1.5))),
        new("bitwise_not", Bits, _ => [], Bits.Map(b => 1 - b)) { Types = [ScalarType.Bool], Differentiable = false },
        new("logical_not", Bits, _ => [], Bits.Map(b => 1 - b)) { Types = [ScalarType.Bool], Differentiable = false },
        new("fill", X, _ => [(Scalar)3], X.Map(_ => 3)),
    ];
}
