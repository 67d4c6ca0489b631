using System.Globalization;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Metrics;

namespace Sam2.Torch.Evaluation.Runs;

/// <summary>
/// Scores predictions from anywhere, stored as the benchmarks want them (sav_dataset/sav_evaluator.py). What is predicted for
/// frames without annotation is ignored.
/// </summary>
public static class MaskTreeScorer
{
    /// <summary>Scores one video.</summary>
    /// <param name="truth">The true masks.</param>
    /// <param name="predicted">The predictions, in the same layout.</param>
    /// <param name="video">The video's name.</param>
    /// <param name="voidNumber">In DAVIS's layout, the number, such as 255, whose pixels don't count; null if every number is an object.</param>
    /// <param name="cancellationToken">Ends the work between two masks.</param>
    /// <returns>What was measured of each object that has a true or, in DAVIS's layout, a predicted mask, by name.</returns>
    /// <exception cref="DatasetException">A file is missing, damaged or of another size; the message names it.</exception>
    public static IReadOnlyList<ObjectFrames> ScoreVideo(
        MaskTree truth, MaskTree predicted, string video, int? voidNumber = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(predicted);
        var (wanted, given) = (truth.Video(video), predicted.Video(video));
        return wanted.IsPerObject
            ? [.. wanted.Objects.Select(name => new ObjectFrames(name, [.. wanted.Frames(name).Select(frame => MeasureObject(wanted, given, frame, name, cancellationToken))]))]
            : MeasureFrames(video, wanted, given, voidNumber, cancellationToken);
    }

    /// <summary>Scores a data set.</summary>
    /// <param name="truth">The true masks.</param>
    /// <param name="predicted">The predictions, in the same layout.</param>
    /// <param name="videos">Which videos; all with true masks when null.</param>
    /// <param name="skipFirstAndLast">Whether the first and the last annotated frame don't count, as is standard for semi-supervised tracking.</param>
    /// <param name="cancellationToken">Ends the work between two masks.</param>
    /// <exception cref="DatasetException">A file is missing, damaged or of another size; the message names it.</exception>
    public static DatasetScore Score(
        MaskTree truth, MaskTree predicted, IReadOnlyList<string>? videos = null, bool skipFirstAndLast = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(truth);
        return new DatasetScore([.. (videos ?? truth.Videos)
            .Select(video => Conclude(video, ScoreVideo(truth, predicted, video, cancellationToken: cancellationToken), skipFirstAndLast))]);
    }

    /// <summary>The predicted objects of a video that its true masks lack: ids, or names of folders.</summary>
    /// <param name="truth">The true masks.</param>
    /// <param name="predicted">The predictions, in the same layout.</param>
    /// <param name="video">The video's name.</param>
    /// <param name="scored">What <see cref="ScoreVideo"/> returned.</param>
    public static IReadOnlyList<string> UnknownObjects(MaskTree truth, MaskTree predicted, string video, IEnumerable<ObjectFrames> scored)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(predicted);
        var wanted = truth.Video(video);
        return wanted.IsPerObject
            ? [.. predicted.Video(video).Objects.Except(wanted.Objects)]
            : [.. scored.Where(o => !o.Frames.Any(f => f.IsVisible)).Select(o => o.Object)];
    }

    /// <summary>A video's score from what was measured of its objects.</summary>
    public static VideoScore Conclude(string video, IEnumerable<ObjectFrames> objects, bool skipFirstAndLast) => new(
        video, [.. objects.Select(o => ObjectScore.From(o.Object, o.Frames, skipFirstAndLast)).OfType<ObjectScore>()]);

    private static FrameScore MeasureObject(VideoMaskFolder truth, VideoMaskFolder predicted, string frame, string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (wanted, given) = ReadPair(truth.File(frame, name), Existing(predicted, frame, name));
        return VideoScorer.Measure(frame, wanted.Single(), given.Single());
    }

    private static List<ObjectFrames> MeasureFrames(
        string video, VideoMaskFolder truth, VideoMaskFolder predicted, int? voidNumber, CancellationToken cancellationToken)
    {
        var scorer = new VideoScorer(video);
        var numbering = voidNumber is { } number ? MaskNumbering.WithVoid(number) : MaskNumbering.Of(truth);
        foreach (var frame in truth.Frames())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (wanted, given) = ReadPair(truth.File(frame), Existing(predicted, frame, null));
            scorer.Add(frame, numbering.Split(wanted), numbering.Split(given), numbering.Void(wanted));
        }

        return [.. scorer.Frames.Select(o => new ObjectFrames(o.Key.ToString(CultureInfo.InvariantCulture), o.Value))];
    }

    private static string Existing(VideoMaskFolder predicted, string frame, string? name)
    {
        var file = predicted.File(frame, name);
        return File.Exists(file)
            ? file
            : throw new DatasetException($"The prediction {file} is missing; every annotated frame needs one, if only an empty mask.");
    }

    private static (StoredMasks Wanted, StoredMasks Given) ReadPair(string truth, string predicted)
    {
        var (wanted, given) = (StoredMasks.Read(truth), StoredMasks.Read(predicted));
        return wanted.Size == given.Size
            ? (wanted, given)
            : throw new DatasetException(
                $"{predicted} is {given.Size.Width}×{given.Size.Height}, but {truth} is {wanted.Size.Width}×{wanted.Size.Height}; predict at the size of the annotations.");
    }
}
