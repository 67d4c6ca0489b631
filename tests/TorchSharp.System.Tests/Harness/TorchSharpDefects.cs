using static TorchSharp.torch;

namespace TorchSharp.Tests.Harness;

/// <summary>
/// Calls that TorchSharp 0.107 itself gets wrong. They are left out on the nuget stack only; the stand-in must get them right.
/// Code above the seam must not use them.
/// </summary>
public static class TorchSharpDefects
{
    private static readonly HashSet<string> Wrong =
    [
        // Computes erf.
        "torch.erfinv(Tensor)",
        // Not in place.
        "torch.lgamma_(Tensor)", "torch.clamp_min_(Tensor, Scalar)", "torch.clamp_max_(Tensor, Scalar)", "torch.clamp_(Tensor, Scalar, Scalar)", "Tensor.elu_(Double)",
        // Ignores the rounding mode.
        "torch.div(Tensor, Tensor, RoundingMode)",
        // Computes the standard deviation.
        "torch.var_mean(Tensor, Boolean)",
        // Return their argument.
        "Tensor.hardtanh(Scalar, Scalar)", "functional.hardtanh(Tensor, Double, Double, Boolean)", "functional.Hardtanh(Tensor, Double, Double, Boolean)",
    ];

    /// <summary>Whether the tests run on TorchSharp itself.</summary>
    public static bool IsTorchSharp { get; } = typeof(Tensor).Assembly.GetName().Name == "TorchSharp";

    /// <summary>Whether this call is one of them and runs on TorchSharp itself.</summary>
    public static bool Has(string call) => IsTorchSharp && Wrong.Contains(call);
}
