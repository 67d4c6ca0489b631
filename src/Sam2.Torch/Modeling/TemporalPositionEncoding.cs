using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>Sine encoding of positions in time (sam2/modeling/sam2_utils.py, <c>get_1d_sine_pe</c>).</summary>
public static class TemporalPositionEncoding
{
    /// <summary>Encodes positions: sines in the first half of the channels, cosines in the second.</summary>
    /// <param name="positions">Positions, as a rule in [−1, 1].</param>
    /// <param name="dim">Channels, an even number.</param>
    /// <param name="device">Where the result is needed.</param>
    /// <returns>[positions, dim], float32.</returns>
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
        using var unaligned = torch.tensor(values, [positions.Count, dim]);
        return unaligned.clone().to(device);
    }
}
