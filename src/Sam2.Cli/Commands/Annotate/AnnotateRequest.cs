using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Data.Annotation.Boxes;
using Sam2.Torch.Masks;

namespace Sam2.Cli.Commands.Annotate;

/// <summary>What <c>sam2 annotate</c> was asked for.</summary>
/// <param name="Folder">The folder of pictures.</param>
/// <param name="Model">Which model, where and how.</param>
/// <param name="Boxes">A folder of labels or a COCO file; null if a detector finds the boxes.</param>
/// <param name="Detector">A TorchScript file; null if there are boxes.</param>
/// <param name="Detection">How the detector is asked; of it, the classes count for boxes, too.</param>
/// <param name="Names">A file with the classes' names, or null.</param>
/// <param name="Directory">Where annotations are written.</param>
/// <param name="Format">One of <see cref="AnnotationFormats.Names"/>.</param>
/// <param name="Overwrite">Whether pictures that are annotated already are annotated again.</param>
/// <param name="Overlay">How masks are drawn on pictures that are written as well; null for no such pictures.</param>
internal sealed record AnnotateRequest(
    string Folder, ModelRequest Model, string? Boxes, string? Detector, DetectorOptions Detection, string? Names, string Directory,
    string Format, bool Overwrite, PictureRequest? Overlay);
