using Sam2.Torch.Data;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>Reads true masks and checks that they fit the frames.</summary>
internal static class AnnotationReader
{
    /// <summary>The true masks of a frame by object id; none for a frame that isn't annotated.</summary>
    /// <exception cref="DatasetException">A mask differs in size from the video.</exception>
    public static IReadOnlyDictionary<int, BinaryMask> Read(IAnnotatedVideo video, int frame, int width, int height)
    {
        if (!video.IsAnnotated(frame))
        {
            return new Dictionary<int, BinaryMask>();
        }

        var masks = video.ReadMasks(frame);
        foreach (var (id, mask) in masks)
        {
            if (mask.Width != width || mask.Height != height)
            {
                throw new DatasetException(
                    $"The mask of object {id} on frame {video.FrameName(frame)} of video {video.Name} is {mask.Width}×{mask.Height}, the frames are {width}×{height}.");
            }
        }

        return masks;
    }
}
