using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Runtime;

/// <summary>
/// Products of matrices by oneDNN, which libtorch contains and uses for convolutions, but not for linear layers in float32: those go to MKL. On
/// x86 processors oneDNN takes four fifths of MKL's time for most of this model's layers, half where inputs are narrow on Intel's.
/// </summary>
/// <remarks>
/// TorchSharp has no function for it, but runs TorchScript, which has. So a script of a few lines is loaded from memory when it
/// is first needed. Where libtorch is built without oneDNN, as on Arm, nothing is loaded and <see cref="IsUsable"/> is always false.
/// </remarks>
public static class OneDnn
{
    // Below, calling through TorchScript costs more than is won: 7 × 256 × 256 takes 0.11 instead of 0.06 ms.
    private const long FewestRows = 512;

    // So many elements make up for fewer rows: 64 × 4096 × 256 takes 0.69 ms on AMD's Zen 4, and MKL 0.87.
    private const long FewestElements = 128 << 10;

    // So many products do where MKL is slow: 256 × 256 × 4096 takes 1.6 ms on AMD's Zen 5, and MKL 3.4.
    private const long FewestProducts = 32 << 20;

    // A method for each function that may follow, by its name here.
    private static readonly Lazy<jit.ScriptModule?> Module = new(() => Load(string.Concat(new[] { "none", "relu", "gelu" }.Select(function => $"""
          def {function}(self: __torch__.Products,
            x: Tensor,
            weight: Tensor,
            bias: Optional[Tensor]) -> Tensor:
            _0 = annotate(List[Optional[number]], [])
            return ops.mkldnn._linear_pointwise(x, weight, bias, "{function}", _0, "none")

        """).Append("""
          def packing(self: __torch__.Products,
            x: Tensor,
            weight: Tensor,
            bias: Optional[Tensor]) -> Tensor:
            _0 = annotate(List[Optional[number]], [])
            rows = torch.floordiv(torch.numel(x), torch.size(weight, 1))
            packed = ops.mkldnn._reorder_linear_weight(weight, rows)
            return ops.mkldnn._linear_pointwise(x, packed, bias, "none", _0, "none")

        """))));

    /// <summary>Whether oneDNN may be used; turn it off to compare with MKL, or to get MKL's last digits.</summary>
    public static bool Enabled { get; set; } = true;

    /// <summary>
    /// Whether <see cref="Linear"/> can compute this product and is worth it: float32 on the CPU, many rows or channels, and no gradient wanted. Also bfloat16 where
    /// libtorch, which would leave that to oneDNN, has been told not to (<see cref="TorchRuntime.EnsureLoaded"/>).
    /// </summary>
    /// <param name="x"><c>[…, K]</c>.</param>
    /// <param name="weight"><c>[N, K]</c>.</param>
    public static bool IsUsable(Tensor x, Tensor weight) =>
        Enabled && !is_grad_enabled() && x.device_type == DeviceType.CPU && x.dtype == weight.dtype
        && (x.dtype == ScalarType.Float32 || (x.dtype == ScalarType.BFloat16 && OneDnnConvolution.IsNeeded))
        && (x.numel() >= Math.Min(FewestRows * x.size(-1), FewestElements) || (IsMklSlow && x.numel() * weight.size(0) >= FewestProducts)) && Module.Value is not null;

    /// <summary>
    /// Whether MKL is slow, as it is by its own choice on processors that aren't Intel's: a product of 2048×2048 matrices takes it 100 ms on AMD's Zen 5, and oneDNN
    /// 45. Products in which MKL is a little faster on Intel's are left to oneDNN there. Tests set it, to compute both ways.
    /// </summary>
    internal static bool IsMklSlow { get; set; } = X86Base.IsSupported && X86Base.CpuId(0, 0) is var (_, b, c, d)
        && !MemoryMarshal.AsBytes<int>([b, d, c]).SequenceEqual("GenuineIntel"u8);

    /// <summary><c>x · weightᵀ + bias</c>, where <see cref="IsUsable"/>.</summary>
    /// <param name="x"><c>[…, K]</c>.</param>
    /// <param name="weight"><c>[N, K]</c>.</param>
    /// <param name="bias"><c>[N]</c>, or null for none.</param>
    /// <returns><c>[…, N]</c>.</returns>
    /// <exception cref="InvalidOperationException">This libtorch has no oneDNN.</exception>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias) => Invoke(IsPackingFaster(weight) ? "packing" : "none", x, weight, bias);

    /// <summary>The same, and GELU of it before it leaves the cache: 4096 × 384 × 1536 takes 16.7 ms instead of 18.9 on an Intel server.</summary>
    internal static Tensor LinearGelu(Tensor x, Tensor weight, Tensor? bias) => Invoke("gelu", x, weight, bias);

    /// <summary>The same, and ReLU of it.</summary>
    internal static Tensor LinearRelu(Tensor x, Tensor weight, Tensor? bias) => Invoke("relu", x, weight, bias);

    private static Tensor Invoke(string method, Tensor x, Tensor weight, Tensor? bias)
    {
        if (Module.Value is not { } module) throw new InvalidOperationException("This libtorch is built without oneDNN; ask IsUsable first.");
        // Rows with gaps between them, as those of one head are, would take oneDNN's reference code: minutes where this takes milliseconds.
        using var scope = NewDisposeScope();
        using var signals = HeldSignals.Hold();
        return module.invoke<Tensor>(method, x.contiguous(), IsDense(weight) ? weight : weight.contiguous(), bias!).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Whether oneDNN is faster with the weights in an order of its own: with AVX-512, where they are wide, it loses more on bringing them there piece by piece than all at once takes.
    /// 4096 × 1536 × 384 takes 13.8 ms instead of 16.4 on AMD's Zen 5, and 4096 × 1024 × 256 6.3 instead of 8.8. In that order columns come in blocks of 64, and the last
    /// must be full: what fills it isn't always zero there (<see cref="TorchRuntime.EnsureLoaded"/>).
    /// </summary>
    private static bool IsPackingFaster(Tensor weight) =>
        Avx512F.IsSupported && weight.dtype == ScalarType.Float32 && weight.size(1) >= 768 && weight.size(1) > weight.size(0) && weight.size(0) % 64 == 0 && weight.is_contiguous();

    private static bool IsDense(Tensor matrix) => matrix.is_contiguous() || (matrix.stride(0) == 1 && matrix.stride(1) == matrix.size(0));

    /// <summary>A module with these methods of TorchScript, or null where libtorch is built without oneDNN.</summary>
    internal static jit.ScriptModule? Load(string methods)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || OperatingSystem.IsMacOS()) return null;
        try
        {
            return jit.load(Archive(methods));
        }
        catch (ExternalException)
        {
            return null; // built without it
        }
    }

    /// <summary>The script as the archive that <c>torch.jit.save</c> would write.</summary>
    private static byte[] Archive(string methods)
    {
        var script = "class Products(Module):\n  __parameters__ = []\n  __buffers__ = []\n" + methods.ReplaceLineEndings("\n");
        var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create))
        {
            // A pickled object of the class, without attributes; and an empty tuple.
            Add("data.pkl", [0x80, 2, .. "c__torch__\nProducts\n)"u8, 0x81, .. "}b."u8]);
            Add("constants.pkl", [0x80, 2, .. ")."u8]);
            Add("code/__torch__.py", Encoding.UTF8.GetBytes(script));
            Add("version", [.. "4\n"u8]);

            void Add(string name, byte[] content)
            {
                // libtorch reads entries that are stored as they are.
                using var entry = archive.CreateEntry("products/" + name, CompressionLevel.NoCompression).Open();
                entry.Write(content);
            }
        }
        return bytes.ToArray();
    }
}
