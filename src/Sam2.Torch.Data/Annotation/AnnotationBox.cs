namespace Sam2.Torch.Data.Annotation;

/// <summary>A box in pixels of the picture, measured from its upper left corner.</summary>
/// <param name="X">Left edge.</param>
/// <param name="Y">Upper edge.</param>
/// <param name="Width">Width, not negative.</param>
/// <param name="Height">Height, not negative.</param>
public readonly record struct AnnotationBox(double X, double Y, double Width, double Height);
