using Sam2.Torch.Data.DemoScene;

namespace Sam2.Torch.Data.Drawn;

/// <summary>A quantity that swings about a mean: Mean + Amplitude · sin(Speed · t + Phase), t in frames.</summary>
internal readonly record struct Oscillation(double Mean, double Amplitude, double Speed, double Phase)
{
    /// <summary>The value at a time.</summary>
    public double At(double time) => Amplitude == 0 ? Mean : Mean + (Amplitude * PortableMath.Sin((Speed * time) + Phase));

    /// <summary>A swing with a random period and phase.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <param name="mean">Mean.</param>
    /// <param name="amplitude">Amplitude.</param>
    /// <param name="shortest">Shortest period in frames.</param>
    /// <param name="longest">Longest period in frames.</param>
    public static Oscillation Random(ref DrawnRandom random, double mean, double amplitude, double shortest, double longest) =>
        new(mean, amplitude, 2 * Math.PI / random.Between(shortest, longest), random.Between(0, 2 * Math.PI));
}
