using Sam2.Torch.Data.Folders;
using Sam2.Torch.Data.Masklets;
using Sam2.Torch.Data.Pictures;

namespace Sam2.Torch.Data;

/// <summary>
/// Opens data sets as they are unpacked. Opening lists files; frames and masks are read when they are asked for, and what is wrong with them
/// is said then.
/// </summary>
public static class DatasetReader
{
    /// <summary>Opens a data set.</summary>
    /// <param name="root">Its folder.</param>
    /// <param name="format">How it is laid out; null to look at the folder and decide.</param>
    /// <param name="options">What of it is read; null for all.</param>
    /// <returns>Its videos; at least one.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="DatasetException">Folders or lists are missing or contradict each other; the message names them.</exception>
    public static IReadOnlyList<IAnnotatedVideo> Open(string root, DatasetFormat? format = null, DatasetOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        if (!Directory.Exists(root))
        {
            throw new DatasetException($"There is no folder {root}; give the folder into which the data set was unpacked.");
        }

        options ??= new DatasetOptions();
        options.Check();
        var videos = OpenAll(root, format ?? DatasetDetection.Detect(root, options), options);
        return FrameSelection.Selects(options) ? new MappedVideos(videos, video => FrameSelection.Of(video, options)) : videos;
    }

    private static IReadOnlyList<IAnnotatedVideo> OpenAll(string root, DatasetFormat format, DatasetOptions options) => format switch
    {
        DatasetFormat.Davis or DatasetFormat.Mose => VideoFolders.Open(root, options, MaskCoverage.FirstOrAll),
        DatasetFormat.Ytvos or DatasetFormat.Lvos => VideoFolders.Open(root, options, MaskCoverage.Some, MetaFile.Find),
        DatasetFormat.Sav when DatasetDetection.HasSavPictures(root, options) => VideoFolders.Open(root, options, MaskCoverage.Some),
        DatasetFormat.Sav => MaskletDataset.Open(root, options),
        DatasetFormat.Sa1b => Sa1bDataset.Open(root, options),
        DatasetFormat.Coco => CocoInstances.Open(root, options),
        DatasetFormat.Folders => OpenFolders(root, options),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There is no such format."),
    };

    private static IReadOnlyList<IAnnotatedVideo> OpenFolders(string root, DatasetOptions options)
    {
        var (frames, masks) = VideoFolders.Find(SplitFile.PartOf(root, options), options);
        return PictureFolders.HoldsPictures(frames)
            ? PictureFolders.Open(root, options, frames, masks)
            : VideoFolders.Open(root, options, MaskCoverage.Some);
    }
}
