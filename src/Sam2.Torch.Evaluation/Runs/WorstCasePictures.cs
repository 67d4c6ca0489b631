using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Runs;

/// <summary>Draws a report's worst cases from the data set and the stored predictions.</summary>
public static class WorstCasePictures
{
    /// <summary>Draws them, in the report's order.</summary>
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

    private static ReportPicture Draw(WorstCase worst, IAnnotatedVideo video, RunFolder folder)
    {
        int frame = Enumerable.Range(0, video.FrameCount).First(f => video.FrameName(f) == worst.Frame);
        var image = video.ReadFrame(frame);
        var truth = video.ReadMasks(frame);
        int id = IdOf(video, worst.Object, frame);
        return WorstCasePicture.Draw(
            worst, truth.GetValueOrDefault(id) ?? new BinaryMask(image.Height, image.Width), new PredictionFolder(folder.Predictions, video).Read(frame, id), image);
    }

    /// <summary>The id of a name; an object's id is known from frames that show it.</summary>
    private static int IdOf(IAnnotatedVideo video, string name, int frame) => Enumerable.Range(0, video.FrameCount)
        .OrderBy(f => Math.Abs(f - frame))
        .SelectMany(f => video.ReadMasks(f).Keys)
        .First(id => ObjectScorer.NameOf(video, id) == name);
}
