using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Masklets;

/// <summary>The frames of a video that are stored one way or another. Safe to read from several threads at once.</summary>
internal abstract class FrameStore
{
    /// <summary>How many frames there are.</summary>
    public abstract int Count { get; }

    /// <summary>The number that a frame has in the video, from 0; not its index where only some were extracted.</summary>
    public abstract int Number(int frame);

    /// <summary>The frame's name.</summary>
    public abstract string Name(int frame);

    /// <summary>Decodes a frame.</summary>
    /// <exception cref="MediaException">It is missing or damaged.</exception>
    public abstract RgbImage Read(int frame);
}
