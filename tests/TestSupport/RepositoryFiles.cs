namespace TestSupport;

/// <summary>Paths of files that lie in the repository.</summary>
public static class RepositoryFiles
{
    /// <summary>The repository's folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The path of something in the repository.</summary>
    public static string At(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The path of a file with the original's numbers.</summary>
    public static string Golden(string name) => At("tests", "Sam2.Torch.Tests", "Golden", name);

    /// <summary>The path of a checkpoint that the repository ships.</summary>
    public static string Weights(string name) => At("weights", name);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Sam2.Torch.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"No Sam2.Torch.sln above {AppContext.BaseDirectory}.");
    }
}
