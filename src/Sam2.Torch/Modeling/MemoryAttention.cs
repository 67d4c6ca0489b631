using Sam2.Torch.Configuration;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Conditions a frame's image embedding on the memories of other frames and on object pointers
/// (SAM 2 paper, memory attention; sam2/modeling/memory_attention.py, <c>MemoryAttention</c>).
/// </summary>
public class MemoryAttention : Module<Tensor, Tensor, Tensor, Tensor, long, Tensor>
{
    private readonly MemoryAttentionConfig _config;
    private readonly ModuleList<Module<Tensor, Tensor, Tensor, Tensor, long, Tensor>> layers;
    private readonly LayerNorm norm;

    /// <summary>Builds the stack with freshly initialised weights.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="layer">
    /// Makes the layer of an index, which is called as <see cref="MemoryAttentionLayer.forward"/> is; a
    /// <see cref="MemoryAttentionLayer"/> when null.
    /// </param>
    /// <param name="unplaced">Tokens without a place at the beginning of each memory, for <see cref="AttentionKind.RoPEAttentionV2"/>.</param>
    public MemoryAttention(
        MemoryAttentionConfig config, Func<int, Module<Tensor, Tensor, Tensor, Tensor, long, Tensor>>? layer = null, int unplaced = 0)
        : base(nameof(MemoryAttention))
    {
        _config = config;
        layer ??= _ => new MemoryAttentionLayer(config.Layer, crossAttention: RoPEAttention.Create(config.Layer.CrossAttention, unplaced));
        layers = new([.. Enumerable.Range(0, config.NumLayers).Select(layer)]);
        norm = LayerNorm(config.DModel);
        RegisterComponents();
    }

    /// <summary>Conditions a frame's tokens on memories.</summary>
    /// <param name="current">The frame's tokens, row by row, <c>[B, N, C]</c>; <c>[1, N, C]</c> when B objects share the frame.</param>
    /// <param name="currentPosition">Their position encoding, <c>[1 or B, N, C]</c>.</param>
    /// <param name="memory">Memories, N tokens each, then object pointers, <c>[B, M, Cm]</c>.</param>
    /// <param name="memoryPosition">Their position encoding, <c>[1 or B, M, Cm]</c>.</param>
    /// <param name="numObjPtrTokens">Number of object-pointer tokens at the end of <paramref name="memory"/>.</param>
    /// <returns>Conditioned tokens, <c>[B, N, C]</c>.</returns>
    /// <exception cref="ArgumentException">The batch sizes don't fit.</exception>
    public override Tensor forward(Tensor current, Tensor currentPosition, Tensor memory, Tensor memoryPosition, long numObjPtrTokens = 0)
    {
        if (current.size(0) != 1 && current.size(0) != memory.size(0))
        {
            throw new ArgumentException(
                $"The frame's tokens have batch {current.size(0)}, the memories {memory.size(0)}: they must agree, or the frame's be 1.",
                nameof(current));
        }

        using var scope = NewDisposeScope();
        var x = _config.PosEncAtInput ? current.Plus(currentPosition.Times(0.1)) : current;
        foreach (var layer in layers) x = layer.call(x, memory, currentPosition, memoryPosition, numObjPtrTokens);
        return norm.call(x).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// One layer of the memory attention: self-attention among the frame's tokens, cross-attention to the memories, and an MLP,
/// each pre-normalised and residual (sam2/modeling/memory_attention.py, <c>MemoryAttentionLayer</c>).
/// </summary>
public class MemoryAttentionLayer : Module<Tensor, Tensor, Tensor, Tensor, long, Tensor>
{
    private readonly MemoryAttentionLayerConfig _config;
    private readonly Activation _activation;
    private readonly Module<Tensor, Tensor, Tensor, long, Tensor> self_attn;
    private readonly Module<Tensor, Tensor, Tensor, long, Tensor> cross_attn_image;
    private readonly LinearLayer linear1, linear2;
    private readonly LayerNorm norm1, norm2, norm3;
    private readonly DropoutLayer dropout, dropout1, dropout2, dropout3;

    /// <summary>Builds the layer with freshly initialised weights.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="selfAttention">
    /// Attention among the frame's tokens, called as <see cref="RoPEAttention.forward"/> is; of the configured kind when null.
    /// </param>
    /// <param name="crossAttention">Attention from the frame's tokens to the memories, likewise.</param>
    /// <exception cref="ArgumentException">The activation is neither <c>relu</c> nor <c>gelu</c>.</exception>
    public MemoryAttentionLayer(
        MemoryAttentionLayerConfig config,
        Module<Tensor, Tensor, Tensor, long, Tensor>? selfAttention = null,
        Module<Tensor, Tensor, Tensor, long, Tensor>? crossAttention = null) : base(nameof(MemoryAttentionLayer))
    {
        _config = config;
        _activation = Activations.Parse(config.Activation);
        self_attn = selfAttention ?? RoPEAttention.Create(config.SelfAttention);
        cross_attn_image = crossAttention ?? RoPEAttention.Create(config.CrossAttention);
        linear1 = new LinearLayer(config.DModel, config.DimFeedforward);
        linear2 = new LinearLayer(config.DimFeedforward, config.DModel);
        norm1 = LayerNorm(config.DModel);
        norm2 = LayerNorm(config.DModel);
        norm3 = LayerNorm(config.DModel);
        dropout = new DropoutLayer(config.Dropout);
        dropout1 = new DropoutLayer(config.Dropout);
        dropout2 = new DropoutLayer(config.Dropout);
        dropout3 = new DropoutLayer(config.Dropout);
        RegisterComponents();
    }

    /// <summary>Conditions tokens on memories.</summary>
    /// <param name="target">
    /// The frame's tokens, <c>[B, N, C]</c>; <c>[1, N, C]</c> when they are still the same for all B objects, whose self-attention
    /// is then computed once.
    /// </param>
    /// <param name="memory">Memories and object pointers, <c>[B, M, Cm]</c>.</param>
    /// <param name="position">Position encoding of the tokens, <c>[1 or B, N, C]</c>.</param>
    /// <param name="memoryPosition">Position encoding of the memories, <c>[1 or B, M, Cm]</c>.</param>
    /// <param name="numObjPtrTokens">Number of object-pointer tokens at the end of <paramref name="memory"/>.</param>
    /// <returns><c>[B, N, C]</c>.</returns>
    public override Tensor forward(Tensor target, Tensor memory, Tensor position, Tensor memoryPosition, long numObjPtrTokens)
    {
        using var scope = NewDisposeScope();
        var isShared = target.size(0) == 1;
        if (isShared) target = SelfAttend(target, position);
        return Pieces.ByIndex(memory, this, i =>
        {
            using var one = NewDisposeScope();
            var x = isShared ? target : SelfAttend(Pieces.Of(target, i), Pieces.Of(position, i));
            return Attend(x, Pieces.Of(memory, i), Pieces.Of(position, i), Pieces.Of(memoryPosition, i), numObjPtrTokens).MoveToOuterDisposeScope();
        }).MoveToOuterDisposeScope();
    }

    private Tensor SelfAttend(Tensor x, Tensor position)
    {
        using var scope = NewDisposeScope();
        var normed = norm1.call(x);
        var placed = _config.PosEncAtAttn ? normed.Plus(position) : normed;
        return x.Plus(dropout1.call(self_attn.call(placed, placed, normed, 0))).MoveToOuterDisposeScope();
    }

    /// <summary>What follows the self-attention.</summary>
    private Tensor Attend(Tensor x, Tensor memory, Tensor position, Tensor memoryPosition, long numObjPtrTokens)
    {
        using var scope = NewDisposeScope();
        var normed = norm2.call(x);
        x = x.Plus(dropout2.call(cross_attn_image.call(
            _config.PosEncAtCrossAttnQueries ? normed.Plus(position) : normed,
            _config.PosEncAtCrossAttnKeys ? memory.Plus(memoryPosition) : memory,
            memory,
            numObjPtrTokens)));

        // The hidden layer of 1024 tokens is 8 MB, as blocks of attention are; that of all would be 33.
        return Pieces.ByRows(x, this, rows: 1024, Feedforward).MoveToOuterDisposeScope();
    }

    private Tensor Feedforward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var hidden = _activation.After(linear1, norm3.call(x));
        return x.Plus(dropout3.call(linear2.call(dropout.call(hidden)))).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Attention with rotary position encoding of queries and keys (sam2/modeling/sam/transformer.py, <c>RoPEAttention</c>).
/// Keys may be several grids one after the other, such as memories, followed by tokens without a place, such as object
/// pointers, which aren't rotated. With <see cref="AttentionConfig.Rope"/> off nothing is rotated: the original's plain
/// <c>Attention</c>.
/// </summary>
public class RoPEAttention : Module<Tensor, Tensor, Tensor, long, Tensor>
{
    private readonly LinearLayer q_proj, k_proj, v_proj, out_proj;
    private readonly AttentionConfig _config;
    private readonly RotaryPositionEncoding? _rotary;

    /// <summary>Builds the layer with freshly initialised projections.</summary>
    /// <exception cref="ArgumentException">The heads don't divide the channels.</exception>
    public RoPEAttention(AttentionConfig config) : base(nameof(RoPEAttention))
    {
        _config = config;
        var internalDim = config.EmbeddingDim / config.DownsampleRate;
        if (internalDim % config.NumHeads != 0)
            throw new ArgumentException($"{config.NumHeads} attention heads don't divide {internalDim} channels.", nameof(config));

        var kvDim = config.KvInDim ?? config.EmbeddingDim;
        if (config.Rope) _rotary = new RotaryPositionEncoding(internalDim / config.NumHeads, config.RopeTheta);
        q_proj = new LinearLayer(config.EmbeddingDim, internalDim);
        k_proj = new LinearLayer(kvDim, internalDim);
        v_proj = new LinearLayer(kvDim, internalDim);
        out_proj = new LinearLayer(internalDim, config.EmbeddingDim);
        RegisterComponents();
    }

    /// <summary>The attention of the kind that a configuration asks for.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="unplaced">Tokens without a place at the beginning of each memory, for <see cref="AttentionKind.RoPEAttentionV2"/>.</param>
    /// <exception cref="ArgumentException">The heads don't divide the channels.</exception>
    public static RoPEAttention Create(AttentionConfig config, int unplaced = 0) => config.Kind switch
    {
        AttentionKind.RoPEAttentionV2 => new RoPEAttentionV2(config, unplaced),
        AttentionKind.EfficientRoPEAttention1 or AttentionKind.EfficientRoPEAttention2 => new EfficientRoPEAttention(config),
        _ => new RoPEAttention(config),
    };

    /// <summary>Attends from queries to keys.</summary>
    /// <param name="query">
    /// <c>[B, N, C]</c>, or <c>[1, N, C]</c> when it is the same for the whole batch. N is the configured grid, or else a square.
    /// </param>
    /// <param name="key"><c>[B, M, Ckv]</c>.</param>
    /// <param name="value"><c>[B, M, Ckv]</c>.</param>
    /// <param name="numKExcludeRope">Number of keys at the end that have no place and aren't rotated.</param>
    /// <returns><c>[B, N, C]</c>.</returns>
    /// <exception cref="ArgumentException">N isn't a grid, or M isn't what the rotation can cover.</exception>
    public override Tensor forward(Tensor query, Tensor key, Tensor value, long numKExcludeRope)
    {
        using var scope = NewDisposeScope();
        var q = SeparateHeads(q_proj.call(query));
        if (IsWorthBlocks(key)) return out_proj.call(v_proj.call(AttendInBlocks(q, key, value, numKExcludeRope))).MoveToOuterDisposeScope();

        var k = SeparateHeads(k_proj.call(key));
        if (_rotary is not null) (q, k) = (RotateQueries(q, _rotary), RotateKeys(k, q.size(2), numKExcludeRope, _rotary));
        var attended = Attend(q.expand(key.size(0), -1, -1, -1), k, SeparateHeads(v_proj.call(value)), numKExcludeRope);
        return out_proj.call(attended.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    /// <summary>What queries <c>[B, heads, N, c]</c> make of rotated keys and of values, <c>[B, heads, M, c]</c>: <c>[B, heads, N, c]</c>.</summary>
    private protected virtual Tensor Attend(Tensor q, Tensor k, Tensor v, long numKExcludeRope) =>
        training && _config.Dropout > 0 ? DropoutLayer.Attend(q, k, v, _config.Dropout) : BlockwiseAttention.AttendHeads(q, k, v);

    /// <summary>
    /// On a CPU, memories are attended to as they are, 64 channels wide, and what is attended is projected to 256: the same result
    /// as with projected values, since weights sum to 1, in three fifths of the time (4.9 against 8.7 sg for 28,736 keys).
    /// </summary>
    private protected virtual bool IsWorthBlocks(Tensor key) =>
        _config.NumHeads == 1 && !is_grad_enabled() && !(training && _config.Dropout > 0)
        && key.device_type == DeviceType.CPU && key.dtype is ScalarType.Float32 or ScalarType.BFloat16 && key.size(2) < v_proj.Weight.size(0)
        && !ForwardHooks.AreIn(k_proj, v_proj);

    /// <summary>
    /// One object and some memories after the other, so that no more keys are in memory: all 28,736 of a full memory bank take 29 MB, and blocks of that size leave gaps in
    /// the heap that little else fits into.
    /// </summary>
    /// <returns><c>[B, N, Ckv]</c>: values, weighted but not yet projected.</returns>
    private Tensor AttendInBlocks(Tensor q, Tensor key, Tensor value, long numKExcludeRope)
    {
        var queries = q.size(2);
        var parts = Parts(key.size(1), queries, numKExcludeRope);
        // In float32 whatever the model's type: a step of the tiny model in bfloat16 takes 1.5 s instead of 3.8 (AMD's Zen 5, 2 cores).
        q = q.to(float32);
        if (_rotary is not null) q = RotateQueries(q, _rotary);
        var attended = new List<Tensor>();
        for (long i = 0; i < key.size(0); i++)
        {
            attended.Add(BlockwiseAttention.Attend(q[q.size(0) == 1 ? 0 : i, 0], value.size(2), parts.Count, index =>
            {
                var (start, count, unplaced) = parts[index];
                var k = SeparateHeads(k_proj.call(key.narrow(0, i, 1).narrow(1, start, count))).to(float32);
                if (_rotary is not null) k = RotateKeys(k, queries, unplaced, _rotary, inPlace: true);
                return (k[0, 0], value[i].narrow(0, start, count).to(float32));
            }));
        }
        return stack(attended).to(key.dtype);
    }

    /// <summary>Divides keys into parts that can be rotated by themselves: some grids each, then the keys without a place.</summary>
    /// <param name="keys">Number of keys.</param>
    /// <param name="queries">Number of queries, which is that of a grid.</param>
    /// <param name="numKExcludeRope">Number of keys at the end that have no place.</param>
    private protected virtual IReadOnlyList<(long Start, long Count, long Unplaced)> Parts(long keys, long queries, long numKExcludeRope)
    {
        // 4 MB of 256 channels.
        const long most = 4096;
        var placed = KeysWithPlace(keys, queries, numKExcludeRope);
        var some = Math.Max(1, most / queries) * queries;
        var parts = new List<(long, long, long)>();
        for (long start = 0; start < placed; start += some) parts.Add((start, Math.Min(some, placed - start), 0));
        if (numKExcludeRope > 0) parts.Add((placed, numKExcludeRope, numKExcludeRope));
        return parts;
    }

    /// <summary>Number of keys that have a place.</summary>
    /// <exception cref="ArgumentException">It isn't what the rotation can cover.</exception>
    private long KeysWithPlace(long keys, long queries, long numKExcludeRope)
    {
        var placed = keys - numKExcludeRope;
        if (placed < 0 || (placed != queries && placed != 0 && !_config.RopeKRepeat))
        {
            throw new ArgumentException(
                $"{keys} keys, {numKExcludeRope} of them without place, don't fit {queries} queries; " +
                "keys of several grids need RopeKRepeat.", "key");
        }
        return placed;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _rotary?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Rotates queries, <c>[B, heads, N, C]</c>.</summary>
    private Tensor RotateQueries(Tensor q, RotaryPositionEncoding rotary)
    {
        var (width, height) = Grid(q.size(2));
        return RotaryPositionEncoding.Rotate(q, rotary[width, height, q.device]);
    }

    /// <summary>Rotates those of the keys, <c>[B, heads, M, C]</c>, that have a place.</summary>
    /// <param name="k">The keys.</param>
    /// <param name="queries">The number of queries, N.</param>
    /// <param name="numKExcludeRope">Number of keys at the end that have no place.</param>
    /// <param name="rotary">The rotations.</param>
    /// <param name="inPlace">Whether the keys, float32, are nobody else's, so that the result may take their memory.</param>
    private protected virtual Tensor RotateKeys(Tensor k, long queries, long numKExcludeRope, RotaryPositionEncoding rotary, bool inPlace = false)
    {
        var numRope = KeysWithPlace(k.size(2), queries, numKExcludeRope);
        if (numRope == 0) return k;

        var (width, height) = Grid(queries);
        var (placed, rotations) = (k.narrow(2, 0, numRope), rotary[width, height, k.device]);
        if (inPlace)
        {
            RotaryPositionEncoding.RotateInPlace(placed, rotations);
            return k;
        }
        var rotated = RotaryPositionEncoding.Rotate(placed, rotations);
        return numKExcludeRope == 0 ? rotated : cat([rotated, k.narrow(2, numRope, numKExcludeRope)], 2);
    }

    /// <summary>The grid of that many queries: the configured one, or a square.</summary>
    private protected (int Width, int Height) Grid(long tokens)
    {
        var (width, height) = (_config.FeatSizes[0], _config.FeatSizes[1]);
        if (tokens != (long)width * height)
        {
            width = height = (int)Math.Round(Math.Sqrt(tokens));
            if (tokens != (long)width * height)
            {
                throw new ArgumentException(
                    $"{tokens} queries are neither the configured grid {_config.FeatSizes} nor a square.", "query");
            }
        }

        return (width, height);
    }

    private Tensor SeparateHeads(Tensor x) => x.view(x.size(0), x.size(1), _config.NumHeads, -1).transpose(1, 2);
}
