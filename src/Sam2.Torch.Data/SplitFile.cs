namespace Sam2.Torch.Data;

/// <summary>The lists and folders by which data sets are divided into training, validation and test parts.</summary>
internal static class SplitFile
{
    private static readonly string[] Lists =
        [Path.Combine("ImageSets", "2017"), Path.Combine("ImageSets", "2016"), Path.Combine("ImageSets", "480p"), Path.Combine("ImageSets", "1080p"), "ImageSets", ""];

    /// <summary>The folder of the wanted part, where a data set has one per part; else the data set's.</summary>
    public static string PartOf(string root, DatasetOptions options) =>
        options.Split is { } split && Directory.Exists(Path.Combine(root, split)) ? Path.Combine(root, split) : root;

    /// <summary>The names of the wanted part; null if the part is a folder, or all is wanted and the data set has no list.</summary>
    /// <exception cref="DatasetException">There is no such part.</exception>
    public static IReadOnlyList<string>? Read(string root, DatasetOptions options)
    {
        if (options.Split is not { } split)
        {
            // SA-V's val and test have a list of their videos beside them.
            string[] own = Directory.GetFiles(root, "sav_*.txt");
            return own.Length == 1 && options.Videos is null ? VideoListFile.Read(own[0]) : null;
        }

        string[] places = [.. Lists.Select(l => Path.Combine(root, l, split + ".txt")), Path.Combine(root, $"sav_{split}.txt")];
        if (places.FirstOrDefault(File.Exists) is { } list)
        {
            return VideoListFile.Read(list);
        }

        return Directory.Exists(Path.Combine(root, split))
            ? null
            : throw new DatasetException($"{root} has no part {split}: there is neither a list {split}.txt in it or its ImageSets, nor a folder {split}. Leave the part out to use everything.");
    }
}
