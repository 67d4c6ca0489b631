using Sam2.Torch.Masks;

namespace Sam2.Cli.Commands;

/// <summary>How pictures of masks were asked for.</summary>
/// <param name="Style">How masks are drawn.</param>
/// <param name="Labels">Whether objects are labelled.</param>
internal sealed record PictureRequest(OverlayStyle Style, bool Labels);
