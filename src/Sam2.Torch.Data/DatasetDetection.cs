using Sam2.Torch.Data.Folders;
using Sam2.Torch.Data.Masklets;
using Sam2.Torch.Data.Pictures;

namespace Sam2.Torch.Data;

/// <summary>Tells data sets apart by what lies in their folders.</summary>
internal static class DatasetDetection
{
    /// <summary>The format of a data set.</summary>
    /// <exception cref="DatasetException">It looks like none of them.</exception>
    public static DatasetFormat Detect(string root, DatasetOptions options)
    {
        string part = SplitFile.PartOf(root, options);
        if (HasSavPictures(root, options))
        {
            return DatasetFormat.Sav;
        }

        if (VideoFolders.IsRoot(part) || (options.Frames is not null && options.Annotations is not null))
        {
            return Directory.Exists(Path.Combine(root, "ImageSets")) ? DatasetFormat.Davis
                : File.Exists(Path.Combine(part, "meta.json")) ? DatasetFormat.Ytvos
                : Directory.EnumerateFiles(part, "*_meta.json").Any() ? DatasetFormat.Lvos
                : DatasetFormat.Folders;
        }

        return CocoInstances.FindFiles(root).Count > 0 ? DatasetFormat.Coco
            : Annotations.Find(part, Sa1bDataset.Pattern).Any() ? DatasetFormat.Sa1b
            : MaskletDataset.IsRoot(part) ? DatasetFormat.Sav
            : throw new DatasetException(
                $"{root} looks like no known data set: there are no folders JPEGImages and Annotations, or images and masks, and no annotation files instances_*.json, sa_*.json or *_manual.json. Give the data set's own folder, or say its format.");
    }

    /// <summary>Whether a data set has SA-V's folders of pictures, as val and test have.</summary>
    public static bool HasSavPictures(string root, DatasetOptions options)
    {
        string part = SplitFile.PartOf(root, options);
        return Directory.Exists(Path.Combine(part, "JPEGImages_24fps")) || Directory.Exists(Path.Combine(part, "Annotations_6fps"));
    }
}
