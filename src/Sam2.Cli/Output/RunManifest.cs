using System.Text.Encodings.Web;
using System.Text.Json;
using Sam2.Torch;

namespace Sam2.Cli.Output;

/// <summary>
/// What a run has left in its output folder, kept there in a hidden file. It tells the results of an earlier run, which the next one
/// replaces, from everything else, which is never touched.
/// </summary>
/// <param name="Command">The command that ran, such as <c>segment</c>.</param>
/// <param name="Settings">A fingerprint of what its results depend on; null for commands that don't continue earlier runs.</param>
/// <param name="Files">The files that it wrote, relative to the folder, with forward slashes.</param>
internal sealed record RunManifest(string Command, string? Settings, IReadOnlyList<string> Files)
{
    /// <summary>The file's name. Without an ending, so that nobody takes it for an annotation.</summary>
    public const string FileName = ".sam2-run";

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true,
    };

    private HashSet<string>? _paths;

    /// <summary>Whether a file, or anything in a folder of this name, is a result of the run.</summary>
    public bool Owns(string path) => (_paths ??= [.. Files.SelectMany(WithFolders)]).Contains(path.Replace('\\', '/').TrimEnd('/'));

    /// <summary>Reads a folder's manifest; null if it has none.</summary>
    /// <exception cref="CliException">It is damaged, or names files outside the folder.</exception>
    public static RunManifest? Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file)) return null;
        try
        {
            var manifest = JsonSerializer.Deserialize<RunManifest>(File.ReadAllBytes(file), Format);
            if (manifest?.Files is { } files && files.All(IsInside)) return manifest;
        }
        catch (JsonException)
        {
            // Said below.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{file} can't be read: {e.Message}", e);
        }

        throw new CliException($"{file}, which lists the results of an earlier run, is damaged; delete it, and move the results away or name another folder with --out");
    }

    /// <summary>Writes the manifest into a folder.</summary>
    /// <exception cref="CliException">It can't be written.</exception>
    public void Write(string folder) => AtomicFile.Write(
        Path.Combine(folder, FileName), stream => JsonSerializer.Serialize(stream, this, Format),
        e => new CliException($"{Path.Combine(folder, FileName)} can't be written: {e.Message}", e));

    private static IEnumerable<string> WithFolders(string file)
    {
        for (var path = file; path.Length > 0; path = path[..Math.Max(path.LastIndexOf('/'), 0)]) yield return path;
    }

    /// <summary>A manifest decides what is deleted, so nothing in it may lead out of the folder.</summary>
    private static bool IsInside(string path) =>
        path.Length > 0 && !Path.IsPathRooted(path) && !path.Split('/', '\\').Any(part => part is "" or "." or "..");
}
