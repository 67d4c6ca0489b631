using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Position encoding by random spatial frequencies, of points and of a grid
/// (sam2/modeling/position_encoding.py, <c>PositionEmbeddingRandom</c>).
/// </summary>
public sealed class PositionEmbeddingRandom : nn.Module<long, long, Tensor>
{
    private readonly Tensor positional_encoding_gaussian_matrix;

    /// <summary>Draws <paramref name="numPosFeats"/> frequencies; the encoding has twice as many channels.</summary>
    public PositionEmbeddingRandom(long numPosFeats) : base(nameof(PositionEmbeddingRandom))
    {
        positional_encoding_gaussian_matrix = randn(2, numPosFeats);
        register_buffer(nameof(positional_encoding_gaussian_matrix), positional_encoding_gaussian_matrix);
    }

    /// <summary>The encoding of the centres of a grid's cells, <c>[C, H, W]</c>.</summary>
    public override Tensor forward(long height, long width)
    {
        using var scope = NewDisposeScope();
        var device = Frequencies.device;
        var y = (arange(height, dtype: float32, device: device) + 0.5) / height;
        var x = (arange(width, dtype: float32, device: device) + 0.5) / width;
        var coordinates = stack(
            [x.unsqueeze(0).expand(height, width), y.unsqueeze(1).expand(height, width)], dim: 2);
        return Encode(coordinates).permute(2, 0, 1).MoveToOuterDisposeScope();
    }

    /// <summary>The encoding of points.</summary>
    /// <param name="coordinates"><c>[…, 2]</c>, (x, y) in pixels.</param>
    /// <param name="height">Height of the image, in pixels.</param>
    /// <param name="width">Width of the image, in pixels.</param>
    /// <returns><c>[…, C]</c>.</returns>
    public Tensor Points(Tensor coordinates, long height, long width)
    {
        using var scope = NewDisposeScope();
        var size = tensor(new float[] { width, height }, device: coordinates.device);
        return Encode(coordinates.to(float32) / size).MoveToOuterDisposeScope();
    }

    private Tensor Frequencies => get_buffer(nameof(positional_encoding_gaussian_matrix))!;

    /// <summary>Encodes <c>[…, 2]</c> coordinates in [0, 1]; in float32 whatever the weights' type, as the angles are large.</summary>
    private Tensor Encode(Tensor coordinates)
    {
        using var scope = NewDisposeScope();
        var angle = (coordinates * 2 - 1).matmul(Frequencies.to(float32)) * (2 * Math.PI);
        return cat([angle.sin(), angle.cos()], dim: -1).MoveToOuterDisposeScope();
    }
}
