using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Scoring;

/// <summary>Draws the worst cases of stored predictions; without the frames, which aren't there, on black.</summary>
public static class MaskTreePicture
{
    /// <summary>Draws a case.</summary>
    /// <exception cref="DatasetException">A mask can't be read.</exception>
    public static ReportPicture Draw(WorstCase worst, MaskTree truth, MaskTree predicted)
    {
        ArgumentNullException.ThrowIfNull(worst);
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(predicted);
        return WorstCasePicture.Draw(worst, Read(truth, worst), Read(predicted, worst));
    }

    private static BinaryMask Read(MaskTree tree, WorstCase worst)
    {
        var video = tree.Video(worst.Video);
        if (video.IsPerObject)
        {
            return StoredMasks.Read(video.File(worst.Frame, worst.Object)).Single();
        }

        var masks = StoredMasks.Read(video.File(worst.Frame));
        int id = int.Parse(worst.Object, System.Globalization.CultureInfo.InvariantCulture);
        return masks.Split().GetValueOrDefault(id) ?? new BinaryMask(masks.Size.Height, masks.Size.Width);
    }
}
