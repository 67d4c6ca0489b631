using static TorchSharp.torch;

namespace TorchSharp.Tests.Pointwise;

/// <summary>The element-wise functions of two arguments.</summary>
public static class BinaryOperators
{
    private static readonly BinaryOperator[] Table =
    [
        new("add", (a, b) => a + b) { CSharpOperator = "op_Addition" },
        new("sub", (a, b) => a - b) { CSharpOperator = "op_Subtraction" },
        new("subtract", (a, b) => a - b),
        new("mul", (a, b) => a * b) { CSharpOperator = "op_Multiply" },
        new("multiply", (a, b) => a * b),
        new("div", (a, b) => a / b, 0.3) { CSharpOperator = "op_Division" },
        new("divide", (a, b) => a / b, 0.3),
        new("true_divide", (a, b) => a / b, 0.3),
        new("floor_divide", (a, b) => Math.Floor(a / b), 0.7, 9) { Differentiable = false },
        new("remainder", (a, b) => a - b * Math.Floor(a / b), 0.4) { CSharpOperator = "op_Modulus" },
        new("fmod", (a, b) => a % b, 0.4),
        new("pow", Math.Pow, 0.3),
        new("float_power", Math.Pow, 0.3) { Gives = ScalarType.Float64 },
        new("atan2", Math.Atan2, 0.2), new("arctan2", Math.Atan2, 0.2),
        new("hypot", (a, b) => Math.Sqrt(a * a + b * b), 0.2),
        new("copysign", Math.CopySign) { Differentiable = false },
        new("heaviside", (a, b) => a < 0 ? 0 : a > 0 ? 1 : b) { Differentiable = false },
        new("logaddexp", (a, b) => Math.Log(Math.Exp(a) + Math.Exp(b))),
        new("logaddexp2", (a, b) => Math.Log2(Math.Pow(2, a) + Math.Pow(2, b))),
        new("xlogy", (a, b) => a * Math.Log(b), 0.2),
        new("maximum", Math.Max), new("minimum", Math.Min), new("max", Math.Max), new("min", Math.Min), new("fmax", Math.Max), new("fmin", Math.Min),
        new("gcd", Gcd, 1, 40) { OfIntegers = true, Differentiable = false },
        new("lcm", (a, b) => a * b / Gcd(a, b), 1, 40) { OfIntegers = true, Differentiable = false },
        new("bitwise_left_shift", (a, b) => (long)a << (int)b, 0, 9) { OfIntegers = true, Differentiable = false },
        new("bitwise_right_shift", (a, b) => (long)a >> (int)b, 0, 9) { OfIntegers = true, Differentiable = false },
        new("bitwise_and", (a, b) => (long)a & (long)b, 0, 99) { OfIntegers = true, Differentiable = false, CSharpOperator = "op_BitwiseAnd" },
        new("bitwise_or", (a, b) => (long)a | (long)b, 0, 99) { OfIntegers = true, Differentiable = false, CSharpOperator = "op_BitwiseOr" },
        new("bitwise_xor", (a, b) => (long)a ^ (long)b, 0, 99) { OfIntegers = true, Differentiable = false, CSharpOperator = "op_ExclusiveOr" },
        Logical("logical_and", (a, b) => a && b), Logical("logical_or", (a, b) => a || b), Logical("logical_xor", (a, b) => a != b),
        Comparison("eq", (a, b) => a == b, "op_Equality"), Comparison("equal", (a, b) => a == b),
        Comparison("ne", (a, b) => a != b, "op_Inequality"), Comparison("not_equal", (a, b) => a != b),
        Comparison("lt", (a, b) => a < b, "op_LessThan"), Comparison("less", (a, b) => a < b),
        Comparison("le", (a, b) => a <= b, "op_LessThanOrEqual"), Comparison("less_equal", (a, b) => a <= b),
        Comparison("gt", (a, b) => a > b, "op_GreaterThan"), Comparison("greater", (a, b) => a > b),
        Comparison("ge", (a, b) => a >= b, "op_GreaterThanOrEqual"), Comparison("greater_equal", (a, b) => a >= b),
    ];

    private static readonly BinaryOperator[] WithArguments =
    [
        new("add with alpha", (a, b) => a + 2.5 * b)
        {
            Also = [(a, b) => a.add(b, 2.5), (a, b) => torch.add(a, b, 2.5)], AlsoInPlace = [(a, b) => a.add_(b, 2.5), (a, b) => torch.add_(a, b, 2.5)],
        },
        new("div rounded down", (a, b) => Math.Floor(a / b), 0.7, 9)
        {
            Also = [(a, b) => a.div(b, RoundingMode.floor)],
            AlsoInPlace = [(a, b) => a.div_(b, RoundingMode.floor)], Differentiable = false,
        },
        new("div rounded toward zero", (a, b) => -Math.Truncate(a / b), 0.7, 9)
        {
            Also = [(a, b) => a.neg().div(b, RoundingMode.trunc)], Differentiable = false,
        },
    ];

    /// <summary>The operators that this build has.</summary>
    public static BinaryOperator[] All { get; } = [.. Table.Where(o => o.Calls.Any() || o.InPlaceCalls.Any() || o.NumberCalls.Any()), .. WithArguments];

    private static BinaryOperator Comparison(string name, Func<double, double, bool> f, string? csharpOperator = null)
        => new(name, (a, b) => f(a, b) ? 1 : 0, -2, 2) { CSharpOperator = csharpOperator, Gives = ScalarType.Bool, Differentiable = false };

    private static BinaryOperator Logical(string name, Func<bool, bool, bool> f)
        => new(name, (a, b) => f(a != 0, b != 0) ? 1 : 0, 0, 1) { OfIntegers = true, Gives = ScalarType.Bool, Differentiable = false };

    private static double Gcd(double a, double b) => b == 0 ? a : Gcd(b, a % b);
}
