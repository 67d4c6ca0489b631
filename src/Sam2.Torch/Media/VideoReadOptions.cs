namespace Sam2.Torch.Media;

/// <summary>Which frames are read, and how large.</summary>
public sealed record VideoReadOptions
{
    /// <summary>First frame, counted from 0; exact, also for variable frame rates.</summary>
    public int Start { get; init; }

    /// <summary>Every how manieth frame is taken, from <see cref="Start"/> on.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>At most so many frames; null for all.</summary>
    public int? Count { get; init; }

    /// <summary>Frames whose longer side exceeds so many pixels are scaled down to it; null keeps their size.</summary>
    public int? MaxSide { get; init; }

    /// <summary>What a frame may cost and how long a decoder may stay silent.</summary>
    public MediaLimits Limits { get; init; } = MediaLimits.Default;

    /// <summary>Refuses options that make no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Start);
        ArgumentOutOfRangeException.ThrowIfLessThan(Stride, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Count ?? 1, 1, nameof(Count));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSide ?? 1, 1, nameof(MaxSide));
    }

    /// <summary>The size of the frames that are handed out.</summary>
    internal (int Width, int Height) FitSize(int width, int height)
    {
        int longer = Math.Max(width, height);
        if (MaxSide is not { } limit || longer <= limit)
        {
            return (width, height);
        }

        double scale = (double)limit / longer;
        return (Math.Max(1, (int)Math.Round(width * scale)), Math.Max(1, (int)Math.Round(height * scale)));
    }
}
