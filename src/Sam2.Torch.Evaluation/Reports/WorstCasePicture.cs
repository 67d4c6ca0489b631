using System.Globalization;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>Shows what went wrong: the truth on the left, the prediction on the right.</summary>
public static class WorstCasePicture
{
    private const int LargestWidth = 480;

    /// <summary>Draws a case.</summary>
    /// <param name="worst">The case.</param>
    /// <param name="truth">The true mask.</param>
    /// <param name="predicted">The predicted mask, of the same size.</param>
    /// <param name="frame">The frame, of the same size; black when null.</param>
    public static ReportPicture Draw(WorstCase worst, BinaryMask truth, BinaryMask predicted, RgbImage? frame = null)
    {
        ArgumentNullException.ThrowIfNull(worst);
        ArgumentNullException.ThrowIfNull(truth);
        frame ??= new RgbImage(truth.Width, truth.Height);
        var image = Overlay.SideBySide(Shrink(Overlay.Draw(frame, [new OverlayObject(1, truth)])), Shrink(Overlay.Draw(frame, [new OverlayObject(1, predicted)])));
        return new ReportPicture(image, string.Create(
            CultureInfo.InvariantCulture,
            $"{worst.Video}, frame {worst.Frame}, object {worst.Object}: J {worst.J:0.0}, F {worst.F:0.0}. Left the truth, right the prediction."));
    }

    private static RgbImage Shrink(RgbImage image) => image.Width <= LargestWidth
        ? image
        : image.Shrink(LargestWidth, Math.Max(1, image.Height * LargestWidth / image.Width));
}
