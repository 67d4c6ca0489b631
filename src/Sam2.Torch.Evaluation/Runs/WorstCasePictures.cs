using System.Globalization;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Evaluation.Runs;

/// <summary>Draws a report's worst cases: the truth on the left, the prediction on the right.</summary>
public static class WorstCasePictures
{
    private const int LargestWidth = 480;

    /// <summary>Draws them from the data set and the stored predictions, in the report's order.</summary>
    /// <param name="report">The report.</param>
    /// <param name="videos">The data set.</param>
    /// <param name="folder">Where predictions are.</param>
    public static IReadOnlyList<ReportPicture> Draw(Report report, IReadOnlyList<IAnnotatedVideo> videos, RunFolder folder)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(videos);
        ArgumentNullException.ThrowIfNull(folder);
        var byName = videos.ToDictionary(v => v.Name);
        return [.. report.WorstCases.Select(worst => Draw(worst, byName[worst.Video], folder))];
    }

    /// <summary>Draws them from stored masks, in the report's order; on black, as there are no frames.</summary>
    /// <param name="report">The report.</param>
    /// <param name="truth">The true masks.</param>
    /// <param name="predicted">The predictions, in the same layout.</param>
    /// <exception cref="DatasetException">A mask can't be read.</exception>
    public static IReadOnlyList<ReportPicture> Draw(Report report, MaskTree truth, MaskTree predicted)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(predicted);
        var numberings = new Dictionary<string, MaskNumbering>();
        MaskNumbering NumberingOf(string video) => numberings.TryGetValue(video, out var known) ? known : numberings[video] = MaskNumbering.Of(truth.Video(video));
        return [.. report.WorstCases.Select(worst => Draw(worst, Read(truth, worst, NumberingOf), Read(predicted, worst, NumberingOf), frame: null))];
    }

    private static ReportPicture Draw(WorstCase worst, IAnnotatedVideo video, RunFolder folder)
    {
        int frame = Enumerable.Range(0, video.FrameCount).First(f => video.FrameName(f) == worst.Frame);
        var image = video.ReadFrame(frame);
        var truth = video.ReadMasks(frame);
        int id = IdOf(video, worst.Object, frame);
        return Draw(
            worst, truth.GetValueOrDefault(id) ?? new BinaryMask(image.Height, image.Width), new PredictionFolder(folder.Predictions, video).Read(frame, id), image);
    }

    private static ReportPicture Draw(WorstCase worst, BinaryMask truth, BinaryMask predicted, RgbImage? frame)
    {
        frame ??= new RgbImage(truth.Width, truth.Height);
        var image = Overlay.SideBySide(Shrink(Overlay.Draw(frame, [new OverlayObject(1, truth)])), Shrink(Overlay.Draw(frame, [new OverlayObject(1, predicted)])));
        return new ReportPicture(image, string.Create(
            CultureInfo.InvariantCulture,
            $"{worst.Video}, frame {worst.Frame}, object {worst.Object}: J {worst.J:0.0}, F {worst.F:0.0}. Left the truth, right the prediction."));
    }

    private static RgbImage Shrink(RgbImage image) => image.Width <= LargestWidth
        ? image
        : image.Shrink(LargestWidth, Math.Max(1, image.Height * LargestWidth / image.Width));

    /// <summary>The id of a name; an object's id is known from frames that show it.</summary>
    private static int IdOf(IAnnotatedVideo video, string name, int frame) => Enumerable.Range(0, video.FrameCount)
        .OrderBy(f => Math.Abs(f - frame))
        .SelectMany(f => video.ReadMasks(f).Keys)
        .First(id => video.NameInScores(id) == name);

    private static BinaryMask Read(MaskTree tree, WorstCase worst, Func<string, MaskNumbering> numberings)
    {
        var video = tree.Video(worst.Video);
        if (video.IsPerObject)
        {
            return StoredMasks.Read(video.File(worst.Frame, worst.Object)).Single();
        }

        var masks = StoredMasks.Read(video.File(worst.Frame));
        int id = int.Parse(worst.Object, CultureInfo.InvariantCulture);
        return numberings(worst.Video).Split(masks).GetValueOrDefault(id) ?? new BinaryMask(masks.Size.Height, masks.Size.Width);
    }
}
