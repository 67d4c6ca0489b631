namespace Sam2.Torch.Media;

/// <summary>What is known about a video before its frames are read.</summary>
/// <param name="Width">Width of a frame in pixels, upright.</param>
/// <param name="Height">Height of a frame in pixels, upright.</param>
/// <param name="FrameRate">Average frames per second; null for folders and pictures.</param>
/// <param name="Rotation">By how many degrees the stored frames are turned anticlockwise to be upright (already applied).</param>
/// <param name="Duration">Length, if the file says.</param>
/// <param name="FrameCount">Number of frames, if the file says.</param>
public sealed record VideoInfo(int Width, int Height, FrameRate? FrameRate, int Rotation, TimeSpan? Duration, long? FrameCount)
{
    /// <summary>The number of frames, or about how many there should be; null if nothing tells.</summary>
    public long? ExpectedFrameCount => FrameCount
        ?? (Duration is { } duration && FrameRate is { } rate ? (long)Math.Round(duration.TotalSeconds * rate.PerSecond) : null);
}
