namespace Sam2.Torch.Data.Annotation;

/// <summary>The content of a COCO annotation file.</summary>
/// <param name="Images">The pictures with their objects, in the file's order.</param>
/// <param name="Categories">The categories, in the file's order.</param>
/// <param name="Orphans">
/// How many annotations name a picture that the file does not list. Subsets made by taking pictures away have some; they are left out.
/// </param>
public sealed record CocoDataset(IReadOnlyList<AnnotatedImage> Images, IReadOnlyList<AnnotationCategory> Categories, int Orphans);
