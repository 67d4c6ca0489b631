using static TorchSharp.torch;

namespace TorchSharp.Tests.Harness;

/// <summary>How the elements of a test input lie in memory.</summary>
public enum Layout
{
    /// <summary>Row-major without gaps.</summary>
    Contiguous,

    /// <summary>Column-major: the strides of a fully transposed array.</summary>
    Transposed,

    /// <summary>Every second element of a larger storage, starting inside it; the gaps hold NaN or a large number.</summary>
    Gapped,
}

/// <summary>Builds tensors of a given memory layout.</summary>
public static class Layouts
{
    public static readonly Layout[] All = [Layout.Contiguous, Layout.Transposed, Layout.Gapped];

    private const int GapOffset = 3;

    public static Tensor Create(Nd values, ScalarType dtype, Layout layout)
    {
        var strides = new long[values.Rank];
        var step = layout == Layout.Gapped ? 2L : 1L;
        for (var i = 0; i < values.Rank; i++)
        {
            var d = layout == Layout.Transposed ? i : values.Rank - 1 - i;
            strides[d] = step;
            step *= Math.Max(values.Shape[d], 1);
        }
        if (layout == Layout.Contiguous)
            return torch.tensor(values.Data, values.Shape).to(dtype);

        var offset = layout == Layout.Gapped ? GapOffset : 0;
        var storage = new double[offset + Math.Max(step, 1)];
        // A kernel that ignores strides reads the gaps; the poison makes that visible in the result.
        var isReal = dtype is ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16 or ScalarType.Float16;
        Array.Fill(storage, isReal ? double.NaN : 77);
        var at = 0;
        foreach (var index in Nd.Indices(values.Shape))
        {
            var position = (long)offset;
            for (var d = 0; d < values.Rank; d++)
                position += index[d] * strides[d];
            storage[position] = values.Data[at++];
        }
        return torch.tensor(storage, [storage.Length]).to(dtype).as_strided(values.Shape, strides, offset);
    }
}
