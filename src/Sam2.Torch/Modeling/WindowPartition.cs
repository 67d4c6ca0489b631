using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>Cuts a grid of tokens into windows and joins them again (sam2/modeling/backbones/utils.py).</summary>
public static class WindowPartition
{
    /// <summary>
    /// Cuts <paramref name="x"/>, <c>[B, H, W, C]</c>, into windows of <paramref name="size"/>×<paramref name="size"/>
    /// tokens, <c>[B · windows, size, size, C]</c>. The grid is padded with zeros at the bottom and right as needed.
    /// </summary>
    public static Tensor Partition(Tensor x, long size)
    {
        using var scope = NewDisposeScope();
        var (batch, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        var (rows, columns) = (CeilDiv(height, size), CeilDiv(width, size));
        if (rows * size != height || columns * size != width)
            x = F.pad(x, [0, 0, 0, columns * size - width, 0, rows * size - height]);
        return x.view(batch, rows, size, columns, size, channels)
            .permute(0, 1, 3, 2, 4, 5).reshape(-1, size, size, channels).MoveToOuterDisposeScope();
    }

    /// <summary>The inverse of <see cref="Partition"/>: windows to a grid <c>[B, height, width, C]</c>, without the padding.</summary>
    public static Tensor Unpartition(Tensor windows, long height, long width)
    {
        using var scope = NewDisposeScope();
        var (size, channels) = (windows.shape[1], windows.shape[3]);
        var (rows, columns) = (CeilDiv(height, size), CeilDiv(width, size));
        var grid = windows.view(-1, rows, columns, size, size, channels).permute(0, 1, 3, 2, 4, 5);
        if (rows * size == height && columns * size == width)
            return grid.reshape(-1, height, width, channels).MoveToOuterDisposeScope();
        grid = grid.reshape(-1, rows * size, columns * size, channels);
        return grid.slice(1, 0, height, 1).slice(2, 0, width, 1).MoveToOuterDisposeScope();
    }

    private static long CeilDiv(long a, long b) => (a + b - 1) / b;
}
