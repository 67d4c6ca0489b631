namespace Sam2.Torch.Tests;

/// <summary>Paths of files of the repository that tests read in place.</summary>
internal static class RepositoryFiles
{
    /// <summary>The repository's root: the nearest folder above the test binaries that holds the solution file.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file of tests/Sam2.Torch.Tests/Golden.</summary>
    public static string Golden(string name) => Path.Combine(Root, "tests", "Sam2.Torch.Tests", "Golden", name);

    /// <summary>A file of weights/.</summary>
    public static string Weights(string name) => Path.Combine(Root, "weights", name);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Sam2.Torch.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"No Sam2.Torch.sln above {AppContext.BaseDirectory}.");
    }
}
