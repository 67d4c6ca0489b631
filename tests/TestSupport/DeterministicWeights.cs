using System.Text;
using static TorchSharp.torch;

namespace TestSupport;

/// <summary>
/// Weights that are a function of a state dict's key and shape, so that parity with the original can be checked without
/// a checkpoint: element i is <c>offset + scale · v_i</c> with v_i uniform in [−1, 1), from SplitMix64 seeded with the
/// FNV-1a hash of the key.
/// </summary>
public static class DeterministicWeights
{
    private const ulong FnvOffsetBasis = 0xcbf29ce484222325;
    private const ulong FnvPrime = 0x100000001b3;

    /// <summary>v_0 … v_{count−1} of a key, uniform in [−1, 1), exact in float32.</summary>
    public static float[] Noise(string key, long count)
    {
        var values = new float[count];
        var seed = Fnv1a(key);
        for (long i = 0; i < count; i++)
            values[i] = 2f * ((SplitMix64(unchecked(seed + (ulong)i)) >> 40) * (1f / (1 << 24))) - 1f;
        return values;
    }

    /// <summary>The values of the parameter or buffer <paramref name="key"/>, row-major.</summary>
    public static float[] Values(string key, params long[] shape)
    {
        var (offset, scale) = OffsetAndScale(key, shape);
        var values = Noise(key, shape.Aggregate(1L, (product, size) => product * size));
        for (var i = 0; i < values.Length; i++)
            values[i] = offset + scale * values[i];
        return values;
    }

    /// <summary>The parameter or buffer <paramref name="key"/> as a float32 tensor on the CPU.</summary>
    public static Tensor Tensor(string key, params long[] shape) => tensor(Values(key, shape), shape);

    /// <summary>Noise of a key as a float32 tensor of the given shape.</summary>
    public static Tensor NoiseTensor(string key, params long[] shape) =>
        tensor(Noise(key, shape.Aggregate(1L, (product, size) => product * size)), shape);

    /// <summary>Overwrites every entry of the module's state dict with its deterministic values.</summary>
    /// <param name="module">The module.</param>
    /// <param name="prefix">Put before the module's own keys where it is a part of a larger model, e.g. <c>memory_encoder.</c></param>
    public static void Fill(nn.Module module, string prefix = "")
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var (key, value) in module.state_dict())
            value.copy_(Tensor(prefix + key, value.shape));
    }

    private static (float Offset, float Scale) OffsetAndScale(string key, long[] shape)
    {
        if (key.EndsWith("positional_encoding_gaussian_matrix", StringComparison.Ordinal))
            return (0f, 1.5f);
        if (key.EndsWith(".gamma", StringComparison.Ordinal))
            return (0.5f, 0.25f);
        if (key.EndsWith("pred_obj_score_head.layers.2.bias", StringComparison.Ordinal))
            return (0.6f, 0.1f);
        if (key.EndsWith(".running_var", StringComparison.Ordinal))
            return (1f, 0.5f);
        if (key.StartsWith("image_encoder.trunk.", StringComparison.Ordinal) && key.EndsWith(".bn.weight", StringComparison.Ordinal))
            return (0.3f, 0.1f);
        if (shape.Length <= 1)
            return (key.EndsWith(".weight", StringComparison.Ordinal) ? 1f : 0f, 0.1f);
        if (key == "maskmem_tpos_enc")
            return (0f, 1f);
        var strong = key.Contains("cross_attn_image", StringComparison.Ordinal)
            || key.StartsWith("obj_ptr_proj", StringComparison.Ordinal)
            || key.StartsWith("memory_encoder.out_proj", StringComparison.Ordinal);
        var fanIn = shape.Skip(1).Aggregate(1L, (product, size) => product * size);
        return (0f, (float)((strong ? 2.0 : 1.0) * Math.Sqrt(3.0 / fanIn)));
    }

    private static ulong Fnv1a(string key)
    {
        var hash = FnvOffsetBasis;
        foreach (var b in Encoding.UTF8.GetBytes(key))
            hash = unchecked((hash ^ b) * FnvPrime);
        return hash;
    }

    private static ulong SplitMix64(ulong state)
    {
        unchecked
        {
            var z = state + 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
