using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Dropout (Srivastava et al., 2014): in training, sets elements to zero at random and scales the others to the same mean. As <c>torch.nn.Dropout</c>, except
/// that it is faster on a CPU.
/// </summary>
/// <remarks>
/// libtorch draws its random numbers one by one and on one thread, unless the processor is Intel's: 57 ms for the 1024 × 7168 weights that one layer of the memory
/// attention drops from in a clip of eight frames, where a product of the same size takes 29. So numbers come from a generator of our own, 4 ms, which starts from one
/// number of libtorch's: <c>torch.manual_seed</c> decides what is dropped, and the number of threads does not.
/// </remarks>
public class DropoutLayer : nn.Module<Tensor, Tensor>
{
    private readonly double _probability;

    /// <summary>Builds the layer, which has no parameters.</summary>
    /// <param name="probability">Of an element to be dropped, in [0, 1). On a CPU it is rounded to 1/65536.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability is out of range.</exception>
    public DropoutLayer(double probability) : base(nameof(DropoutLayer))
    {
        RequireProbability(probability);
        _probability = probability;
    }

    /// <summary>Returns <paramref name="x"/>, of any shape, with some elements dropped; in evaluation mode unchanged.</summary>
    public override Tensor forward(Tensor x) => training ? Drop(x, _probability) : x.alias();

    /// <summary>Drops elements of a tensor of any shape.</summary>
    /// <param name="x">The tensor.</param>
    /// <param name="probability">Of an element to be dropped, in [0, 1). On a CPU it is rounded to 1/65536.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability is out of range.</exception>
    public static Tensor Drop(Tensor x, double probability)
    {
        RequireProbability(probability);
        if (probability == 0) return x.alias();
        if (x.device_type != DeviceType.CPU) return F.dropout(x, probability, training: true);
        using var scope = NewDisposeScope();
        return x.masked_fill(RandomMask.Draw(x.shape, probability), Scalars.Of(0f)).Times(Scale(probability)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Attention whose weights are dropped: <c>scaled_dot_product_attention</c>, which has no kernel of its own for that on a CPU. With gradients, 1024 queries and 7168 keys
    /// of 256 channels take 197 ms by this, 303 by that.
    /// </summary>
    /// <param name="queries"><c>[B, heads, N, C]</c>.</param>
    /// <param name="keys"><c>[B, heads, M, C]</c>.</param>
    /// <param name="values"><c>[B, heads, M, Cv]</c>.</param>
    /// <param name="probability">Of a weight to be dropped, in [0, 1).</param>
    /// <param name="bias">Is added to the scores, <c>[B or 1, heads or 1, N or 1, M]</c>; null for nothing.</param>
    /// <returns><c>[B, heads, N, Cv]</c>.</returns>
    internal static Tensor Attend(Tensor queries, Tensor keys, Tensor values, double probability, Tensor? bias = null)
    {
        if (probability == 0 || queries.device_type != DeviceType.CPU)
            return F.scaled_dot_product_attention(queries, keys, values, attn_mask: bias, p: probability);
        using var scope = NewDisposeScope();
        var scores = queries.Times(1 / Math.Sqrt(queries.size(-1))).matmul(keys.transpose(-2, -1));
        var weights = (bias is null ? scores : scores.Plus(bias)).softmax(-1);
        var kept = weights.masked_fill(RandomMask.Draw(weights.shape, probability), Scalars.Of(0f));
        return kept.matmul(values).Times(Scale(probability)).MoveToOuterDisposeScope();
    }

    private static double Scale(double probability) => 1 / (1 - RandomMask.Round(probability));

    private static void RequireProbability(double probability)
    {
        if (probability is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, $"A probability of dropout is {probability}; it must be in [0, 1).");
    }
}

/// <summary>Random tensors of true and false.</summary>
internal static class RandomMask
{
    private const int Levels = 1 << 16;

    /// <summary>Elements that a thread draws at a time, from a seed of their own.</summary>
    private const long Chunk = 1 << 18;

    /// <summary>The probability that <see cref="Draw"/> has for another one.</summary>
    public static double Round(double probability) => (double)Level(probability) / Levels;

    /// <summary>A tensor on the CPU whose elements are true with a probability, independently of each other.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="probability">In [0, 1).</param>
    public static Tensor Draw(long[] shape, double probability)
    {
        using var scope = NewDisposeScope();
        var mask = empty(shape, dtype: torch.@bool);
        var seed = (ulong)randint(long.MaxValue, 1, dtype: int64).item<long>();
        var elements = mask.view(-1);
        var chunks = (mask.NumberOfElements + Chunk - 1) / Chunk;
        Parallel.For(0, chunks, new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() }, i =>
        {
            using var some = elements.narrow(0, i * Chunk, Math.Min(Chunk, elements.NumberOfElements - (i * Chunk)));
            Fill(some.bytes, new SplitMix64(seed + ((ulong)i << 32)), Level(probability));
        });
        return mask.MoveToOuterDisposeScope();
    }

    private static ushort Level(double probability) => (ushort)Math.Min(Math.Round(probability * Levels), Levels - 1);

    private static void Fill(Span<byte> elements, SplitMix64 seeds, ushort level)
    {
        var random = new Xoshiro256(seeds);
        var limit = Vector256.Create(level);
        var one = Vector256.Create((byte)1);
        foreach (ref var some in MemoryMarshal.Cast<byte, Vector256<byte>>(elements)) some = Next();
        var rest = elements[(elements.Length / Vector256<byte>.Count * Vector256<byte>.Count)..];
        for (var (last, i) = (Next(), 0); i < rest.Length; i++) rest[i] = last[i];

        Vector256<byte> Next() => Vector256.Narrow(
            Vector256.LessThan(random.Next().AsUInt16(), limit), Vector256.LessThan(random.Next().AsUInt16(), limit)) & one;
    }

    /// <summary>Four generators side by side: xoshiro256++ (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021).</summary>
    private struct Xoshiro256(SplitMix64 seeds)
    {
        private Vector256<ulong> _0 = seeds.NextFour(), _1 = seeds.NextFour(), _2 = seeds.NextFour(), _3 = seeds.NextFour();

        public Vector256<ulong> Next()
        {
            var result = RotateLeft(_0 + _3, 23) + _0;
            var shifted = _1 << 17;
            _2 ^= _0;
            _3 ^= _1;
            _1 ^= _2;
            _0 ^= _3;
            _2 ^= shifted;
            _3 = RotateLeft(_3, 45);
            return result;
        }

        private static Vector256<ulong> RotateLeft(Vector256<ulong> x, int bits) => (x << bits) | (x >>> (64 - bits));
    }

    /// <summary>Makes many seeds of one (Steele et al., "Fast splittable pseudorandom number generators", 2014).</summary>
    private sealed class SplitMix64(ulong state)
    {
        private ulong _state = state;

        public Vector256<ulong> NextFour() => Vector256.Create(Next(), Next(), Next(), Next());

        private ulong Next()
        {
            _state += 0x9E3779B97F4A7C15;
            var z = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
