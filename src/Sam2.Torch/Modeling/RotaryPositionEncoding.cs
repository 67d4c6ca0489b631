using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Axial rotary position encoding (RoPE) of a grid of tokens: every pair of neighbouring channels is a complex number, which is
/// turned by an angle. The first half of the pairs turns with the column, the second half with the row (SAM 2 paper, memory
/// attention; sam2/modeling/position_encoding.py).
/// </summary>
/// <remarks>
/// Rotations depend on the grid alone, so they are kept once per grid and device. A model is used at one image size, so there is one
/// grid as a rule and nothing is dropped before disposal.
/// </remarks>
/// <param name="dim">Channels of a head, a multiple of 4.</param>
/// <param name="theta">Base of the wavelengths.</param>
public sealed class RotaryPositionEncoding(int dim, double theta) : IDisposable
{
    private readonly Dictionary<(int Width, int Height, string Device), Tensor> _rotations = [];

    /// <summary>The rotations of a grid, as <see cref="Rotations"/> computes them. The tensor belongs to this object.</summary>
    public Tensor this[int width, int height, Device device]
    {
        get
        {
            lock (_rotations)
            {
                var key = (width, height, device.ToString());
                if (_rotations.TryGetValue(key, out var rotations)) return rotations;
                // Kept across grad and inference modes, so it must be an ordinary tensor.
                using var inference = inference_mode(false);
                using var noGrad = no_grad();
                return _rotations[key] = Rotations(dim, width, height, theta, device).DetachFromDisposeScope();
            }
        }
    }

    /// <summary>The rotations of all tokens, row by row, as complex numbers of length 1, <c>[width · height, dim / 2]</c>, complex64.</summary>
    /// <param name="dim">Channels of a head, a multiple of 4.</param>
    /// <param name="width">Columns of the grid.</param>
    /// <param name="height">Rows of the grid.</param>
    /// <param name="theta">Base of the wavelengths.</param>
    /// <param name="device">Where the rotations are needed.</param>
    /// <exception cref="ArgumentException"><paramref name="dim"/> isn't a positive multiple of 4.</exception>
    public static Tensor Rotations(int dim, int width, int height, double theta, Device device)
    {
        if (dim <= 0 || dim % 4 != 0)
            throw new ArgumentException($"Rotary position encoding needs a multiple of 4 channels per head, got {dim}.", nameof(dim));

        int perAxis = dim / 4, half = dim / 2;
        var frequencies = new float[perAxis];
        for (var i = 0; i < perAxis; i++) frequencies[i] = 1f / (float)Math.Pow(theta, 4f * i / dim);

        var parts = new float[width * height * dim];
        for (var token = 0; token < width * height; token++)
        {
            for (var i = 0; i < half; i++)
            {
                var position = i < perAxis ? token % width : token / width;
                var angle = position * frequencies[i % perAxis];
                parts[token * dim + 2 * i] = (float)Math.Cos(angle);
                parts[token * dim + 2 * i + 1] = (float)Math.Sin(angle);
            }
        }

        using var scope = NewDisposeScope();
        return torch.tensor(parts, [width * height, half, 2]).to(device).view_as_complex().MoveToOuterDisposeScope();
    }

    /// <summary>Rotates tokens, in float32 whatever their type, as the angles are delicate.</summary>
    /// <param name="x"><c>[B, heads, repeats · N, dim]</c>: one grid of N tokens, or several, one after the other.</param>
    /// <param name="rotations">The rotations of the grid, <c>[N, dim / 2]</c>, complex64.</param>
    /// <returns>Like <paramref name="x"/>, in its type.</returns>
    /// <exception cref="ArgumentException">The rotations are those of another grid or number of channels.</exception>
    public static Tensor Rotate(Tensor x, Tensor rotations)
    {
        using var scope = NewDisposeScope();
        return (x.to(float32).reshape(Pairs(x, rotations)).view_as_complex() * rotations).view_as_real().reshape(x.shape).to(x.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The same in the memory of <paramref name="x"/>, which is contiguous and float32.</summary>
    internal static void RotateInPlace(Tensor x, Tensor rotations)
    {
        using var scope = NewDisposeScope();
        x.view(Pairs(x, rotations)).view_as_complex().mul_(rotations);
    }

    /// <summary>The shape of <paramref name="x"/> by grids and pairs of channels, <c>[B, heads, repeats, N, dim / 2, 2]</c>.</summary>
    private static long[] Pairs(Tensor x, Tensor rotations)
    {
        long tokens = rotations.size(0), half = rotations.size(1);
        if (x.size(2) % tokens != 0 || x.size(3) != 2 * half)
        {
            throw new ArgumentException(
                $"Rotations [{tokens}, {half}] don't fit [{string.Join(", ", x.shape)}]: " +
                $"the tokens must be a multiple of {tokens} and the channels {2 * half}.", nameof(x));
        }
        return [x.size(0), x.size(1), x.size(2) / tokens, tokens, half, 2];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_rotations)
        {
            foreach (var rotations in _rotations.Values) rotations.Dispose();
            _rotations.Clear();
        }
    }
}
