namespace TestSupport;

/// <summary>A folder of its own for a test, which goes with it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>Its full path.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("sam2-test-").FullName;

    /// <summary>The path of something in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Names of what lies in it, in order.</summary>
    public string[] Files => [.. Directory.GetFileSystemEntries(Path).Select(System.IO.Path.GetFileName).Order(StringComparer.Ordinal)!];

    /// <summary>The path of something below it.</summary>
    public string At(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Names of what a folder below it shows, in order: without hidden files, in which runs keep their books.</summary>
    public string[] Results(params string[] parts) =>
        [.. Directory.GetFileSystemEntries(At(parts)).Select(System.IO.Path.GetFileName).Where(name => name![0] != '.').Order(StringComparer.Ordinal)!];

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
