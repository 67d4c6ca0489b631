using Sam2.Torch.Data;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>What of a prediction survives being stored.</summary>
internal static class PredictionLayout
{
    /// <summary>
    /// Masks as the data set's layout can hold them. What is scored is what is stored: where a picture holds all objects of a frame, a
    /// pixel belongs to one only.
    /// </summary>
    public static IReadOnlyDictionary<int, BinaryMask> AsStored(
        IReadOnlyDictionary<int, BinaryMask> masks, IAnnotatedVideo video, int height, int width)
    {
        if (video.ObjectsOverlap || masks.Count < 2)
        {
            return masks;
        }

        var split = IndexedMasks.Split(IndexedMasks.Combine(masks, height, width));
        return masks.Keys.ToDictionary(id => id, id => split.GetValueOrDefault(id) ?? new BinaryMask(height, width));
    }
}
