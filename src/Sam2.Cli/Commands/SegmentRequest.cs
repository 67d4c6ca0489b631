using Sam2.Cli.Prompts;

namespace Sam2.Cli.Commands;

/// <summary>What <c>sam2 segment</c> was asked for.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Model">Which model, where and how.</param>
/// <param name="Points">Clicks as given.</param>
/// <param name="Boxes">Boxes as given.</param>
/// <param name="Mask">A picture of a mask to start from, or null.</param>
/// <param name="Multimask">Whether three masks per object are wanted.</param>
/// <param name="Directory">Where pictures are written.</param>
/// <param name="Save">Which of them: <c>masks</c>, <c>overlay</c>, <c>side-by-side</c>, <c>cutout</c>.</param>
/// <param name="Pictures">How overlays are drawn.</param>
/// <param name="Json">Where JSON is written: a file, <c>-</c> for the standard output, or null.</param>
internal sealed record SegmentRequest(
    string Image, ModelRequest Model, IReadOnlyList<PointArgument> Points, IReadOnlyList<BoxArgument> Boxes, string? Mask, bool Multimask,
    string Directory, IReadOnlySet<string> Save, PictureRequest Pictures, string? Json);
