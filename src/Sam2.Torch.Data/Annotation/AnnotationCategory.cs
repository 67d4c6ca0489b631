namespace Sam2.Torch.Data.Annotation;

/// <summary>A class of objects.</summary>
/// <param name="Id">The number by which annotations name it.</param>
/// <param name="Name">Its name for people.</param>
public sealed record AnnotationCategory(int Id, string Name);
