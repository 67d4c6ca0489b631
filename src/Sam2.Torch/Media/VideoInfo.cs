using System.Globalization;

namespace Sam2.Torch.Media;

/// <summary>What is known about a video before its frames are read.</summary>
/// <param name="Width">Width of a frame in pixels, upright.</param>
/// <param name="Height">Height of a frame in pixels, upright.</param>
/// <param name="FrameRate">Average frames per second; null for folders and pictures.</param>
/// <param name="Rotation">Degrees by which the stored frames are turned anticlockwise to be upright (already applied).</param>
/// <param name="Duration">Length, if the file states it.</param>
/// <param name="FrameCount">Number of frames, if the file states it.</param>
public sealed record VideoInfo(int Width, int Height, FrameRate? FrameRate, int Rotation, TimeSpan? Duration, long? FrameCount)
{
    /// <summary>
    /// Width and height of a pixel as it is shown, upright: (1, 1) for square ones; 16:11 for wide ones of PAL. Frames are handed out as they are
    /// stored, so a video of them needs the same pixels to look the same.
    /// </summary>
    public (int Width, int Height) PixelAspect { get; init; } = (1, 1);

    /// <summary>
    /// The unit in which the file counts time, as a fraction of a second: (1, 90000), for example. Null for folders and pictures.
    /// </summary>
    public (int Numerator, int Denominator)? TimeBase { get; init; }

    /// <summary>The number of frames, or an estimate from duration and rate; null if neither is known.</summary>
    public long? ExpectedFrameCount => FrameCount
        ?? (Duration is { } duration && FrameRate is { } rate ? (long)Math.Round(duration.TotalSeconds * rate.PerSecond) : null);
}

/// <summary>Frames per second as a fraction, exact for rates such as 30000/1001.</summary>
/// <param name="Numerator">A number of frames.</param>
/// <param name="Denominator">The seconds in which they are shown.</param>
public readonly record struct FrameRate(int Numerator, int Denominator)
{
    /// <summary>Frames per second.</summary>
    public double PerSecond => (double)Numerator / Denominator;

    /// <summary>The fraction for a number such as 25, 29.97 or 12.5.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not between 0.001 and 1000.</exception>
    public static FrameRate FromPerSecond(double framesPerSecond)
    {
        if (!(framesPerSecond is >= 0.001 and <= 1000))
        {
            throw new ArgumentOutOfRangeException(nameof(framesPerSecond), framesPerSecond, "A frame rate lies between 0.001 and 1000.");
        }

        // Television's rates are whole numbers divided by 1.001.
        double television = Math.Round(framesPerSecond * 1.001);
        if (Math.Abs((television / 1.001) - framesPerSecond) < 0.005 && Math.Abs(framesPerSecond - Math.Round(framesPerSecond)) > 0.005)
        {
            return new FrameRate((int)television * 1000, 1001);
        }

        return new FrameRate((int)Math.Round(framesPerSecond * 1000), 1000);
    }

    /// <summary>Reads ffprobe's notation; null for <c>0/0</c> and anything that is not a rate.</summary>
    internal static FrameRate? Parse(string? text)
    {
        string[] parts = (text ?? "").Split('/');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int numerator)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int denominator)
            && numerator > 0 && denominator > 0
                ? new FrameRate(numerator, denominator)
                : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Numerator}/{Denominator}");
}
