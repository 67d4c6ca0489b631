using Sam2.Torch;

namespace Sam2.Fuzz;

/// <summary>Random numbers of one input: the same for the same seed and number, whatever was tried before.</summary>
public sealed class FuzzRandom
{
    private ulong _state;

    /// <summary>Begins the numbers of an input.</summary>
    /// <param name="seed">The seed of the whole run.</param>
    /// <param name="input">The number of the input.</param>
    public FuzzRandom(ulong seed, long input) => _state = SplitMix64.Mix(seed ^ SplitMix64.Mix((ulong)input + 1));

    /// <summary>A whole number from 0 to <paramref name="end"/> − 1.</summary>
    public int Below(int end) => (int)(SplitMix64.Next(ref _state) % (ulong)end);

    /// <summary>A whole number in a range, both ends included.</summary>
    public int Between(int first, int last) => first + Below(last - first + 1);

    /// <summary>True in one of <paramref name="times"/> cases.</summary>
    public bool OneIn(int times) => Below(times) == 0;

    /// <summary>A random byte.</summary>
    public byte Byte() => (byte)SplitMix64.Next(ref _state);

    /// <summary>One of a list.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>A length that is mostly short, and now and then up to <paramref name="longest"/>.</summary>
    public int Length(int longest) => Below(1 + Math.Min(longest, 1 << Below(32 - System.Numerics.BitOperations.LeadingZeroCount((uint)Math.Max(1, longest)))));
}
