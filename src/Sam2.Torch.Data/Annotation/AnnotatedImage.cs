namespace Sam2.Torch.Data.Annotation;

/// <summary>A picture and the objects that are known on it.</summary>
/// <param name="FileName">The picture's name relative to its folder, with forward slashes, such as <c>park/0001.jpg</c>.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Objects">The objects.</param>
public sealed record AnnotatedImage(string FileName, int Width, int Height, IReadOnlyList<AnnotatedObject> Objects)
{
    /// <summary>The number that the format gave to the picture; null if it has none.</summary>
    public long? Id { get; init; }
}
