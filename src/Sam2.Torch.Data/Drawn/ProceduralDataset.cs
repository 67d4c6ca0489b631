using System.Collections;
using System.Globalization;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Drawn;

/// <summary>
/// Clips (or images, as clips of one frame) that the project draws itself: textured objects of all shapes over textured
/// backgrounds that move, turn, scale, bend, cover each other, leave and come back, among look-alikes without masks, under a
/// moving camera and changing light, with exact masks. The same seed and index give the same clip on every machine.
/// </summary>
public sealed class ProceduralDataset : IReadOnlyList<IAnnotatedVideo>
{
    private readonly ProceduralOptions _options;
    private readonly ulong _seed;
    private readonly string _prefix;

    /// <summary>A data set of drawn clips.</summary>
    /// <param name="count">Number of clips; clip i is the same whatever the number.</param>
    /// <param name="seed">Chooses the clips. Different seeds share none.</param>
    /// <param name="options">What the clips are like.</param>
    /// <param name="prefix">What the clips' names begin with, so that several data sets can be joined.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range; the message names it.</exception>
    public ProceduralDataset(int count, long seed = 0, ProceduralOptions? options = null, string prefix = "")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _options = options ?? new ProceduralOptions();
        _options.Check();
        _seed = (ulong)seed;
        _prefix = prefix;
        Count = count;
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <summary>A clip. Its frames are drawn when they are asked for; the data set keeps none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such clip.</exception>
    public IAnnotatedVideo this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);

            // Two rounds of mixing: neighbouring seeds and indices must not give related clips.
            ulong mixed = new DrawnRandom(new DrawnRandom(_seed).NextBits() + (ulong)index).NextBits();
            return new ProceduralClip($"{_prefix}{index:D6}", mixed, _options);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<IAnnotatedVideo> GetEnumerator() => Enumerable.Range(0, Count).Select(i => this[i]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>What the clips of a <see cref="ProceduralDataset"/> are like. Lengths are shares of the picture's shorter side.</summary>
public sealed record ProceduralOptions
{
    /// <summary>Width in pixels, at least 8.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Height in pixels, at least 8.</summary>
    public int Height { get; init; } = 128;

    /// <summary>Frames per clip; 1 for images.</summary>
    public int FrameCount { get; init; } = 24;

    /// <summary>Smallest number of objects with masks, at least 1.</summary>
    public int MinObjects { get; init; } = 1;

    /// <summary>Largest number of objects with masks, up to 255.</summary>
    public int MaxObjects { get; init; } = 5;

    /// <summary>Largest number of moving things without masks, which cover objects and look like them.</summary>
    public int MaxDistractors { get; init; } = 3;

    /// <summary>Smallest number of them.</summary>
    public int MinDistractors { get; init; }

    /// <summary>Probability that an object or distractor looks exactly like another object.</summary>
    public double TwinProbability { get; init; } = 0.25;

    /// <summary>Probability that an object has limbs, of its own surface or of another. Its mask covers them all.</summary>
    public double PartProbability { get; init; } = 0.35;

    /// <summary>Probability that an object goes away and comes back, and that it may move beyond the picture's edge.</summary>
    public double LeaveProbability { get; init; } = 0.2;

    /// <summary>Probability that an object passes behind another that hides it, where one is in front of it. It may be made smaller for that.</summary>
    public double HideProbability { get; init; }

    /// <summary>
    /// Probability that something without a mask that looks exactly like an object crosses its path, once for every 24 frames of the clip.
    /// </summary>
    public double CrossingProbability { get; init; }

    /// <summary>
    /// Probability that an object leaves the picture for <see cref="AbsenceFrames"/> frames, beginning in the first sixth of the clip or, if that is sooner, within
    /// 16 frames.
    /// </summary>
    public double AbsenceProbability { get; init; }

    /// <summary>For how many frames such an object is away.</summary>
    public int AbsenceFrames { get; init; } = 300;

    /// <summary>Smallest radius of an object, above 0.</summary>
    public double MinRadius { get; init; } = 0.07;

    /// <summary>Largest radius of an object, at most 1.</summary>
    public double MaxRadius { get; init; } = 0.35;

    /// <summary>Highest steady speed per frame; most objects are far slower.</summary>
    public double Speed { get; init; } = 0.04;

    /// <summary>Lowest steady speed per frame; objects turn round at the picture's edges.</summary>
    public double MinSpeed { get; init; }

    /// <summary>How far the camera moves; 0 for a camera at rest, 1 for up to a fifth of the picture.</summary>
    public double CameraMotion { get; init; } = 1;

    /// <summary>How much the light changes over time; 0 for constant light.</summary>
    public double LightingChange { get; init; } = 1;

    /// <summary>Share of a cluttered background that the things in it would cover if they lay side by side.</summary>
    public double Clutter { get; init; } = 1;

    /// <summary>Probability that a surface has strong colours of unrelated hues, so that colour doesn't tell what belongs together.</summary>
    public double GarishProbability { get; init; }

    /// <summary>Strongest noise, for intensities in [0, 1].</summary>
    public double Grain { get; init; } = 0.05;

    /// <summary>Checks the ranges of the options.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range; the message names the option.</exception>
    internal void Check()
    {
        RequireRange(nameof(Width), Width, 8, 16384);
        RequireRange(nameof(Height), Height, 8, 16384);
        RequireRange(nameof(FrameCount), FrameCount, 1, int.MaxValue);
        RequireRange(nameof(MinObjects), MinObjects, 1, 255);
        RequireRange(nameof(MaxObjects), MaxObjects, MinObjects, 255);
        RequireRange(nameof(MaxDistractors), MaxDistractors, 0, 1000);
        RequireRange(nameof(MinDistractors), MinDistractors, 0, MaxDistractors);
        RequireRange(nameof(TwinProbability), TwinProbability, 0, 1);
        RequireRange(nameof(PartProbability), PartProbability, 0, 1);
        RequireRange(nameof(LeaveProbability), LeaveProbability, 0, 1);
        RequireRange(nameof(HideProbability), HideProbability, 0, 1);
        RequireRange(nameof(CrossingProbability), CrossingProbability, 0, 1);
        RequireRange(nameof(AbsenceProbability), AbsenceProbability, 0, 1);
        RequireRange(nameof(AbsenceFrames), AbsenceFrames, 1, 1_000_000);
        RequireRange(nameof(MinRadius), MinRadius, 0.001, 1);
        RequireRange(nameof(MaxRadius), MaxRadius, MinRadius, 1);
        RequireRange(nameof(Speed), Speed, 0, 1);
        RequireRange(nameof(MinSpeed), MinSpeed, 0, 1);
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

/// <summary>A drawn clip. Its scene is made when it is first needed; the last frame is kept, because its masks are asked for next.</summary>
internal sealed class ProceduralClip(string name, ulong seed, ProceduralOptions options) : IAnnotatedVideo
{
    private readonly Lazy<ProceduralScene> _scene = new(() => SceneGenerator.Create(seed, options));
    private volatile Drawn? _last;

    public string Name { get; } = name;

    public int FrameCount => options.FrameCount;

    public string FrameName(int frame) => Checked(frame).ToString("D5", CultureInfo.InvariantCulture);

    public RgbImage ReadFrame(int frame) => Render(frame).Image.Clone();

    public bool IsAnnotated(int frame) => Checked(frame) >= 0;

    public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame) => Render(frame).Masks();

    private DrawnFrame Render(int frame)
    {
        Checked(frame);
        if (_last is { } last && last.Index == frame)
        {
            return last.Frame;
        }

        var drawn = SceneRenderer.Render(_scene.Value, frame);
        _last = new Drawn(frame, drawn);
        return drawn;
    }

    private int Checked(int frame)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(frame);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frame, FrameCount);
        return frame;
    }

    private sealed record Drawn(int Index, DrawnFrame Frame);
}
