using Sam2.Torch.Media;

namespace Sam2.Torch.Masks;

/// <summary>One object to be drawn.</summary>
/// <param name="Id">Decides the colour.</param>
/// <param name="Mask">Its pixels; of the picture's size.</param>
/// <param name="Label">A short text beside it, if any.</param>
public sealed record OverlayObject(long Id, BinaryMask Mask, string? Label = null)
{
    /// <summary>The colour; that of the id unless set.</summary>
    public Rgb Colour { get; init; } = ObjectColours.Of(Id);
}
