using Sam2.Torch.Prediction;

namespace Sam2.Cli.Commands.Everything;

/// <summary>What <c>sam2 everything</c> was asked for, of a video.</summary>
/// <param name="Input">The video or folder of pictures.</param>
/// <param name="Model">Which model, where and how.</param>
/// <param name="Generator">How objects are found and followed.</param>
/// <param name="Frames">How many frames, or null for all.</param>
/// <param name="MaxSide">Longer side to scale frames down to, or null.</param>
/// <param name="Directory">Where results are written.</param>
/// <param name="Format">The format of the masks.</param>
/// <param name="Save">Which pictures: <c>overlay</c>, <c>side-by-side</c>, <c>cutout</c>.</param>
/// <param name="Pictures">How the overlay is drawn.</param>
/// <param name="Restart">Whether what an interrupted run left is ignored.</param>
internal sealed record VideoRequest(
    string Input, ModelRequest Model, VideoMaskGeneratorOptions Generator, int? Frames, int? MaxSide, string Directory, string Format,
    IReadOnlySet<string> Save, PictureRequest Pictures, bool Restart);
