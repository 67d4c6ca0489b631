using Sam2.Torch;

namespace Sam2.Cli.Output;

/// <summary>Names and creates the folders that results go to.</summary>
internal static class OutputFolder
{
    /// <summary>
    /// Where results go if the user doesn't say: a folder that names what was done, such as <c>out/segment-truck</c> for
    /// <c>sam2 segment truck.jpg</c>.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <param name="words">What it was about: paths, of which the last part counts, without its ending, or other words.</param>
    public static string DefaultFor(string command, params IEnumerable<string> words) =>
        Path.Combine("out", string.Join('-', words.Select(Word).Where(word => word.Length > 0).Prepend(command)));

    /// <summary>Creates a folder, and those above it, unless it exists; removes what a process left in it that was killed while it wrote.</summary>
    /// <exception cref="CliException">It can't be created.</exception>
    public static void Create(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            AtomicFile.RemoveLeftovers(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(File.Exists(path) ? $"{path} is a file, where a folder is needed" : $"the folder {path} can't be created: {e.Message}", e);
        }
    }

    /// <summary>Creates the folder of a file.</summary>
    /// <exception cref="CliException">It can't be created.</exception>
    public static void CreateFor(string file)
    {
        if (Path.GetDirectoryName(file) is { Length: > 0 } folder)
        {
            Create(folder);
        }
    }

    /// <summary>What of a path is used in names: the last part, without an ending and without what file systems or shells don't like.</summary>
    private static string Word(string path)
    {
        if (path.Length == 0) return "";
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var name = Directory.Exists(full) ? Path.GetFileName(full) : NameWithoutEnding(Path.GetFileName(full));
        return string.Concat(name.Select(c => char.IsLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-')).Trim('-', '.');
    }

    /// <summary>The dot of sam2.1_hiera_tiny begins no ending.</summary>
    private static string NameWithoutEnding(string name) =>
        Path.GetExtension(name) is { Length: > 1 and <= 12 } ending && ending.Skip(1).All(char.IsLetterOrDigit) ? name[..^ending.Length] : name;
}
