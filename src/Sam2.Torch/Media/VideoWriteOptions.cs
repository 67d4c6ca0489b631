namespace Sam2.Torch.Media;

/// <summary>How a video is encoded.</summary>
public sealed record VideoWriteOptions
{
    /// <summary>H.264's constant rate factor: 0 (lossless, huge) to 51 (poor, small); 18 looks like the original.</summary>
    public int Crf { get; init; } = 20;

    /// <summary>x264's trade of time for size: <c>ultrafast</c> … <c>veryslow</c>.</summary>
    public string Preset { get; init; } = "veryfast";

    /// <summary>How long the encoder may stay silent.</summary>
    public TimeSpan Timeout { get; init; } = MediaLimits.Default.Timeout;

    /// <summary>Refuses options that make no sense.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Crf);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Crf, 51);
        string[] presets = ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"];
        if (!presets.Contains(Preset))
        {
            throw new ArgumentException($"'{Preset}' is not a preset. Use one of {string.Join(", ", presets)}.", nameof(Preset));
        }
    }
}
