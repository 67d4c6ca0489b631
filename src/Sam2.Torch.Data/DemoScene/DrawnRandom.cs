namespace Sam2.Torch.Data.DemoScene;

/// <summary>Reproducible random numbers (<see cref="SplitMix64"/>) for drawn pictures.</summary>
internal struct DrawnRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The next 64 bits.</summary>
    public ulong NextBits() => SplitMix64.Next(ref _state);

    /// <summary>A number in [0, 1).</summary>
    public double NextDouble() => SplitMix64.NextDouble(ref _state);

    /// <summary>A number in [low, high).</summary>
    public double Between(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>An integer in [0, count).</summary>
    public int Below(int count) => (int)(NextDouble() * count);
}
