using System.Numerics;

namespace Sam2.Torch.Training.Batches;

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
