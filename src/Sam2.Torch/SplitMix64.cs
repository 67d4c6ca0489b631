namespace Sam2.Torch;

/// <summary>
/// The SplitMix64 generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): the same numbers
/// on every machine and .NET version, which <see cref="Random"/> does not promise, from a state of 64 bits.
/// </summary>
public static class SplitMix64
{
    /// <summary>Advances the state and returns the next 64 bits.</summary>
    public static ulong Next(ref ulong state)
    {
        state = unchecked(state + 0x9E3779B97F4A7C15);
        return Mix(state);
    }

    /// <summary>A number in [0, 1) with 53 bits.</summary>
    public static double NextDouble(ref ulong state) => (Next(ref state) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Spreads every bit of <paramref name="z"/> over all bits of the result; one to one.</summary>
    public static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
