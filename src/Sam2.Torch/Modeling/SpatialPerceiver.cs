using Sam2.Torch.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// EdgeTAM's 2D spatial perceiver (Zhou et al., "EdgeTAM: On-Device Track Anything Model", arXiv 2501.07256, section 3.2; sam2/modeling/perceiver.py,
/// <c>PerceiverResampler</c>): learned latents that attend to a memory stand for it from then on. The global ones attend to all of it and have no place. The
/// others attend to one window each, and keep its place.
/// </summary>
public class PerceiverResampler : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly Parameter? latents;
    private readonly Parameter? latents_2d;
    private readonly PositionEmbeddingSine position_encoding;
    private readonly ModuleList<nn.Module<Tensor, Tensor, Tensor?, Tensor>> layers;
    private readonly LayerNorm norm;
    private readonly PerceiverConfig _config;

    /// <summary>Builds the perceiver with freshly initialised weights.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="layer">Makes the layer of an index, which is called as <see cref="PerceiverEncoderLayer.forward"/> is; a <see cref="PerceiverEncoderLayer"/> when null.</param>
    /// <exception cref="ArgumentException">The settings contradict each other; the message names them.</exception>
    public PerceiverResampler(PerceiverConfig config, Func<int, nn.Module<Tensor, Tensor, Tensor?, Tensor>>? layer = null) : base(nameof(PerceiverResampler))
    {
        if (config.NumLatents <= 0 && config.NumLatents2d <= 0)
            throw new ArgumentException($"num_latents is {config.NumLatents} and num_latents_2d {config.NumLatents2d}; one of them must be above 0.");
        if (config.NumLatents2d > 0 && config.Side * config.Side != config.NumLatents2d)
            throw new ArgumentException($"num_latents_2d is {config.NumLatents2d}; it must be the square of a whole number.");
        if (config.PositionEncoding.NumPosFeats != config.Dim)
            throw new ArgumentException($"spatial_perceiver.position_encoding.num_pos_feats is {config.PositionEncoding.NumPosFeats}, but memories (spatial_perceiver.dim) have {config.Dim} channels.");
        if (config.NumLatents > 0 && (config.ConcatKvLatents || config.DimHead * config.Heads != config.Dim))
            throw new ArgumentException($"num_latents is {config.NumLatents}; latents without a place need heads · dim_head to be dim, and no concat_kv_latents. They are {config.Heads} · {config.DimHead}, {config.Dim} and {(config.ConcatKvLatents ? "true" : "false")}.");

        _config = config;
        if (config.NumLatents > 0) latents = nn.Parameter(randn(config.NumLatents, config.Dim));
        if (config.NumLatents2d > 0) latents_2d = nn.Parameter(randn(config.NumLatents2d, config.Dim));
        position_encoding = new PositionEmbeddingSine(config.PositionEncoding);
        layers = new([.. Enumerable.Range(0, config.Depth).Select(layer ?? (_ => new PerceiverEncoderLayer(config)))]);
        norm = nn.LayerNorm(config.Dim);
        RegisterComponents();
    }

    /// <summary>Sums memories up.</summary>
    /// <param name="memories"><c>[B, Cm, H, W]</c>; the windows divide H and W.</param>
    /// <param name="position">Their position encoding, <c>[1 or B, Cm, H, W]</c>.</param>
    /// <returns>Tokens, those without a place first, <c>[B, L, Cm]</c>, where L is <see cref="PerceiverConfig.Tokens"/>.</returns>
    /// <exception cref="ArgumentException">The windows don't divide the memory.</exception>
    public override Tensor forward(Tensor memories, Tensor position)
    {
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        if (latents is not null) parts.Add(Global(memories, position, latents));
        if (latents_2d is not null) parts.Add(Local(memories, latents_2d));
        return cat(parts, 1).MoveToOuterDisposeScope();
    }

    /// <summary>The position encoding of the tokens, <c>[1, L, Cm]</c>, float32: zeros for those without a place.</summary>
    public virtual Tensor Position(Device device)
    {
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        if (latents is not null) parts.Add(zeros(1, _config.NumLatents, _config.Dim, device: device));
        if (latents_2d is not null) parts.Add(position_encoding.Encode(_config.Side, _config.Side, device).flatten(2).transpose(1, 2));
        return cat(parts, 1).MoveToOuterDisposeScope();
    }

    private Tensor Global(Tensor memories, Tensor position, Tensor start)
    {
        using var scope = NewDisposeScope();
        var tokens = memories.flatten(2).transpose(1, 2);
        // In the public code the positions of the memory count whatever pos_enc_at_key_value says; its published model sets it.
        var places = position.flatten(2).transpose(1, 2);
        var x = start.unsqueeze(0).expand(memories.size(0), -1, -1);
        foreach (var layer in layers) x = layer.call(x, tokens, places);
        return norm.call(x).MoveToOuterDisposeScope();
    }

    /// <summary>Every latent attends to the tokens of its own window, without their positions, which the latent has learned.</summary>
    private Tensor Local(Tensor memories, Tensor start)
    {
        using var scope = NewDisposeScope();
        var (batch, channels, height, width) = (memories.size(0), memories.size(1), memories.size(2), memories.size(3));
        long side = _config.Side;
        if (height != width || height % side != 0)
            throw new ArgumentException($"A memory has {width} by {height} tokens; the {side} by {side} windows of the spatial perceiver must divide a square. Its image size must be a multiple of {16 * side}.", nameof(memories));
        var tokens = WindowPartition.Partition(memories.permute(0, 2, 3, 1), height / side).flatten(1, 2);
        var x = start.unsqueeze(0).expand(batch, -1, -1).reshape(-1, 1, channels);
        foreach (var layer in layers) x = layer.call(x, tokens, null);
        return norm.call(x.view(batch, side * side, channels)).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// A layer of <see cref="PerceiverResampler"/>: latents attend to a memory and, where the configuration says so, to each other
/// (sam2/modeling/perceiver.py, <c>PerceiverEncoderLayer</c>).
/// </summary>
public class PerceiverEncoderLayer : nn.Module<Tensor, Tensor, Tensor?, Tensor>
{
    private readonly PerceiverAttention attn;
    private readonly Sequential ff;
    private readonly LatentAttention? self_attn;
    private readonly Sequential? self_ff;
    private readonly DropoutLayer dropout;

    /// <summary>Builds the layer with freshly initialised weights.</summary>
    public PerceiverEncoderLayer(PerceiverConfig config) : base(nameof(PerceiverEncoderLayer))
    {
        attn = new PerceiverAttention(config);
        ff = FeedForward(config);
        if (config.UseSelfAttn)
        {
            self_attn = new LatentAttention(config);
            self_ff = FeedForward(config);
        }
        dropout = new DropoutLayer(config.HiddenDropoutP);
        RegisterComponents();
    }

    /// <summary>Lets latents attend.</summary>
    /// <param name="latents"><c>[B, L, Cm]</c>.</param>
    /// <param name="tokens">The memory, <c>[B, N, Cm]</c>.</param>
    /// <param name="position">Its position encoding, <c>[1 or B, N, Cm]</c>, or null for none.</param>
    /// <returns><c>[B, L, Cm]</c>.</returns>
    public override Tensor forward(Tensor latents, Tensor tokens, Tensor? position)
    {
        using var scope = NewDisposeScope();
        var x = dropout.call(latents.Plus(attn.call(latents, tokens, position)));
        x = x.Plus(ff.call(x));
        if (self_attn is not null && self_ff is not null)
        {
            x = x.Plus(self_attn.call(x));
            x = x.Plus(self_ff.call(x));
        }
        return x.MoveToOuterDisposeScope();
    }

    private static Sequential FeedForward(PerceiverConfig config)
    {
        long hidden = (long)(config.Dim * config.FfMult);
        return nn.Sequential(
            nn.LayerNorm(config.Dim), nn.Linear(config.Dim, hidden, hasBias: false), nn.GELU(), nn.Linear(hidden, config.Dim, hasBias: false));
    }
}

/// <summary>Attention from latents to a memory (sam2/modeling/perceiver.py, <c>PerceiverAttention</c>).</summary>
public class PerceiverAttention : nn.Module<Tensor, Tensor, Tensor?, Tensor>
{
    private readonly LayerNorm norm_x, norm_latents;
    private readonly Linear to_q, to_kv, to_out;
    private readonly PerceiverConfig _config;

    /// <summary>Builds the attention with freshly initialised weights.</summary>
    public PerceiverAttention(PerceiverConfig config) : base(nameof(PerceiverAttention))
    {
        _config = config;
        var inner = config.DimHead * config.Heads;
        norm_x = nn.LayerNorm(config.Dim);
        norm_latents = nn.LayerNorm(config.Dim);
        to_q = nn.Linear(config.Dim, inner, hasBias: false);
        to_kv = nn.Linear(config.Dim, 2 * inner, hasBias: false);
        to_out = nn.Linear(inner, config.Dim, hasBias: false);
        RegisterComponents();
    }

    /// <summary>Lets latents attend; positions are added to keys and values.</summary>
    /// <param name="latents"><c>[B, L, Cm]</c>.</param>
    /// <param name="tokens">The memory, <c>[B, N, Cm]</c>.</param>
    /// <param name="position">Its position encoding, <c>[B, N, Cm]</c>, or null for none.</param>
    /// <returns><c>[B, L, Cm]</c>.</returns>
    public override Tensor forward(Tensor latents, Tensor tokens, Tensor? position)
    {
        using var scope = NewDisposeScope();
        var (normed, x) = (norm_latents.call(latents), norm_x.call(tokens));
        var pair = to_kv.call(_config.ConcatKvLatents ? cat([x, normed], 1) : x).chunk(2, -1);
        var (keys, values) = (pair[0], pair[1]);
        if (position is not null) (keys, values) = (keys.Plus(position), values.Plus(position));
        return to_out.call(LatentAttention.Attend(to_q.call(normed), keys, values, _config, training)).MoveToOuterDisposeScope();
    }
}

/// <summary>Attention of latents to each other (sam2/modeling/perceiver.py, <c>Attention</c>).</summary>
public class LatentAttention : nn.Module<Tensor, Tensor>
{
    private readonly LayerNorm norm;
    private readonly Linear to_q, to_kv, to_out;
    private readonly PerceiverConfig _config;

    /// <summary>Builds the attention with freshly initialised weights.</summary>
    public LatentAttention(PerceiverConfig config) : base(nameof(LatentAttention))
    {
        _config = config;
        var inner = config.DimHead * config.Heads;
        norm = nn.LayerNorm(config.Dim);
        to_q = nn.Linear(config.Dim, inner, hasBias: false);
        to_kv = nn.Linear(config.Dim, 2 * inner, hasBias: false);
        to_out = nn.Linear(inner, config.Dim, hasBias: false);
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, L, Cm]</c> to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var normed = norm.call(x);
        var pair = to_kv.call(normed).chunk(2, -1);
        return to_out.call(Attend(to_q.call(normed), pair[0], pair[1], _config, training)).MoveToOuterDisposeScope();
    }

    /// <summary>Multi-head attention of <c>[B, L, heads · c]</c> to keys and values <c>[B, N, heads · c]</c>.</summary>
    internal static Tensor Attend(Tensor q, Tensor k, Tensor v, PerceiverConfig config, bool training)
    {
        using var scope = NewDisposeScope();
        Tensor Heads(Tensor x) => x.reshape(x.size(0), x.size(1), config.Heads, -1).transpose(1, 2);
        var attended = DropoutLayer.Attend(Heads(q), Heads(k), Heads(v), training ? config.AttentionDropoutP : 0);
        return attended.transpose(1, 2).flatten(2).MoveToOuterDisposeScope();
    }
}

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
    private protected override IReadOnlyList<(long Start, long Count, long Unplaced)> Parts(long keys, long queries, long numKExcludeRope) =>
        [(0, keys, numKExcludeRope)];

    /// <inheritdoc/>
    private protected override Tensor RotateKeys(Tensor k, long queries, long numKExcludeRope, RotaryPositionEncoding rotary, bool inPlace = false)
    {
        long grid = (long)_keys.Width * _keys.Height, each = _unplaced + grid, spatial = k.size(2) - numKExcludeRope;
        if (spatial < 0 || spatial % each != 0)
        {
            throw new ArgumentException(
                $"{k.size(2)} keys, {numKExcludeRope} of them object pointers, are no whole number of memories, which have {_unplaced} tokens without a place and {grid} with one.", nameof(k));
        }
        if (spatial == 0) return k;

        using var scope = NewDisposeScope();
        var memories = k.narrow(2, 0, spatial).reshape(k.size(0), -1, each, k.size(3));
        var placed = RotaryPositionEncoding.Rotate(memories.narrow(2, _unplaced, grid), rotary[_keys.Width, _keys.Height, k.device]);
        var rotated = cat([memories.narrow(2, 0, _unplaced), placed], 2).reshape(k.size(0), k.size(1), spatial, k.size(3));
        return cat([rotated, k.narrow(2, spatial, numKExcludeRope)], 2).MoveToOuterDisposeScope();
    }
}
