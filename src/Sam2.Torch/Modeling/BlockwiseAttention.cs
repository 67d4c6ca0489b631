using Sam2.Torch.Runtime;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Attention to very many keys on a CPU, some keys at a time, so that scores never leave the processor's cache. Values may be narrower than keys, as those of
/// memories are before their projection; libtorch's own kernel would keep all scores for them, 0.5 GB at 4096 queries and 28,736 keys.
/// Pure functions, float32, without gradients.
/// </summary>
/// <remarks>
/// Softmax needs no maximum where all scores are small: e^s is then exact to the last bits whatever is subtracted. Where they may not be, the
/// largest score of each row so far is subtracted and what was summed is scaled when it rises (Milakov and Gimelshein, "Online normalizer
/// calculation for softmax", arXiv 1805.02867; Dao et al., "FlashAttention", arXiv 2205.14135).
/// </remarks>
public static class BlockwiseAttention
{
    // A block of scores is 16 MB: 28,736 keys take 270 ms on an Intel server instead of 281 with 8 MB, and 310 with 4; on AMD's Zen 5 216, 227 and 237, and 4096 of 96 channels 20.6 instead of
    // 22.9. Larger blocks take no less. Wide and narrow blocks of a size differ by 3 % at most, but for few rows: 256 × 4,096 takes twice as long.
    private const long RowsPerBlock = 2048, KeysPerBlock = 2048;

    // Weights are powers of 2, for scores times log₂ e: libtorch has its own code for exp2, in half the time of exp, which it leaves to MKL.
    private static readonly double LogE = 1 / Math.Log(2);

    // 2^±86 and sums of millions of them are far inside float32's range, so scores below need no maximum.
    private const float SmallScore = 86;

    // A row's maximum may rise by this much before its sums are scaled.
    private const float Rise = 28;

    /// <summary>softmax(<paramref name="queries"/> · <paramref name="keys"/>ᵀ / √C) · <paramref name="values"/>.</summary>
    /// <param name="queries"><c>[N, C]</c>, float32.</param>
    /// <param name="keys"><c>[M, C]</c>, float32; M is at least 1.</param>
    /// <param name="values"><c>[M, Cv]</c>, float32.</param>
    /// <returns><c>[N, Cv]</c>.</returns>
    public static Tensor Attend(Tensor queries, Tensor keys, Tensor values) => Attend(queries, values.size(1), 1, _ => (keys, values));

    /// <summary>The same with keys that come in parts, each of which is freed before the next is made.</summary>
    /// <param name="queries"><c>[N, C]</c>, float32.</param>
    /// <param name="channels">Channels of the values, Cv.</param>
    /// <param name="parts">Number of parts, at least 1.</param>
    /// <param name="part">Keys <c>[m, C]</c> and values <c>[m, Cv]</c> of a part, by its index.</param>
    /// <returns><c>[N, Cv]</c>.</returns>
    internal static Tensor Attend(Tensor queries, long channels, int parts, Func<int, (Tensor Keys, Tensor Values)> part)
    {
        using var scope = NewDisposeScope();
        var rows = queries.size(0);
        var scaled = queries.Times(LogE / Math.Sqrt(queries.size(1)));
        var largest = LargestNorm(scaled);
        var (sums, totals, shifts) = (zeros([rows, channels], device: queries.device), zeros([rows, 1], device: queries.device), zeros([rows, 1], device: queries.device));
        var subtracts = false;
        for (var i = 0; i < parts; i++)
        {
            using var one = NewDisposeScope();
            var (keys, values) = part(i);
            if (!subtracts && !(largest * LargestNorm(keys) <= SmallScore))
            {
                subtracts = true;
                // After small scores, 0 is what was subtracted. Before anything is summed, 2^−∞ = 0.
                if (i == 0) shifts.fill_(Scalars.Of(double.NegativeInfinity));
            }
            for (long row = 0; row < rows; row += RowsPerBlock)
            {
                using var block = NewDisposeScope();
                var count = Math.Min(RowsPerBlock, rows - row);
                var (some, result) = (scaled.narrow(0, row, count), new WeightedSum(sums.narrow(0, row, count), totals.narrow(0, row, count)));
                if (subtracts) Sum(some, keys, values, result, shifts.narrow(0, row, count));
                else SumSmall(some, keys, values, result);
            }
        }
        return sums.div_(totals).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Attention of several heads, as <c>scaled_dot_product_attention</c> computes it: by that, or head by head in blocks where libtorch's kernel is slow, because
    /// it multiplies by MKL. Of 4096 tokens with 4 heads of 96 channels, AMD's Zen 5 takes 178 ms by the kernel, 143 in blocks; an Intel server 110, and 105 to
    /// 112 in blocks, more where scores are large.
    /// </summary>
    /// <param name="queries"><c>[B, heads, N, C]</c>.</param>
    /// <param name="keys"><c>[B, heads, M, C]</c>.</param>
    /// <param name="values"><c>[B, heads, M, Cv]</c>.</param>
    /// <returns><c>[B, heads, N, Cv]</c>.</returns>
    internal static Tensor AttendHeads(Tensor queries, Tensor keys, Tensor values)
    {
        var isFaster = OneDnn.IsMklSlow && queries.size(2) >= RowsPerBlock && keys.size(2) >= RowsPerBlock && OneDnn.IsUsable(queries, keys);
        if (!isFaster) return nn.functional.scaled_dot_product_attention(queries, keys, values);
        using var scope = NewDisposeScope();
        var attended = empty([.. queries.shape[..3], values.size(3)], queries.dtype, queries.device);
        for (long image = 0; image < queries.size(0); image++)
        {
            for (long head = 0; head < queries.size(1); head++)
            {
                using var one = NewDisposeScope();
                attended[image, head].copy_(Attend(Rows(queries), Rows(keys), Rows(values)));

                Tensor Rows(Tensor tokens) => tokens[image, head].to(float32).contiguous();
            }
        }
        return attended.MoveToOuterDisposeScope();
    }

    private static void SumSmall(Tensor queries, Tensor keys, Tensor values, WeightedSum sum)
    {
        foreach (var (start, count) in KeyBlocks(keys))
        {
            using var scope = NewDisposeScope();
            Exponentials.KeepExp2Fast();
            var weights = Scores(queries, keys.narrow(0, start, count)).exp2_();
            sum.Add(weights, values.narrow(0, start, count));
        }
    }

    /// <param name="queries">Some of the queries, scaled.</param>
    /// <param name="keys">Some of the keys.</param>
    /// <param name="values">Their values.</param>
    /// <param name="sum">What these queries have attended to.</param>
    /// <param name="shift">What is subtracted from their scores, <c>[N, 1]</c>; it is raised in place.</param>
    private static void Sum(Tensor queries, Tensor keys, Tensor values, WeightedSum sum, Tensor shift)
    {
        foreach (var (start, count) in KeyBlocks(keys))
        {
            using var block = NewDisposeScope();
            Exponentials.KeepExp2Fast();
            var scores = Scores(queries, keys.narrow(0, start, count));
            var largest = scores.amax([1], keepdim: true);
            // Not a number either way is not small.
            if (!((largest - shift).max().item<float>() <= Rise))
            {
                var risen = maximum(largest, shift);
                sum.Scale((shift - risen).exp2_());
                shift.copy_(risen);
            }
            sum.Add(scores.sub_(shift).exp2_(), values.narrow(0, start, count));
        }
    }

    private static Tensor Scores(Tensor queries, Tensor keys) =>
        OneDnn.IsUsable(queries, keys) ? OneDnn.Linear(queries, keys, bias: null) : mm(queries, keys.t());

    private static IEnumerable<(long Start, long Count)> KeyBlocks(Tensor keys)
    {
        for (long start = 0; start < keys.size(0); start += KeysPerBlock)
            yield return (start, Math.Min(KeysPerBlock, keys.size(0) - start));
    }

    /// <summary>The length of the longest row. Some rows at a time, so that their squares stay in the cache.</summary>
    private static float LargestNorm(Tensor vectors)
    {
        using var scope = NewDisposeScope();
        var largest = 0f;
        foreach (var (start, count) in KeyBlocks(vectors))
        {
            using var block = NewDisposeScope();
            var some = vectors.narrow(0, start, count);
            // NaN in either is the result.
            largest = Math.Max(largest, (some * some).sum(1).max().item<float>());
        }
        return MathF.Sqrt(largest);
    }

    /// <summary>
    /// What some queries have attended to so far. A column of ones beside the values would sum the weights too, but 2048 × 1024 × 104 takes oneDNN a quarter longer than
    /// 2048 × 1024 × 96, and summing a fortieth of that.
    /// </summary>
    /// <param name="Values">Values times weights, <c>[N, Cv]</c>.</param>
    /// <param name="Weights"><c>[N, 1]</c>.</param>
    private readonly record struct WeightedSum(Tensor Values, Tensor Weights)
    {
        /// <summary>2048 × 1024 × 64 takes MKL 1.16 ms on an Intel server, and oneDNN 0.89; twice that and as much on AMD's Zen 5.</summary>
        public void Add(Tensor weights, Tensor values)
        {
            if (OneDnn.IsUsable(weights, values)) Values.AddInPlace(OneDnn.Linear(weights, values.t(), bias: null));
            else Values.addmm_(weights, values, 1, 1);
            Weights.AddInPlace(weights.sum([1], keepdim: true));
        }

        public void Scale(Tensor factor)
        {
            Values.mul_(factor);
            Weights.mul_(factor);
        }
    }
}
