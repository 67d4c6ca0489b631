using Sam2.Torch.Configuration;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Sine and cosine position encoding of a grid (sam2/modeling/position_encoding.py, <c>PositionEmbeddingSine</c>).
/// Encodings depend on the grid alone, so they are computed once per size and device and kept.
/// </summary>
public class PositionEmbeddingSine : nn.Module<Tensor, Tensor>
{
    private readonly PositionEncodingConfig _config;
    private readonly Dictionary<(long Height, long Width, string Device), Tensor> _cache = [];

    /// <summary>Builds the encoding.</summary>
    /// <exception cref="ArgumentException">The number of channels is odd, or a scale is given without normalisation.</exception>
    public PositionEmbeddingSine(PositionEncodingConfig config) : base(nameof(PositionEmbeddingSine))
    {
        if (config.NumPosFeats % 2 != 0)
            throw new ArgumentException($"num_pos_feats is {config.NumPosFeats}; it must be even, half for y and half for x.");
        if (config.Scale is not null && !config.Normalize)
            throw new ArgumentException("A scale has an effect on normalised positions only; set normalize to true.");
        _config = config;
    }

    /// <summary>The encoding of the grid of <paramref name="x"/>, <c>[B, C, H, W]</c>, as <c>[B, num_pos_feats, H, W]</c> in its type.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return Encode(x.size(2), x.size(3), x.device)
            .to(x.dtype).expand(x.size(0), -1, -1, -1).MoveToOuterDisposeScope();
    }

    /// <summary>The encoding of a grid, <c>[1, num_pos_feats, H, W]</c>, float32. The tensor belongs to this module.</summary>
    public Tensor Encode(long height, long width, Device device)
    {
        lock (_cache)
        {
            var key = (height, width, device.ToString());
            if (_cache.TryGetValue(key, out var cached)) return cached;
            // Cached across grad and inference modes, so it must be an ordinary tensor.
            using (inference_mode(false))
            using (no_grad())
                return _cache[key] = Compute(height, width, device).DetachFromDisposeScope();
        }
    }

    private Tensor Compute(long height, long width, Device device)
    {
        using var scope = NewDisposeScope();
        var channels = _config.NumPosFeats / 2;
        var y = Axis(height, channels, device).unsqueeze(1).expand(height, width, channels);
        var x = Axis(width, channels, device).unsqueeze(0).expand(height, width, channels);
        return cat([y, x], dim: 2).permute(2, 0, 1).unsqueeze(0).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Interleaved sines and cosines, <c>[length, channels]</c>, of the positions 1 … length of one axis.</summary>
    private Tensor Axis(long length, int channels, Device device)
    {
        const double epsilon = 1e-6;
        var position = TensorArithmetic.Range(1, length + 1, float32, device);
        if (_config.Normalize)
            position = position.DividedBy(length + epsilon).Times(_config.Scale ?? 2 * Math.PI);
        var index = TensorArithmetic.Range(0, channels, float32, device).div(Scalars.Of(2), RoundingMode.floor);
        var wavelength = pow(_config.Temperature, index.Times(2).DividedBy(channels));
        var angle = position.unsqueeze(1) / wavelength;
        var sine = angle.slice(1, 0, channels, 2).sin();
        var cosine = angle.slice(1, 1, channels, 2).cos();
        return stack([sine, cosine], dim: 2).flatten(1);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var encoding in _cache.Values) encoding.Dispose();
            _cache.Clear();
        }
        base.Dispose(disposing);
    }
}

/// <summary>Sine encoding of positions in time (sam2/modeling/sam2_utils.py, <c>get_1d_sine_pe</c>).</summary>
public static class TemporalPositionEncoding
{
    /// <summary>Encodes positions: sines in the first half of the channels, cosines in the second.</summary>
    /// <param name="positions">Positions, as a rule in [−1, 1].</param>
    /// <param name="dim">Channels, an even number.</param>
    /// <param name="device">Where the result is needed.</param>
    /// <returns><c>[positions, dim]</c>, float32.</returns>
    public static Tensor Encode(IReadOnlyList<float> positions, int dim, Device device)
    {
        const float temperature = 10000;
        var half = dim / 2;
        var values = new float[positions.Count * dim];
        for (var p = 0; p < positions.Count; p++)
        {
            for (var i = 0; i < half; i++)
            {
                var angle = positions[p] / MathF.Pow(temperature, 2f * (i / 2) / half);
                values[p * dim + i] = MathF.Sin(angle);
                values[p * dim + half + i] = MathF.Cos(angle);
            }
        }

        // TorchSharp's tensor lies where the array does, and products of this size depend in their last bit on how that is aligned.
        using var unaligned = tensor(values, [positions.Count, dim]);
        return unaligned.clone().to(device);
    }
}
