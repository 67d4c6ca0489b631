using System.CommandLine;
using Sam2.Torch.Data;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>The option that names a file with the videos to use.</summary>
internal static class VideoList
{
    public static Option<string?> CreateOption() => new("--videos")
    {
        Description = "A text file with the names of the videos to use, one per line, such as the lists that come with data sets; all if not given.",
        HelpName = "FILE",
    };

    /// <summary>The names in a file; null for no file.</summary>
    /// <exception cref="CliException">The file can't be read or holds no name.</exception>
    public static IReadOnlyList<string>? Read(string? path)
    {
        if (path is null) return null;
        try
        {
            return VideoListFile.Read(path);
        }
        catch (DatasetException e)
        {
            throw new CliException($"--videos {path}: {e.Message}", e);
        }
    }
}
