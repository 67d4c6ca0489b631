using Sam2.Torch.Datasets.Folders;

namespace Sam2.Torch.Datasets;

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
    /// <exception cref="DatasetException">Folders or lists are missing or contradict each other; the message names them.</exception>
    public static IReadOnlyList<IAnnotatedVideo> Open(string root, DatasetFormat? format = null, DatasetOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        if (!Directory.Exists(root))
        {
            throw new DatasetException($"There is no folder {root}; give the folder into which the data set was unpacked.");
        }

        options ??= new DatasetOptions();
        return (format ?? DatasetDetection.Detect(root, options)) switch
        {
            DatasetFormat.Davis or DatasetFormat.Mose => VideoFolders.Open(root, options, MaskCoverage.FirstOrAll),
            DatasetFormat.Sav or DatasetFormat.Folders => VideoFolders.Open(root, options, MaskCoverage.Some),
            DatasetFormat.Ytvos or DatasetFormat.Lvos => VideoFolders.Open(root, options, MaskCoverage.Some, MetaFile.Find),
            var other => throw new ArgumentOutOfRangeException(nameof(format), other, "There is no such format."),
        };
    }
}
