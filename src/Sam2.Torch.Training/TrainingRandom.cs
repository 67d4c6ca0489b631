namespace Sam2.Torch.Training;

/// <summary>
/// The random numbers of training. Everything random draws from an instance that is passed to it, so a run is a function of its
/// seed, and restoring <see cref="State"/> continues a sequence exactly. Not safe for several threads at the same time.
/// </summary>
/// <param name="seed">Any number; equal seeds give equal sequences.</param>
public sealed class TrainingRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The state of the generator, which may be saved and set again.</summary>
    public ulong State
    {
        get => _state;
        set => _state = value;
    }

    /// <summary>
    /// A separate sequence for a place in the training, such as (seed, epoch, sample), so that results don't depend on the order or the
    /// number of workers.
    /// </summary>
    public static TrainingRandom For(ulong seed, params ReadOnlySpan<ulong> place)
    {
        var state = SplitMix64.Mix(seed);
        foreach (var key in place) state = SplitMix64.Mix(unchecked(SplitMix64.Next(ref state) + key));
        return new(state);
    }

    /// <summary>The next 64 bits.</summary>
    public ulong NextBits() => SplitMix64.Next(ref _state);

    /// <summary>A number in [0, 1).</summary>
    public double NextDouble() => SplitMix64.NextDouble(ref _state);

    /// <summary>A number in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double Between(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>An integer in [0, <paramref name="count"/>).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not positive.</exception>
    public int Below(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return (int)(NextDouble() * count);
    }

    /// <summary>An integer from <paramref name="first"/> to <paramref name="last"/>, both included.</summary>
    public int IntegerBetween(int first, int last) => first + Below(last - first + 1);

    /// <summary>True with a probability in [0, 1].</summary>
    public bool Chance(double probability) => NextDouble() < probability;

    /// <summary>Draws <paramref name="count"/> different items, or all if there are fewer, in random order.</summary>
    public List<T> Choose<T>(IReadOnlyList<T> items, int count)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var rest = items.ToList();
        var chosen = new List<T>();
        while (chosen.Count < count && rest.Count > 0)
        {
            var i = Below(rest.Count);
            chosen.Add(rest[i]);
            rest.RemoveAt(i);
        }

        return chosen;
    }
}
