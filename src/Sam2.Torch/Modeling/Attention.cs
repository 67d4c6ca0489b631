using System.Collections.Concurrent;
using System.Reflection;
using Sam2.Torch.Configuration;
using Sam2.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Multi-head attention of the two-way transformer, whose projections may be narrower than the embedding
/// (sam2/modeling/sam/transformer.py, <c>Attention</c>). The memory attention has <see cref="RoPEAttention"/>.
/// </summary>
public class Attention : nn.Module<Tensor, Tensor, Tensor, Tensor>
{
    private readonly LinearLayer q_proj;
    private readonly LinearLayer k_proj;
    private readonly LinearLayer v_proj;
    private readonly LinearLayer out_proj;
    private readonly int _numHeads;
    private readonly double _dropout;

    // Folding multiplies small matrices of the tokens once more, which needs many pixels to pay off.
    private const int FewestPixelsPerToken = 16;

    /// <summary>Builds the attention with freshly initialised weights; the rotary settings of <paramref name="config"/> are not used.</summary>
    /// <exception cref="ArgumentException">The heads do not divide the projected channels.</exception>
    public Attention(AttentionConfig config) : base(nameof(Attention))
    {
        var (dim, kvDim) = (config.EmbeddingDim, config.KvInDim ?? config.EmbeddingDim);
        var inner = dim / config.DownsampleRate;
        if (inner % config.NumHeads != 0)
            throw new ArgumentException($"{config.NumHeads} heads do not divide the {inner} projected channels.");
        q_proj = new LinearLayer(dim, inner);
        k_proj = new LinearLayer(kvDim, inner);
        v_proj = new LinearLayer(kvDim, inner);
        out_proj = new LinearLayer(inner, dim);
        _numHeads = config.NumHeads;
        _dropout = config.Dropout;
        RegisterComponents();
    }

    /// <summary>
    /// Attends from queries to keys. A batch of 1 on one side is shared by all of the other side's, at the cost of one
    /// projection: prompts of one image share the image.
    /// </summary>
    /// <param name="q"><c>[B, N, dim]</c>.</param>
    /// <param name="k"><c>[B, M, kv_dim]</c>.</param>
    /// <param name="v"><c>[B, M, kv_dim]</c>.</param>
    /// <returns><c>[B, N, dim]</c>.</returns>
    public override Tensor forward(Tensor q, Tensor k, Tensor v)
    {
        using var scope = NewDisposeScope();
        if (IsWorthFolding(q, k, v)) return (q.size(1) < k.size(1) ? FromTokens(q, k, v) : ToTokens(q, k, v)).MoveToOuterDisposeScope();

        var batch = Math.Max(q.size(0), k.size(0));
        var attended = DropoutLayer.Attend(
            SeparateHeads(q_proj.call(q), batch),
            SeparateHeads(k_proj.call(k), batch),
            SeparateHeads(v_proj.call(v), batch),
            training ? _dropout : 0);
        return out_proj.call(attended.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    /// <summary><c>[B or 1, N, C]</c> to <c>[B, heads, N, C/heads]</c>.</summary>
    private Tensor SeparateHeads(Tensor x, long batch) =>
        x.unflatten(2, _numHeads, x.size(2) / _numHeads).expand(batch, -1, -1, -1).transpose(1, 2);

    /// <summary>
    /// Between a few tokens and very many pixels, the projections of the pixels cost nearly all of the time. Each is one matrix between two others, so it can be
    /// multiplied with the tokens' side first: N tokens and h heads make h·N rows of it, which is less work than the pixels' h·c
    /// projected channels where N &lt; c, and no projected pixels have to be stored.
    /// </summary>
    private bool IsWorthFolding(Tensor q, Tensor k, Tensor v)
    {
        var (few, many) = (Math.Min(q.size(1), k.size(1)), Math.Max(q.size(1), k.size(1)));
        // Pixels may be shared by prompts, tokens not.
        var shared = q.size(1) < k.size(1) ? q.size(0) < k.size(0) : k.size(0) < q.size(0);
        return !shared && few * FewestPixelsPerToken <= many && few * _numHeads < q_proj.Weight.size(0)
            && !is_grad_enabled() && q.device_type == DeviceType.CPU && q.dtype == float32
            && !(training && _dropout > 0) && !ForwardHooks.AreIn(q_proj, k_proj, v_proj, out_proj);
    }

    /// <summary>
    /// Tokens attend to pixels. softmax(q Kᵀ) V with K = k Wkᵀ + bk and V = v Wvᵀ + bv is (softmax((q Wk) kᵀ) v) Wvᵀ + bv: bk adds the same to all scores of a
    /// token, and weights sum to 1.
    /// </summary>
    private Tensor FromTokens(Tensor q, Tensor k, Tensor v)
    {
        var tokens = q.size(1);
        var folded = PerHead(q_proj.call(q)).Times(Scale).matmul(k_proj.Weight.view(_numHeads, -1, k.size(2))).flatten(1, 2); // [B, heads · N, C]
        var attended = ByPrompt(k, i =>
        {
            using var scope = NewDisposeScope();
            var scores = Scores(Pieces.Of(folded, i), Pieces.Of(k, i));
            Exponentials.KeepExpFast(scores);
            return Product(scores.softmax(2), Pieces.Of(v, i).transpose(1, 2)).MoveToOuterDisposeScope();
        }).unflatten(1, _numHeads, tokens);
        var values = attended.matmul(v_proj.Weight.view(_numHeads, -1, v.size(2)).transpose(1, 2)); // [B, heads, N, c]
        return out_proj.call(values.transpose(1, 2).flatten(2).Plus(v_proj.Bias));
    }

    /// <summary>
    /// Pixels attend to tokens. With Q = q Wqᵀ + bq the scores Q Kᵀ are q (K Wq)ᵀ + (K bq)ᵀ, and what is attended, P V Woᵀ + bo, is P (V Woᵀ) + bo.
    /// </summary>
    private Tensor ToTokens(Tensor q, Tensor k, Tensor v)
    {
        var tokens = k.size(1);
        var keys = PerHead(k_proj.call(k)).Times(Scale);
        var folded = keys.matmul(q_proj.Weight.view(_numHeads, -1, q.size(2))).flatten(1, 2); // [B, heads · N, C]
        var offsets = keys.matmul(q_proj.Bias.view(_numHeads, -1, 1)).view(-1, _numHeads * tokens, 1);
        var values = PerHead(v_proj.call(v)).matmul(out_proj.Weight.view(out_proj.Weight.size(0), _numHeads, -1).permute(1, 2, 0));
        // Weights sum to 1 in the first head as in all others, which adds the bias without another pass over the pixels.
        values.select(1, 0).AddInPlace(out_proj.Bias);
        values = values.flatten(1, 2); // [B, heads · N, C]
        // Pixels that all prompts share need one product for them.
        var shared = q.size(0) == 1 ? Weights(folded, q, offsets) : null;
        return ByPrompt(k, i =>
        {
            using var scope = NewDisposeScope();
            var weights = shared is null ? Weights(Pieces.Of(folded, i), Pieces.Of(q, i), Pieces.Of(offsets, i)) : Pieces.Of(shared, i);
            return Product(weights.transpose(1, 2), Pieces.Of(values, i).transpose(1, 2)).MoveToOuterDisposeScope();
        });

        Tensor Weights(Tensor folded, Tensor pixels, Tensor offsets)
        {
            var scores = Scores(folded, pixels).AddInPlace(offsets);
            Exponentials.KeepExpFast(scores);
            // Over the last dimension, of 8 tokens, libtorch's softmax takes 2.5 ms for 4096 pixels; over another one 0.1.
            return scores.unflatten(1, _numHeads, tokens).softmax(2).flatten(1, 2);
        }
    }

    /// <summary>
    /// All prompts at once, or one after the other where that lets oneDNN multiply: 64 clicks take 21.2 instead of 23.7 sg on AMD's Zen 4, and 23.3 instead of 19.4 on
    /// an Intel server.
    /// </summary>
    private Tensor ByPrompt(Tensor batch, Func<long, Tensor> compute) => OneDnn.IsMklSlow ? Pieces.ByIndex(batch, this, compute) : compute(Pieces.All);

    /// <summary>
    /// The scores of tokens <c>[B, N, C]</c> for pixels <c>[B or 1, M, C]</c>. oneDNN multiplies the few rows of one prompt faster as columns: in 0.96 instead of 1.23 ms on AMD's
    /// Zen 4, the transposition included.
    /// </summary>
    private static Tensor Scores(Tensor tokens, Tensor pixels) =>
        OneDnn.IsMklSlow && tokens.size(0) == 1 ? Product(pixels, tokens).transpose(1, 2).contiguous() : Product(tokens, pixels);

    /// <summary>
    /// <paramref name="left"/> · <paramref name="right"/>ᵀ, for <c>[B or 1, N, K]</c> and <c>[B or 1, M, K]</c>. A matrix on the right that all share makes it one large
    /// product. 4096 × 64 × 256 takes MKL 1.0 ms on AMD's Zen 4, and oneDNN 0.7.
    /// </summary>
    private static Tensor Product(Tensor left, Tensor right)
    {
        if (right.size(0) > 1) return left.expand(right.size(0), -1, -1).bmm(right.transpose(1, 2));
        using var scope = NewDisposeScope();
        var matrix = right[0];
        if (!OneDnn.IsMklSlow || !OneDnn.IsUsable(left, matrix)) return left.matmul(matrix.t()).MoveToOuterDisposeScope();
        // oneDNN needs rows that lie in order. libtorch transposes a single matrix by squares: 64 × 4096 in 0.16 ms, one of a batch in 0.25.
        return (left.size(0) == 1 ? OneDnn.Linear(left[0], matrix, bias: null).unsqueeze(0) : OneDnn.Linear(left, matrix, bias: null)).MoveToOuterDisposeScope();
    }

    private double Scale => 1 / Math.Sqrt(q_proj.Weight.size(0) / _numHeads);

    /// <summary><c>[B, N, heads · c]</c> to <c>[B, heads, N, c]</c>.</summary>
    private Tensor PerHead(Tensor x) => x.unflatten(2, _numHeads, x.size(2) / _numHeads).transpose(1, 2);
}

/// <summary>
/// Tells whether somebody watches a module. Inference on a CPU may compute in another order than the modules are written in: in pieces that fit
/// into the processor's cache, or with the weights of two layers multiplied first. Where a forward hook would see the difference, the
/// modules are called one after the other instead, as in training.
/// </summary>
internal static class ForwardHooks
{
    // TorchSharp keeps hooks in four dictionaries of the base class, and has no question for them.
    private static readonly string[] Names = ["pre_hooks", "post_hooks", "module_pre_hooks", "module_post_hooks"];

    private static readonly ConcurrentDictionary<Type, FieldInfo[]> Fields = new();

    /// <summary>Whether one of the modules has a forward hook, of its own or in a part of it.</summary>
    public static bool AreIn(params ReadOnlySpan<nn.Module?> modules)
    {
        foreach (var module in modules)
        {
            if (module is null) continue;
            if (AreOn(module)) return true;
            foreach (var part in module.modules())
                if (AreOn(part)) return true;
        }
        return false;
    }

    /// <summary>Whether the module has one itself.</summary>
    public static bool AreOn(nn.Module module)
    {
        foreach (var field in Fields.GetOrAdd(module.GetType(), FieldsOf))
            if (field.GetValue(module) is not System.Collections.ICollection { Count: 0 }) return true;
        return false;
    }

    private static FieldInfo[] FieldsOf(Type type)
    {
        for (var ancestor = type; ancestor is not null; ancestor = ancestor.BaseType)
        {
            if (ancestor is not { IsGenericType: true, Name: "HookableModule`2" }) continue;
            return [.. Names.Select(name => ancestor.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)).OfType<FieldInfo>()];
        }
        return []; // lists of modules, which nobody calls
    }
}

/// <summary>
/// The efficient cross-attention to memories of EfficientTAM (arXiv 2411.18933, section 3.3;
/// efficient_track_anything/modeling/sam/transformer.py, <c>EfficientRoPEAttention1</c> and <c>2</c>): where there are several memories, their
/// keys and values are averaged over squares of 2×2 tokens. Object pointers, and a memory that is alone, stay as they are.
/// </summary>
/// <remarks>
/// A key that stands for four tokens is to weigh as much as they do, so log 4 is added to its logit. The second kind adds that number to every channel of the
/// key instead, and its published weights are trained with that.
/// </remarks>
public class EfficientRoPEAttention : RoPEAttention
{
    private const int Side = 2;

    private static readonly double LogCount = Math.Log(Side * Side);

    private readonly AttentionConfig _config;

    /// <summary>Builds the layer with freshly initialised projections.</summary>
    /// <param name="config">The architecture; its kind is one of the two.</param>
    /// <exception cref="ArgumentException">The kind is another, or the heads don't divide the channels.</exception>
    public EfficientRoPEAttention(AttentionConfig config) : base(config)
    {
        if (config.Kind is not (AttentionKind.EfficientRoPEAttention1 or AttentionKind.EfficientRoPEAttention2))
            throw new ArgumentException($"The kind of attention is {config.Kind}; averaged memories are {AttentionKind.EfficientRoPEAttention1} and {AttentionKind.EfficientRoPEAttention2}.", nameof(config));
        _config = config;
    }

    // Memories are a quarter as large here, and their keys are no projection of them.
    private protected override bool IsWorthBlocks(Tensor key) => false;

    /// <inheritdoc/>
    private protected override Tensor Attend(Tensor q, Tensor k, Tensor v, long numKExcludeRope)
    {
        var placed = k.size(2) - numKExcludeRope;
        if (!_config.RopeKRepeat || placed <= q.size(2)) return base.Attend(q, k, v, numKExcludeRope);

        using var scope = NewDisposeScope();
        var (width, height) = Grid(q.size(2));
        var averages = Average(k.narrow(2, 0, placed), height, width);
        var shifted = _config.Kind == AttentionKind.EfficientRoPEAttention2;
        var keys = cat([shifted ? averages.Plus(LogCount) : averages, k.narrow(2, placed, numKExcludeRope)], 2);
        var values = cat([Average(v.narrow(2, 0, placed), height, width), v.narrow(2, placed, numKExcludeRope)], 2);
        var dropout = training ? _config.Dropout : 0;
        if (shifted) return DropoutLayer.Attend(q, keys, values, dropout).MoveToOuterDisposeScope();

        var rise = zeros(1, 1, 1, keys.size(2), dtype: q.dtype, device: q.device);
        rise.narrow(3, 0, averages.size(2)).fill_(Scalars.Of(LogCount));
        return DropoutLayer.Attend(q, keys, values, dropout, rise).MoveToOuterDisposeScope();
    }

    /// <summary>Averages grids that lie one after the other, <c>[B, heads, F · H · W, c]</c>, over squares: <c>[B, heads, F · H/2 · W/2, c]</c>.</summary>
    /// <exception cref="ArgumentException">A side of the grid is odd.</exception>
    private static Tensor Average(Tensor tokens, long height, long width)
    {
        if (height % Side != 0 || width % Side != 0)
            throw new ArgumentException($"The grid of memories is {width} by {height}; averages over squares of {Side} by {Side} tokens need even sides.", nameof(tokens));
        var (batch, heads, count, channels) = (tokens.size(0), tokens.size(1), tokens.size(2), tokens.size(3));
        return tokens.reshape(batch, heads, count / (height * width), height / Side, Side, width / Side, Side, channels)
            .mean([4, 6]).reshape(batch, heads, -1, channels);
    }
}
