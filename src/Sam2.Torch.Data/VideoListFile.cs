namespace Sam2.Torch.Data;

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
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"The list of videos {path} can't be read: {e.Message}", e);
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
