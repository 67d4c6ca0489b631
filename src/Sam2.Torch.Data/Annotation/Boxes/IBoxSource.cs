using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Annotation.Boxes;

/// <summary>Where the boxes come from that say which objects of a picture to segment.</summary>
public interface IBoxSource : IDisposable
{
    /// <summary>The categories that the boxes belong to.</summary>
    IReadOnlyList<AnnotationCategory> Categories { get; }

    /// <summary>The boxes of a picture.</summary>
    /// <param name="fileName">The picture's name relative to its folder, with forward slashes.</param>
    /// <param name="image">The picture, upright.</param>
    /// <returns>Objects of which box and category count; null if nothing is known of this picture.</returns>
    /// <exception cref="AnnotationException">What is known of this picture is damaged; others may be fine.</exception>
    IReadOnlyList<AnnotatedObject>? Find(string fileName, RgbImage image);
}
