using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data;

/// <summary>What the layouts of data sets share: parts (train, val, …), their lists of videos, and the search for annotation files.</summary>
internal static class DatasetFiles
{
    private static readonly string[] Lists =
        [Path.Combine("ImageSets", "2017"), Path.Combine("ImageSets", "2016"), Path.Combine("ImageSets", "480p"), Path.Combine("ImageSets", "1080p"), "ImageSets", ""];

    /// <summary>The frames of a video in a folder, in natural order.</summary>
    /// <exception cref="DatasetException">Two are the same frame, or one is not named as the others are.</exception>
    public static string[] Frames(string folder)
    {
        try
        {
            return PictureFolder.Frames(folder);
        }
        catch (MediaException e)
        {
            throw new DatasetException(e.Message, e);
        }
    }

    /// <summary>The folder of the wanted part, where a data set has one per part; otherwise the data set's own folder.</summary>
    public static string PartOf(string root, DatasetOptions options) =>
        options.Split is { } split && Directory.Exists(Path.Combine(root, split)) ? Path.Combine(root, split) : root;

    /// <summary>The names of the videos in the wanted part; null if the part is a folder, or if everything is wanted and the data set has no list.</summary>
    /// <exception cref="DatasetException">There is no such part.</exception>
    public static IReadOnlyList<string>? ReadSplit(string root, DatasetOptions options)
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

    /// <summary>Files that match a pattern, in a folder and up to three levels below it, sorted: data sets come unpacked in several parts.</summary>
    public static IEnumerable<string> Find(string root, string pattern) => Directory.EnumerateFiles(
        root, pattern, new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3, IgnoreInaccessible = true }).Order(StringComparer.Ordinal);

    /// <summary>Reads an annotation file, and reports damage as damage of the data set.</summary>
    /// <exception cref="DatasetException">The file is missing or damaged; the message names it.</exception>
    public static T ReadAnnotations<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (AnnotationException e)
        {
            throw new DatasetException($"{e.Message} Unpack the data set again, or take it off the list.", e);
        }
    }
}

/// <summary>
/// Lists of videos as data sets have them: a name per line, such as SA-V's <c>sav_val.txt</c> or DAVIS 2017's <c>val.txt</c>. DAVIS 2016 lists
/// frames (<c>/JPEGImages/480p/bear/00000.jpg …</c>), from which the folders' names are taken.
/// </summary>
public static class VideoListFile
{
    private static readonly string[] Endings = [".mp4", ".jpg", ".json"];

    /// <summary>Reads a list.</summary>
    /// <returns>The names in the file's order, each once.</returns>
    /// <exception cref="DatasetException">The file can't be read or names nothing.</exception>
    public static IReadOnlyList<string> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            var names = File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0).Select(NameOf).Distinct().ToList();
            return names.Count > 0 ? names : throw new DatasetException($"The list {path} names no video; write one name per line.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DatasetException($"The list of videos {path} does not exist.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(Directory.Exists(path) ? $"The list of videos {path} is a folder; name a text file." : $"The list of videos {path} can't be read: {e.Message}", e);
        }
    }

    private static string NameOf(string line)
    {
        string first = line.Split((char[]?)null, 2)[0];
        if (first.StartsWith("/JPEGImages/", StringComparison.Ordinal))
        {
            return Path.GetFileName(Path.GetDirectoryName(first))!;
        }

        return Endings.FirstOrDefault(e => line.EndsWith(e, StringComparison.OrdinalIgnoreCase)) is { } ending ? line[..^ending.Length] : line;
    }
}
