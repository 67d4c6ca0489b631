using System.Numerics;

namespace Sam2.Torch.Training.Batches;

/// <summary>
/// The order in which the videos of several data sets are used: all of them, shuffled, then all of them again in another order.
/// In an epoch, each video of a data set comes as often as the set's repeat factor says. If the factor is not whole, its fraction
/// of the videos comes once more, a different selection in each epoch (training/dataset/utils.py, <c>RepeatFactorWrapper</c>).
/// </summary>
internal sealed class VideoOrder
{
    private readonly ulong _seed;
    private readonly IReadOnlyList<(int Count, double Repeat)> _sets;
    private readonly long[] _starts;

    /// <summary>An order.</summary>
    /// <param name="seed">Chooses it.</param>
    /// <param name="sets">For each data set its number of videos and its repeat factor, above 0.</param>
    /// <exception cref="ArgumentException">No video is left.</exception>
    public VideoOrder(ulong seed, IReadOnlyList<(int Count, double Repeat)> sets)
    {
        (_seed, _sets, _starts) = (seed, sets, new long[sets.Count + 1]);
        for (var i = 0; i < sets.Count; i++)
            _starts[i + 1] = _starts[i] + (long)Math.Round(sets[i].Count * sets[i].Repeat);
        if (EpochLength == 0)
            throw new ArgumentException("There is no video to train on: the data sets are empty, or their repeat factors too small.", nameof(sets));
    }

    /// <summary>How many samples make an epoch.</summary>
    public long EpochLength => _starts[^1];

    /// <summary>Data set and video of a sample, counted from the beginning of the training.</summary>
    public (int Set, int Video) this[long sample]
    {
        get
        {
            var (epoch, place) = Math.DivRem(sample, EpochLength);
            place = Permutation(epoch, 0, EpochLength)[place];
            var set = 0;
            while (place >= _starts[set + 1])
                set++;
            // Copies of one video are neighbours: they all map to one place in the set's own order.
            var video = (long)((place - _starts[set]) / _sets[set].Repeat);
            return (set, (int)Permutation(epoch, set + 1, _sets[set].Count)[Math.Min(video, _sets[set].Count - 1)]);
        }
    }

    private IndexPermutation Permutation(long epoch, int set, long count) =>
        new(count, TrainingRandom.For(_seed, (ulong)epoch, (ulong)set).NextBits());
}

/// <summary>
/// A random order of 0 … count − 1 whose entries are computed one at a time, so that the order of a billion clips takes no
/// memory: a Feistel network over the next power of four, repeated until the result is in range (Black and Rogaway,
/// "Ciphers with Arbitrary Finite Domains", 2002).
/// </summary>
/// <param name="count">How many numbers are ordered, at least 1.</param>
/// <param name="key">Chooses the order.</param>
internal readonly struct IndexPermutation(long count, ulong key)
{
    private const int Rounds = 4;

    private readonly int _halfBits = Math.Max(1, (BitOperations.Log2((ulong)count) / 2) + 1);

    /// <summary>The number at a place of the order.</summary>
    public long this[long place]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(place);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(place, count);
            do
            {
                place = Encrypt((ulong)place);
            }
            while (place >= count);
            return place;
        }
    }

    private long Encrypt(ulong value)
    {
        ulong mask = (1UL << _halfBits) - 1;
        ulong left = value >> _halfBits, right = value & mask;
        for (var round = 0; round < Rounds; round++)
            (left, right) = (right, left ^ (SplitMix64.Mix(SplitMix64.Mix(key + (ulong)round) ^ right) & mask));
        return (long)((left << _halfBits) | right);
    }
}
