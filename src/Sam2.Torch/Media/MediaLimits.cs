namespace Sam2.Torch.Media;

/// <summary>What a picture or a frame may cost before it is refused. Checked before any pixel memory is committed.</summary>
public sealed record MediaLimits
{
    /// <summary>The limits used where none are given: 200 megapixels, and a minute without progress from ffmpeg.</summary>
    public static MediaLimits Default { get; } = new();

    /// <summary>Largest number of pixels (width × height) of an image or of a video frame.</summary>
    public long MaxPixels { get; init; } = 200_000_000;

    /// <summary>How long a decoder may stay silent before it is stopped.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Refuses dimensions that are not positive or exceed <see cref="MaxPixels"/>.</summary>
    /// <exception cref="MediaException">The dimensions are out of range.</exception>
    internal void Check(string path, long width, long height)
    {
        if (width <= 0 || height <= 0)
        {
            throw new MediaException(path, $"has no pixels ({width}×{height})", "The file is probably damaged");
        }

        // The division avoids the overflow that a hostile header could cause in width × height.
        if (width > MaxPixels / height)
        {
            throw new MediaException(
                path,
                $"claims {width}×{height} pixels, more than the limit of {MaxPixels / 1e6:0.######} megapixels",
                "Scale it down, or raise the limit if the file is trusted");
        }
    }
}
