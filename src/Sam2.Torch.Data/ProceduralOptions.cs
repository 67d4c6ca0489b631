namespace Sam2.Torch.Data;

/// <summary>What the clips of a <see cref="ProceduralDataset"/> are like. Lengths are shares of the picture's shorter side.</summary>
public sealed record ProceduralOptions
{
    /// <summary>Width in pixels, at least 8.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Height in pixels, at least 8.</summary>
    public int Height { get; init; } = 128;

    /// <summary>Frames per clip; 1 for images.</summary>
    public int FrameCount { get; init; } = 24;

    /// <summary>Fewest objects with masks, at least 1.</summary>
    public int MinObjects { get; init; } = 1;

    /// <summary>Most objects with masks, up to 255.</summary>
    public int MaxObjects { get; init; } = 5;

    /// <summary>Most moving things without masks; they cover objects and look like them.</summary>
    public int MaxDistractors { get; init; } = 3;

    /// <summary>How often an object or distractor looks exactly like another object, in [0, 1].</summary>
    public double TwinProbability { get; init; } = 0.25;

    /// <summary>How often an object has limbs of its own or of other surface, in [0, 1]. Its mask covers them all.</summary>
    public double PartProbability { get; init; } = 0.35;

    /// <summary>How often an object goes away and comes back, and how often it may move beyond the picture's edge, in [0, 1].</summary>
    public double LeaveProbability { get; init; } = 0.2;

    /// <summary>How often an object passes behind another that hides it, where one is in front of it, in [0, 1]. It may get smaller for that.</summary>
    public double HideProbability { get; init; }

    /// <summary>Smallest radius of an object, above 0.</summary>
    public double MinRadius { get; init; } = 0.07;

    /// <summary>Largest radius of an object, at most 1.</summary>
    public double MaxRadius { get; init; } = 0.35;

    /// <summary>Highest steady speed per frame; most objects are far slower.</summary>
    public double Speed { get; init; } = 0.04;

    /// <summary>How far the camera moves; 0 for a camera at rest, 1 for up to a fifth of the picture.</summary>
    public double CameraMotion { get; init; } = 1;

    /// <summary>How much the light changes over time; 0 for constant light.</summary>
    public double LightingChange { get; init; } = 1;

    /// <summary>How much of a cluttered background the things in it would cover side by side.</summary>
    public double Clutter { get; init; } = 1;

    /// <summary>How often a surface has strong colours of unrelated hues, in [0, 1], so that colour doesn't tell what belongs together.</summary>
    public double GarishProbability { get; init; }

    /// <summary>Strongest noise, for intensities in [0, 1].</summary>
    public double Grain { get; init; } = 0.05;

    /// <summary>Refuses options that make no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range; the message names the option.</exception>
    internal void Check()
    {
        RequireRange(nameof(Width), Width, 8, 16384);
        RequireRange(nameof(Height), Height, 8, 16384);
        RequireRange(nameof(FrameCount), FrameCount, 1, int.MaxValue);
        RequireRange(nameof(MinObjects), MinObjects, 1, 255);
        RequireRange(nameof(MaxObjects), MaxObjects, MinObjects, 255);
        RequireRange(nameof(MaxDistractors), MaxDistractors, 0, 1000);
        RequireRange(nameof(TwinProbability), TwinProbability, 0, 1);
        RequireRange(nameof(PartProbability), PartProbability, 0, 1);
        RequireRange(nameof(LeaveProbability), LeaveProbability, 0, 1);
        RequireRange(nameof(HideProbability), HideProbability, 0, 1);
        RequireRange(nameof(MinRadius), MinRadius, 0.001, 1);
        RequireRange(nameof(MaxRadius), MaxRadius, MinRadius, 1);
        RequireRange(nameof(Speed), Speed, 0, 1);
        RequireRange(nameof(CameraMotion), CameraMotion, 0, 4);
        RequireRange(nameof(LightingChange), LightingChange, 0, 4);
        RequireRange(nameof(Clutter), Clutter, 0, 20);
        RequireRange(nameof(GarishProbability), GarishProbability, 0, 1);
        RequireRange(nameof(Grain), Grain, 0, 1);
    }

    private static void RequireRange(string name, double value, double low, double high)
    {
        if (!(value >= low && value <= high))
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}, but must be from {low} to {high}.");
        }
    }
}
