using Sam2.Torch.Prediction;

namespace Sam2.Cli.Commands.Everything;

/// <summary>What <c>sam2 everything</c> was asked for, of a picture.</summary>
/// <param name="Input">The picture.</param>
/// <param name="Model">Which model, where and how.</param>
/// <param name="Generator">How masks are looked for.</param>
/// <param name="Directory">Where results are written.</param>
/// <param name="Format">The format of the masks.</param>
/// <param name="Save">Which pictures: <c>overlay</c>, <c>side-by-side</c>, <c>cutout</c>.</param>
/// <param name="Pictures">How overlays are drawn.</param>
internal sealed record ImageRequest(
    string Input, ModelRequest Model, MaskGeneratorOptions Generator, string Directory, string Format, IReadOnlySet<string> Save, PictureRequest Pictures);
