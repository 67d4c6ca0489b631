using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Modeling;

/// <summary>Attention some keys at a time against softmax in one piece, in float64.</summary>
public class BlockwiseAttentionTests
{
    private DisposeScope _scope = null!;

    [SetUp]
    public void SetUp()
    {
        _scope = NewDisposeScope();
        manual_seed(3);
    }

    [TearDown]
    public void TearDown() => _scope.Dispose();

    [Test]
    public void Equals_softmax_in_one_piece([Values(1, 300, 5000)] long queries, [Values(1, 512, 1700)] long keys, [Values(0.1, 1, 30)] double scale)
    {
        var (q, k, v) = (randn(queries, 32) * scale, randn(keys, 32) * scale, randn(keys, 12));
        Assert.That(Difference(q, k, v), Is.LessThan(scale > 1 ? 1e-3 : 2e-6));
    }

    [Test]
    public void Several_heads_are_attended_to_as_by_the_kernel([Values(40, 2500)] long tokens, [Values] bool oneDnn, [Values] bool isMklSlow)
    {
        var (q, k, v) = (randn(2, 3, tokens, 16), randn(2, 3, tokens, 16), randn(2, 3, tokens, 8).transpose(2, 3).contiguous().transpose(2, 3));
        using var noGradient = no_grad();
        var before = (OneDnn.Enabled, OneDnn.IsMklSlow);
        try
        {
            (OneDnn.Enabled, OneDnn.IsMklSlow) = (oneDnn, isMklSlow);
            var difference = (BlockwiseAttention.AttendHeads(q, k, v) - nn.functional.scaled_dot_product_attention(q, k, v)).abs().max().item<float>();
            Assert.That(difference, Is.LessThan(2e-6));
        }
        finally
        {
            (OneDnn.Enabled, OneDnn.IsMklSlow) = before;
        }
    }

    [Test]
    public void Scores_of_any_size_give_finite_weights([Values(-1e4, 1e4)] double offset)
    {
        // A common component makes all scores large, of either sign; what tells keys apart stays small.
        var (q, k, v) = (randn(40, 32), randn(2000, 32) * 0.5, randn(2000, 8));
        q.narrow(1, 0, 1).fill_(Math.Sqrt(Math.Abs(offset)));
        k.narrow(1, 0, 1).fill_(Math.Sign(offset) * Math.Sqrt(Math.Abs(offset)));
        Assert.That(Difference(q, k, v), Is.LessThan(2e-3));
    }

    [Test]
    public void Later_keys_may_have_far_larger_scores_than_earlier_ones()
    {
        var (q, v) = (ones(6, 4), randn(3000, 8));
        var k = linspace(-400, 400, 3000).unsqueeze(1).expand(3000, 4).contiguous();
        Assert.That(Difference(q, k, v), Is.LessThan(1e-4));
    }

    [Test]
    public void Keys_may_come_in_parts([Values(0.1, 40)] double first, [Values(0.1, 40)] double second, [Values(-300, 0, 300)] double offset)
    {
        // Scores that need no maximum, then others, or the reverse; all later ones may be far smaller or larger.
        var (q, k, v) = (randn(2100, 16), cat([randn(700, 16) * first, randn(1500, 16) * second]), randn(2200, 8));
        q.narrow(1, 0, 1).fill_(4);
        k.narrow(0, 700, 1500).narrow(1, 0, 1).add_(offset);
        (long Start, long Count)[] parts = [(0, 1), (1, 699), (700, 1500)];
        var result = BlockwiseAttention.Attend(q, 8, parts.Length, i => (k.narrow(0, parts[i].Start, parts[i].Count), v.narrow(0, parts[i].Start, parts[i].Count)));
        var weights = q.to(float64).matmul(k.to(float64).t()).div(4).softmax(1);
        Assert.That((result - weights.matmul(v.to(float64))).abs().max().item<double>(), Is.LessThan(1e-3));
    }

    [Test]
    public void A_query_that_is_not_a_number_spoils_only_its_own_result([Values(1, 50)] double scale)
    {
        var (q, k, v) = (randn(10, 16) * scale, randn(600, 16) * scale, randn(600, 8));
        q[4].fill_(double.NaN);
        var bad = BlockwiseAttention.Attend(q, k, v).isnan().any(1);
        Assert.That(bad.data<bool>().ToArray(), Is.EqualTo(Enumerable.Range(0, 10).Select(i => i == 4)));
    }

    [Test]
    public void Memories_are_attended_to_as_in_training([Values(1, 3)] long objects, [Values] bool sharedQueries, [Values(6, 48)] int side)
    {
        var config = new AttentionConfig { EmbeddingDim = 32, NumHeads = 1, KvInDim = 8, FeatSizes = [side, side], RopeKRepeat = true };
        using var attention = new RoPEAttention(config);
        attention.eval();
        var (query, memory) = (randn(sharedQueries ? 1 : objects, side * side, 32), randn(objects, 3 * side * side + 5, 8));
        var projected = attention.call(query, memory, memory, 5);
        using var inference = inference_mode();
        var blockwise = attention.call(query, memory, memory, 5);
        Assert.That(blockwise.shape, Is.EqualTo(projected.shape));
        Assert.That((blockwise - projected).abs().max().item<float>(), Is.LessThan(1e-6));
    }

    [Test]
    public void A_frame_is_conditioned_as_in_training([Values(1, 2)] long objects)
    {
        using var attention = new MemoryAttention(Sam2Presets.ByName["sam2.1_hiera_t"].MemoryAttention with { NumLayers = 2 });
        attention.eval();
        const long tokens = 40 * 40;
        var (current, memory) = (randn(1, tokens, 256), randn(objects, 2 * tokens + 8, 64));
        var (position, memoryPosition) = (randn(1, tokens, 256), randn(1, 2 * tokens + 8, 64));
        var whole = attention.call(current, position, memory, memoryPosition, 8);
        using var inference = inference_mode();
        var pieces = attention.call(current, position, memory, memoryPosition, 8);
        Assert.That(pieces.shape, Is.EqualTo(whole.shape));
        Assert.That((pieces - whole).abs().max().item<float>(), Is.LessThan(1e-5));
    }

    private static double Difference(Tensor q, Tensor k, Tensor v)
    {
        var weights = q.to(float64).matmul(k.to(float64).t()).div(Math.Sqrt(q.shape[1])).softmax(1);
        return (BlockwiseAttention.Attend(q, k, v) - weights.matmul(v.to(float64))).abs().max().item<double>();
    }
}
