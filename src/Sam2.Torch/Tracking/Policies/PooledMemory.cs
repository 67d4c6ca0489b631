using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Tracking.Policies;

/// <summary>The constants of <see cref="PooledMemory"/>.</summary>
public sealed record PooledOptions
{
    /// <summary>Side of the squares of tokens that are merged into one; the paper's 2. 1 merges nothing.</summary>
    public int Pool { get; init; } = 2;
}

/// <summary>
/// SAM 2's memory with the efficient cross-attention of EfficientTAM (Xiong et al., "Efficient Track Anything", arXiv 2411.18933, section 3.3): keys and
/// values of spatial memories are averaged over squares, object pointers stay as they are. It needs no training, so any checkpoint
/// can be used with it, at a loss of quality that docs/memory.md gives.
/// </summary>
/// <remarks>
/// A merged token stands for several: the logarithm of their number is added to its attention logits, which makes attention what it was wherever the merged
/// tokens are equal. The public code adds that number to every component of the key instead.
/// </remarks>
public sealed class PooledMemory : MemoryBank, IMemoryConditioner
{
    private readonly int _pool;
    private RotaryPositionEncoding? _rotary;

    /// <summary>Creates an empty memory.</summary>
    /// <param name="config">The model's architecture.</param>
    /// <param name="options">The constants; the paper's when null.</param>
    /// <exception cref="ArgumentException">A constant is out of range, or the model's memories are no grids of the image's size; the message says which.</exception>
    public PooledMemory(Sam2Config config, PooledOptions? options = null)
        : base(config)
    {
        _pool = (options ?? new()).Pool;
        PolicyRange.Require(nameof(PooledOptions.Pool), _pool, 1, 64);
        if (config.SpatialPerceiver is not null || config.MemoryAttention.Layer.CrossAttention.KSizes is not null)
            throw new ArgumentException("The pooled memory averages memories over squares, but this model's memories are what a spatial perceiver has made of them; use another memory policy.", nameof(config));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The model's memory attention isn't the standard one, so its parts are unknown.</exception>
    public Tensor Condition(Sam2Model model, Tensor imageEmbedding, MemoryTokens memories)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(imageEmbedding);
        ArgumentNullException.ThrowIfNull(memories);
        if (model.MemoryAttention is not MemoryAttention attention)
        {
            throw new InvalidOperationException(
                $"The pooled memory needs the standard memory attention, but this model has a {model.MemoryAttention.GetType().Name}; use another memory policy.");
        }

        using var scope = NewDisposeScope();
        var config = model.Config.MemoryAttention;
        var position = model.ImagePositionEncoding.call(imageEmbedding).flatten(2).transpose(1, 2);
        var x = imageEmbedding.flatten(2).transpose(1, 2);
        if (config.PosEncAtInput) x = x.Plus(position.Times(0.1));
        var layers = Part<nn.Module>(attention, "layers");
        for (var i = 0; i < config.NumLayers; i++)
        {
            var layer = Part<nn.Module>(layers, $"{i}");
            x = Layer(layer, config.Layer, x, position, memories, (imageEmbedding.size(2), imageEmbedding.size(3)));
        }

        return Part<LayerNorm>(attention, "norm").call(x).transpose(1, 2).reshape(imageEmbedding.shape).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _rotary?.Dispose();
        _rotary = null;
        base.Dispose();
    }

    /// <summary>
    /// Averages tokens of grids over squares, and says how many each stands for. At the right and bottom edges of a grid that the squares don't divide they
    /// are cut off.
    /// </summary>
    /// <param name="tokens">Grids one after the other, row by row, <c>[F · H · W, C]</c>.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="pool">Side of the squares.</param>
    /// <returns>Averages <c>[F · H' · W', C]</c>, and counts <c>[F · H' · W']</c>, float32.</returns>
    public static (Tensor Tokens, Tensor Counts) Average(Tensor tokens, long height, long width, int pool)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        using var scope = NewDisposeScope();
        var (grids, channels) = (tokens.size(0) / (height * width), tokens.size(1));
        var maps = tokens.reshape(grids, height, width, channels).permute(0, 3, 1, 2);
        Tensor Pooled(Tensor map) => F.avg_pool2d(map, pool, pool, ceil_mode: true, count_include_pad: false);
        var averages = Pooled(maps).permute(0, 2, 3, 1).reshape(-1, channels);

        // The share of each square that lies inside the grid.
        long rows = (height + pool - 1) / pool, columns = (width + pool - 1) / pool;
        var counts = new float[rows * columns];
        for (var i = 0; i < counts.Length; i++)
            counts[i] = Math.Min(pool, height - i / columns * pool) * Math.Min(pool, width - i % columns * pool);
        var all = tensor(counts, device: tokens.device).repeat(grids);
        return (averages.MoveToOuterDisposeScope(), all.MoveToOuterDisposeScope());
    }

    /// <summary>A <see cref="MemoryAttentionLayer"/> in inference, with pooled cross-attention.</summary>
    private Tensor Layer(
        nn.Module layer, MemoryAttentionLayerConfig config, Tensor x, Tensor position, MemoryTokens memories, (long Height, long Width) grid)
    {
        using var scope = NewDisposeScope();
        var normed = Part<LayerNorm>(layer, "norm1").call(x);
        var placed = config.PosEncAtAttn ? normed.Plus(position) : normed;
        x = x.Plus(Part<nn.Module<Tensor, Tensor, Tensor, long, Tensor>>(layer, "self_attn").call(placed, placed, normed, 0));
        normed = Part<LayerNorm>(layer, "norm2").call(x);
        x = x.Plus(CrossAttention(
            Part<nn.Module>(layer, "cross_attn_image"), config.CrossAttention,
            config.PosEncAtCrossAttnQueries ? normed.Plus(position) : normed,
            config.PosEncAtCrossAttnKeys ? memories.Memory.Plus(memories.Position) : memories.Memory,
            memories.Memory, memories.NumObjPtrTokens, grid));
        var hidden = Linear(layer, "linear1", Part<LayerNorm>(layer, "norm3").call(x));
        hidden = config.Activation == "gelu" ? hidden.gelu() : hidden.relu();
        return x.Plus(Linear(layer, "linear2", hidden)).MoveToOuterDisposeScope();
    }

    /// <summary>Attention of <c>[1, N, C]</c> to <c>[1, M, Cm]</c>, keys rotated before they are pooled, as in the public code.</summary>
    private Tensor CrossAttention(
        nn.Module attention, AttentionConfig config, Tensor query, Tensor key, Tensor value, int pointers, (long Height, long Width) grid)
    {
        using var scope = NewDisposeScope();
        var heads = config.NumHeads;
        Tensor Heads(Tensor t) => t.reshape(t.size(1), heads, -1).transpose(0, 1);
        var (q, k) = (Heads(Linear(attention, "q_proj", query)), Heads(Linear(attention, "k_proj", key)));
        var spatial = k.size(1) - pointers;
        if (config.Rope)
        {
            _rotary ??= new RotaryPositionEncoding(config.EmbeddingDim / config.DownsampleRate / heads, config.RopeTheta);
            var rotations = _rotary[(int)grid.Width, (int)grid.Height, k.device];
            q = RotaryPositionEncoding.Rotate(q.unsqueeze(0), rotations).squeeze(0);
            if (spatial > 0)
                k = cat([RotaryPositionEncoding.Rotate(k.narrow(1, 0, spatial).unsqueeze(0), rotations).squeeze(0), k.narrow(1, spatial, pointers)], 1);
        }

        // With one head, what is attended to can be projected afterwards, as its weights sum to 1: a quarter of the channels.
        var v = heads == 1 ? value : Heads(Linear(attention, "v_proj", value));
        var results = new List<Tensor>();
        for (var head = 0; head < heads; head++) results.Add(Attend(q[head], k[head], v[head], spatial, grid));
        var attended = cat(results, 1).unsqueeze(0);
        return Linear(attention, "out_proj", heads == 1 ? Linear(attention, "v_proj", attended) : attended).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor q, Tensor k, Tensor v, long spatial, (long Height, long Width) grid)
    {
        using var scope = NewDisposeScope();
        var (keys, counts) = Average(k.narrow(0, 0, spatial), grid.Height, grid.Width, _pool);
        var (values, _) = Average(v.narrow(0, 0, spatial), grid.Height, grid.Width, _pool);
        var pointers = k.size(0) - spatial;
        keys = cat([keys, k.narrow(0, spatial, pointers)], 0);
        values = cat([values, v.narrow(0, spatial, pointers)], 0);
        var bias = cat([counts.log(), zeros(pointers, device: k.device)], 0).unsqueeze(1);
        if (keys.device_type == DeviceType.CPU && keys.dtype == float32)
        {
            // The bias as one more channel, which queries have as a constant; eight, because products prefer a multiple.
            double channels = q.size(1), wider = channels + 8;
            var constant = zeros(q.size(0), 8, device: q.device);
            constant.narrow(1, 0, 1).fill_(Scalars.Of(Math.Sqrt(wider)));
            var padding = zeros(keys.size(0), 7, device: q.device);
            return BlockwiseAttention.Attend(cat([q.Times(Math.Sqrt(wider / channels)), constant], 1), cat([keys, bias, padding], 1), values.contiguous())
                .MoveToOuterDisposeScope();
        }

        var logits = q.matmul(keys.t()).to(float32).DividedBy(Math.Sqrt(q.size(1))).Plus(bias.t());
        return logits.softmax(1).to(values.dtype).matmul(values).MoveToOuterDisposeScope();
    }

    private static Tensor Linear(nn.Module owner, string name, Tensor x) => Part<nn.Module<Tensor, Tensor>>(owner, name).call(x);

    /// <summary>A part by its key in the state dict.</summary>
    private static T Part<T>(nn.Module owner, string key)
        where T : nn.Module =>
        owner.named_children().FirstOrDefault(child => child.name == key).module as T
        ?? throw new InvalidOperationException($"The pooled memory needs the standard memory attention, but {owner.GetName()} has no part '{key}' of the kind that it needs; use another memory policy.");
}
