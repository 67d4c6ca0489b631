using TorchSharp;

namespace Sam2.Cli.Commands;

/// <summary>The names of the floating-point types on the command line.</summary>
internal static class PrecisionNames
{
    /// <summary>The names, most precise first.</summary>
    public static readonly string[] All = ["fp32", "bf16", "fp16"];

    /// <summary>The type that a name means.</summary>
    public static torch.ScalarType ToScalarType(string name) => name switch
    {
        "fp32" => torch.ScalarType.Float32,
        "bf16" => torch.ScalarType.BFloat16,
        "fp16" => torch.ScalarType.Float16,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, $"Unknown precision '{name}': {string.Join(", ", All)}."),
    };

    /// <summary>The name of a type; libtorch's own where the command line has none.</summary>
    public static string Of(torch.ScalarType type) => type switch
    {
        torch.ScalarType.Float32 => "fp32",
        torch.ScalarType.BFloat16 => "bf16",
        torch.ScalarType.Float16 => "fp16",
        torch.ScalarType.Float64 => "fp64",
        _ => type.ToString().ToLowerInvariant(),
    };
}
