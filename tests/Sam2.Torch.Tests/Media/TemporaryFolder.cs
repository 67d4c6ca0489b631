namespace Sam2.Torch.Tests.Media;

/// <summary>A folder for one test's files, deleted afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Directory.CreateDirectory(FullName);

    public string FullName { get; } = Path.Combine(Path.GetTempPath(), $"sam2-{Guid.NewGuid():N}");

    public string this[string name] => Path.Combine(FullName, name);

    public string[] Files => [.. Directory.GetFileSystemEntries(FullName).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];

    public void Dispose() => Directory.Delete(FullName, recursive: true);
}
