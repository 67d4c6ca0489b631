using Sam2.Torch.Data;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Media;

namespace Sam2.Torch.Training.FineTuning;

/// <summary>Pictures with true masks for fine-tuning, and how they are parted into those to learn from and those to measure on.</summary>
public sealed class FineTuneData
{
    // Keeps the split's random numbers apart from other uses of the seed.
    private const ulong SplitStream = 11;

    private FineTuneData(string root, string? format, string? split, IReadOnlyList<(string Name, int Objects)> pictures, IReadOnlyList<string> leftOut) =>
        (Root, Format, Part, Pictures, LeftOut) = (root, format, split, pictures, leftOut);

    /// <summary>The data set's folder.</summary>
    public string Root { get; }

    /// <summary>The name of its format; null if it was found out.</summary>
    public string? Format { get; }

    /// <summary>The part of the data set that is used; null for all of it.</summary>
    public string? Part { get; }

    /// <summary>The pictures that can be used, with the number of objects on each, in the data set's order.</summary>
    public IReadOnlyList<(string Name, int Objects)> Pictures { get; }

    /// <summary>Why pictures were left out, one line for each.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary>Looks at every picture of a data set. Those that are damaged or show no object are left out.</summary>
    /// <param name="root">The folder: COCO, YOLO, LabelMe, folders of pictures and masks, or another format of pictures.</param>
    /// <param name="format">The name of its format, one of <see cref="DatasetFormats.Names"/>; null to find out.</param>
    /// <param name="part">The part that is used, such as <c>train</c>; null for all.</param>
    /// <param name="progress">Told how many pictures have been looked at, and of how many.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="DatasetException">The data set can't be opened, holds videos, or has fewer than two pictures with objects.</exception>
    public static FineTuneData Survey(
        string root, string? format = null, string? part = null, IProgress<(int Done, int All)>? progress = null, CancellationToken cancellationToken = default)
    {
        var all = DatasetReader.Open(root, format, new DatasetOptions { Split = part });
        var (pictures, leftOut) = (new List<(string, int)>(), new List<string>());
        for (var i = 0; i < all.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report((i, all.Count));
            var picture = all[i];
            if (picture.FrameCount != 1)
                throw new DatasetException($"{root} holds videos ({picture.Name} has {picture.FrameCount} frames); fine-tune on videos by a recipe, or give pictures.");
            try
            {
                // The whole picture, not only its header: a damaged one must not end the run later.
                picture.ReadFrame(0);
                var objects = picture.VisibleObjects(0).Count;
                if (objects > 0)
                    pictures.Add((picture.Name, objects));
                else
                    leftOut.Add($"{picture.Name} shows no object");
            }
            catch (Exception e) when (e is DatasetException or MediaException or AnnotationException or IOException or UnauthorizedAccessException)
            {
                leftOut.Add($"{picture.Name}: {e.Message}");
            }
        }
        return pictures.Count >= 2 ? new(root, format, part, pictures, leftOut) : throw new DatasetException(
            $"{root} has {pictures.Count} {(pictures.Count == 1 ? "picture" : "pictures")} with objects, but fine-tuning needs at least 2, one to learn from and one to measure on."
            + (leftOut.Count > 0 ? $" {leftOut.Count} were left out, the first because: {leftOut[0]}" : ""));
    }

    /// <summary>Parts the pictures at random. Equal pictures, shares and seeds give equal parts.</summary>
    /// <param name="validationShare">The share of pictures to measure on, in (0, 1); at least one and all but one.</param>
    /// <param name="seed">Chooses them.</param>
    /// <returns>Names of pictures to learn from and to measure on, each in the data set's order.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The share is not between 0 and 1.</exception>
    public (IReadOnlyList<string> Train, IReadOnlyList<string> Validation) Split(double validationShare, ulong seed)
    {
        if (!(validationShare is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(validationShare), validationShare, $"The share of pictures to measure on is {validationShare}; it must be between 0 and 1.");
        string[] names = [.. Pictures.Select(picture => picture.Name)];
        var count = Math.Clamp((int)Math.Round(names.Length * validationShare), 1, names.Length - 1);
        var chosen = TrainingRandom.For(seed, SplitStream).Choose(names, count).ToHashSet();
        return ([.. names.Where(name => !chosen.Contains(name))], [.. names.Where(chosen.Contains)]);
    }

    /// <summary>Opens some of the pictures.</summary>
    /// <exception cref="DatasetException">The data set has changed since.</exception>
    public IReadOnlyList<IAnnotatedVideo> Open(IReadOnlyList<string> names) => DatasetReader.Open(Root, Format, new DatasetOptions { Split = Part, Videos = names });
}
