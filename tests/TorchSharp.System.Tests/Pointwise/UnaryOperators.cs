using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Pointwise;

/// <summary>The element-wise functions of one argument.</summary>
public static class UnaryOperators
{
    private static readonly UnaryOperator[] Table =
    [
        new("abs", Math.Abs), new("absolute", Math.Abs),
        new("neg", x => -x) { CSharpOperator = "op_UnaryNegation" }, new("negative", x => -x), new("positive", x => x),
        new("exp", Math.Exp), new("exp2", x => Math.Pow(2, x)), new("expm1", x => Math.Exp(x) - 1) { Tolerance = 1e-11 },
        new("log", Math.Log, 0.1), new("log2", Math.Log2, 0.1), new("log10", Math.Log10, 0.1), new("log1p", x => Math.Log(1 + x), -0.9) { Tolerance = 1e-11 },
        new("sqrt", Math.Sqrt, 0.1), new("rsqrt", x => 1 / Math.Sqrt(x), 0.1), new("square", x => x * x), new("reciprocal", x => 1 / x, 0.2),
        new("sin", Math.Sin), new("cos", Math.Cos), new("tan", Math.Tan, -1.2, 1.2),
        new("asin", Math.Asin, -0.9, 0.9), new("acos", Math.Acos, -0.9, 0.9), new("atan", Math.Atan),
        new("arcsin", Math.Asin, -0.9, 0.9), new("arccos", Math.Acos, -0.9, 0.9), new("arctan", Math.Atan),
        new("sinh", Math.Sinh), new("cosh", Math.Cosh), new("tanh", Math.Tanh),
        new("asinh", Math.Asinh), new("acosh", Math.Acosh, 1.1), new("atanh", Math.Atanh, -0.9, 0.9),
        new("arcsinh", Math.Asinh), new("arccosh", Math.Acosh, 1.1), new("arctanh", Math.Atanh, -0.9, 0.9),
        new("sinc", x => Math.Sin(Math.PI * x) / (Math.PI * x), 0.1),
        new("deg2rad", x => x * Math.PI / 180), new("rad2deg", x => x * 180 / Math.PI),
        new("sigmoid", SpecialFunctions.Sigmoid), new("expit", SpecialFunctions.Sigmoid),
        new("logit", x => Math.Log(x / (1 - x)), 0.1, 0.9) { Also = [x => x.logit(1e-6)] },
        new("erf", SpecialFunctions.Erf) { Tolerance = 1e-11 }, new("erfc", x => 1 - SpecialFunctions.Erf(x)) { Tolerance = 1e-11 },
        new("erfinv", SpecialFunctions.ErfInverse, -0.9, 0.9) { Tolerance = 1e-10 },
        new("lgamma", SpecialFunctions.LogGamma, 0.2, 6) { Tolerance = 1e-10 }, new("digamma", SpecialFunctions.Digamma, 0.2, 6) { Tolerance = 1e-10 },
        new("i0", SpecialFunctions.BesselI0) { Tolerance = 1e-10 },
        new("sign", x => Math.Sign(x)), new("sgn", x => Math.Sign(x)) { Differentiable = false }, new("signbit", x => double.IsNegative(x) ? 1 : 0) { GivesBool = true, Differentiable = false },
        new("angle", x => x < 0 ? Math.PI : 0) { Differentiable = false },
        new("floor", Math.Floor), new("ceil", Math.Ceiling), new("trunc", Math.Truncate), new("fix", Math.Truncate), new("frac", x => x - Math.Truncate(x)),
        new("round", x => Math.Round(x, MidpointRounding.ToEven)),
        new("nan_to_num", x => x),
        new("isfinite", _ => 1) { GivesBool = true, Differentiable = false }, new("isreal", _ => 1) { GivesBool = true, Differentiable = false },
        new("isnan", _ => 0) { GivesBool = true, Differentiable = false }, new("isinf", _ => 0) { GivesBool = true, Differentiable = false },
        new("isposinf", _ => 0) { GivesBool = true, Differentiable = false }, new("isneginf", _ => 0) { GivesBool = true, Differentiable = false },

        new("relu", x => Math.Max(x, 0)), new("relu6", x => Math.Clamp(x, 0, 6), -3, 9),
        new("elu", x => x < 0 ? Math.Exp(x) - 1 : x), new("celu", x => x < 0 ? Math.Exp(x) - 1 : x),
        new("selu", x => 1.0507009873554805 * (x < 0 ? 1.6732632423543772 * (Math.Exp(x) - 1) : x)),
        new("gelu", x => 0.5 * x * (1 + SpecialFunctions.Erf(x / Math.Sqrt(2)))) { Tolerance = 1e-11 },
        new("silu", x => x * SpecialFunctions.Sigmoid(x)), new("SiLU", x => x * SpecialFunctions.Sigmoid(x)),
        new("softplus", SpecialFunctions.Softplus), new("mish", x => x * Math.Tanh(SpecialFunctions.Softplus(x))), new("Mish", x => x * Math.Tanh(SpecialFunctions.Softplus(x))),
        new("logsigmoid", x => -SpecialFunctions.Softplus(-x)), new("log_sigmoid", x => -SpecialFunctions.Softplus(-x)),
        new("hardswish", x => x * Math.Clamp(x + 3, 0, 6) / 6, -4, 4), new("hardsigmoid", x => Math.Clamp(x + 3, 0, 6) / 6, -4, 4),
        new("leaky_relu", x => x < 0 ? 0.01 * x : x), new("hardtanh", x => Math.Clamp(x, -1, 1)), new("Hardtanh", x => Math.Clamp(x, -1, 1)),
        new("softsign", x => x / (1 + Math.Abs(x))), new("tanhshrink", x => x - Math.Tanh(x)),
        new("hardshrink", x => Math.Abs(x) > 0.5 ? x : 0), new("softshrink", x => Math.Sign(x) * Math.Max(Math.Abs(x) - 0.5, 0)),
    ];

    private static readonly UnaryOperator[] WithArguments =
    [
        new("round to two decimals", x => Math.Round(x, 2)) { Also = [x => x.round(2), x => torch.round(x, 2)], AlsoInPlace = [x => x.round_(2)] },
        new("clamp below", x => Math.Max(x, -0.5))
        {
            Also = [x => x.clamp_min(-0.5), x => torch.clamp_min(x, -0.5), x => x.clamp(min: -0.5), x => x.clamp(min: torch.full([], -0.5, x.dtype))],
            AlsoInPlace = [x => x.clamp_min_(-0.5)],
        },
        new("clamp above", x => Math.Min(x, 0.75))
        {
            Also = [x => x.clamp_max(0.75), x => torch.clamp_max(x, 0.75), x => x.clamp(max: 0.75), x => torch.clamp(x, max: torch.full([], 0.75, x.dtype))],
            AlsoInPlace = [x => x.clamp_max_(0.75)],
        },
        new("clamp between", x => Math.Clamp(x, -0.5, 0.75))
        {
            Also = [x => x.clamp(-0.5, 0.75), x => torch.clamp(x, -0.5, 0.75), x => x.clip(-0.5, 0.75), x => torch.clip(x, -0.5, 0.75)],
            AlsoInPlace =
            [
                x => x.clamp_(-0.5, 0.75),
                x => x.clamp_(torch.full([], -0.5, x.dtype), torch.full([], 0.75, x.dtype)),
                x => torch.clamp_(x, torch.full([], -0.5, x.dtype), torch.full([], 0.75, x.dtype)),
            ],
        },
        new("cube", x => x * x * x) { Also = [x => x.pow(3), x => torch.pow(x, 3)], AlsoInPlace = [x => x.pow_(3)] },
        new("pow -1.5", x => Math.Pow(x, -1.5), 0.2) { Also = [x => x.pow(-1.5)] },
        new("leaky_relu 0.2", x => x < 0 ? 0.2 * x : x)
        {
            Also = [x => x.leaky_relu(0.2), x => F.leaky_relu(x, 0.2)], AlsoInPlace = [x => x.leaky_relu_(0.2), x => F.leaky_relu(x, 0.2, inplace: true)],
        },
        new("elu 1.5", x => x < 0 ? 1.5 * (Math.Exp(x) - 1) : x)
        {
            Also = [x => x.elu(1.5)],
        },
        new("celu 1.5", x => x < 0 ? 1.5 * (Math.Exp(x / 1.5) - 1) : x) { Also = [x => x.celu(1.5)] },
        new("threshold", x => x > 0.5 ? x : -1) { Also = [x => x.threshold(0.5, -1)], AlsoInPlace = [x => x.threshold_(0.5, -1)] },
        new("softplus with a sharp bend", x => 4 * x > 8 ? x : SpecialFunctions.Softplus(4 * x) / 4) { Also = [x => F.softplus(x, 4, 8), x => x.softplus(4, 8)] },
        new("gelu with a flag", x => 0.5 * x * (1 + SpecialFunctions.Erf(x / Math.Sqrt(2))))
        {
            Also = [x => F.gelu(x, false)], AlsoInPlace = [x => F.gelu(x, true)], Tolerance = 1e-11,
        },
        new("sigmoid with a flag", SpecialFunctions.Sigmoid) { Also = [x => F.sigmoid(x, false)], AlsoInPlace = [x => F.sigmoid(x, true)] },
    ];

    /// <summary>The operators that this build has.</summary>
    public static UnaryOperator[] All { get; } = [.. Table.Where(o => o.Calls.Any() || o.InPlaceCalls.Any()), .. WithArguments];
}
