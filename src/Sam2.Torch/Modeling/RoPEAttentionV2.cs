using Sam2.Torch.Configuration;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// EdgeTAM's cross-attention to memories that a spatial perceiver has summed up (sam2/modeling/sam/transformer.py, <c>RoPEAttentionv2</c>): of each
/// memory, the first tokens have no place, and the others lie on a grid that is coarser than that of the queries. Each grid is rotated by its own positions.
/// </summary>
public class RoPEAttentionV2 : RoPEAttention
{
    private readonly int _unplaced;
    private readonly (int Width, int Height) _keys;

    /// <summary>Builds the layer with freshly initialised projections.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="unplaced">Tokens without a place at the beginning of each memory.</param>
    /// <exception cref="ArgumentException">The grid of the keys isn't given, or the heads don't divide the channels.</exception>
    public RoPEAttentionV2(AttentionConfig config, int unplaced = 0) : base(config)
    {
        if (config.KSizes is not { Count: 2 } sizes)
            throw new ArgumentException($"k_sizes is {config.KSizes?.ToString() ?? "missing"}; give the width and height of a memory's grid.", nameof(config));
        _keys = (sizes[0], sizes[1]);
        _unplaced = unplaced;
    }

    /// <inheritdoc/>
    private protected override Tensor RotateKeys(Tensor k, long queries, long numKExcludeRope, RotaryPositionEncoding rotary)
    {
        long grid = (long)_keys.Width * _keys.Height, each = _unplaced + grid, spatial = k.shape[2] - numKExcludeRope;
        if (spatial < 0 || spatial % each != 0)
        {
            throw new ArgumentException(
                $"{k.shape[2]} keys, {numKExcludeRope} of them object pointers, are no whole number of memories, which have {_unplaced} tokens without a place and {grid} with one.", nameof(k));
        }
        if (spatial == 0) return k;

        using var scope = NewDisposeScope();
        var memories = k.narrow(2, 0, spatial).reshape(k.shape[0], -1, each, k.shape[3]);
        var placed = RotaryPositionEncoding.Rotate(memories.narrow(2, _unplaced, grid), rotary[_keys.Width, _keys.Height, k.device]);
        var rotated = cat([memories.narrow(2, 0, _unplaced), placed], 2).reshape(k.shape[0], k.shape[1], spatial, k.shape[3]);
        return cat([rotated, k.narrow(2, spatial, numKExcludeRope)], 2).MoveToOuterDisposeScope();
    }
}
