using Sam2.Torch;

namespace Sam2.Cli.Output;

/// <summary>Creates the folders that results go to.</summary>
internal static class OutputFolder
{
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
            throw new CliException($"the folder {path} can't be created: {e.Message}", e);
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
}
