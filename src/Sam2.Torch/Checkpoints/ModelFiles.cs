namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Finds checkpoint files. Whatever names a model is a path or a name of <see cref="ModelCatalog"/>; a file of that path
/// comes first, then the name's file in ./weights, in the repository's weights folder, and in the user's folder:
/// $SAM2_WEIGHTS if set, else sam2.torch in the user's cache folder ($XDG_CACHE_HOME, ~/.cache, %LOCALAPPDATA%).
/// </summary>
public static class ModelFiles
{
    /// <summary>The folder that downloads go to: $SAM2_WEIGHTS if set, else sam2.torch in the user's cache folder.</summary>
    public static string UserFolder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("SAM2_WEIGHTS") is { Length: > 0 } chosen)
                return chosen;
            if (OperatingSystem.IsWindows())
                return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "sam2.torch");
            var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
                ? xdg
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".cache");
            return Path.Combine(cache, "sam2.torch");
        }
    }

    /// <summary>The folders in which a name's file is looked for, in this order.</summary>
    public static IReadOnlyList<string> SearchFolders
    {
        get
        {
            var folders = new List<string> { Path.GetFullPath("weights") };
            if (RepositoryFolder() is { } repository && !folders.Contains(repository))
                folders.Add(repository);
            folders.Add(Path.GetFullPath(UserFolder));
            return folders;
        }
    }

    /// <summary>The path of the checkpoint that a path or name means.</summary>
    /// <exception cref="CheckpointException">There is no such file; the error says what to do.</exception>
    public static string Resolve(string nameOrPath)
    {
        if (File.Exists(nameOrPath) || Directory.Exists(nameOrPath))
            return nameOrPath;
        if (ModelCatalog.Find(nameOrPath) is not { } model)
            throw LooksLikePath(nameOrPath)
                ? new CheckpointException(nameOrPath, "does not exist", "Check the path, or give the name of a published model such as sam2.1_hiera_tiny")
                : new CheckpointException(nameOrPath, "is neither a file nor the name of a published model",
                    $"Did you mean {ModelCatalog.Closest(nameOrPath)}? Known names: {string.Join(", ", ModelCatalog.Models.Select(m => m.Name))}");
        // A path that names a file of the catalogue in another folder, such as checkpoints/sam2.1_hiera_tiny.pt, is a path.
        if (nameOrPath.Contains(Path.DirectorySeparatorChar) && !nameOrPath.StartsWith("facebook/", StringComparison.Ordinal))
            throw new CheckpointException(nameOrPath, "does not exist", $"Check the path, or give the name {model.Name} alone");
        if (TryLocate(model) is { } found)
            return found;
        throw new CheckpointException(model.Name, $"is not on this machine; looked in {string.Join(", ", SearchFolders)}",
            model.Url is null ? $"{model.File} comes with the repository: restore it" : $"Download it: sam2 download {model.Name}, or put {model.Url} into one of these folders");
    }

    /// <summary>The file of a published checkpoint on this machine, or null. Files under the architecture's short name and safetensors count too.</summary>
    public static string? TryLocate(PublishedModel model)
    {
        string[] names = [model.File, model.Architecture + ".pt", model.Name + ".safetensors", model.Architecture + ".safetensors"];
        return SearchFolders.SelectMany(folder => names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }

    private static bool LooksLikePath(string text) =>
        text.Contains('/') || text.Contains('\\') || Path.GetExtension(text) is ".pt" or ".pth" or ".safetensors";

    /// <summary>weights/ of the repository that the program was built in, if it was built in one.</summary>
    private static string? RepositoryFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Sam2.Torch.sln")))
                return Path.Combine(folder.FullName, "weights");
        return null;
    }
}
