using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Reports;

namespace Sam2.Torch.Evaluation.Runs;

/// <summary>
/// The folder of an evaluation: what was chosen (run.json), what was measured on each video as soon as it is done (videos/), the
/// predictions, and in the end the report. An evaluation that was stopped continues with the videos that are missing.
/// </summary>
public sealed class RunFolder
{
    private const string SettingsFile = "run.json";

    private RunFolder(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Where predictions go, in the data set's own layout.</summary>
    public string Predictions => System.IO.Path.Combine(Path, "predictions");

    /// <summary>Opens a folder for an evaluation, new or begun earlier with the same settings.</summary>
    /// <param name="path">The folder; created if it doesn't exist.</param>
    /// <param name="settings">Everything that a video's result depends on, by name.</param>
    /// <exception cref="DatasetException">The folder holds an evaluation with other settings, or can't be written.</exception>
    public static RunFolder Open(string path, IReadOnlyDictionary<string, string> settings)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(settings);
        CreateFolder(path);
        var file = System.IO.Path.Combine(path, SettingsFile);
        if (File.Exists(file))
        {
            RequireEqual(path, ReportJson.Read<Dictionary<string, string>>(file), settings);
        }
        else
        {
            ReportJson.Write(file, settings);
        }

        return new RunFolder(path);
    }

    /// <summary>What was measured on a video; null if it isn't done.</summary>
    /// <exception cref="DatasetException">The stored result is damaged; the message names the file.</exception>
    public T? Find<T>(string video)
        where T : class
    {
        var file = FileOf(video);
        return File.Exists(file) ? ReportJson.Read<T>(file) : null;
    }

    /// <summary>Stores what was measured on a video, completely or not at all. From then on it counts as done.</summary>
    /// <exception cref="DatasetException">The file can't be written.</exception>
    public void Store<T>(string video, T result)
        where T : class
    {
        var file = FileOf(video);
        CreateFolder(System.IO.Path.GetDirectoryName(file)!);
        ReportJson.Write(file, result, compact: true);
    }

    /// <exception cref="DatasetException">The folder can't be created.</exception>
    internal static void CreateFolder(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"The folder {path} can't be created: {e.Message}", e);
        }
    }

    /// <summary>
    /// The path of something below a folder, by its name in the data set. A name may contain slashes, but must not lead out of the folder.
    /// </summary>
    /// <exception cref="DatasetException">The name leads out of the folder.</exception>
    internal static string Below(string folder, string name)
    {
        var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, name));
        return path.StartsWith(System.IO.Path.GetFullPath(folder) + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw new DatasetException($"The name '{name}' can't be used for results: it leads out of {folder}.");
    }

    private string FileOf(string video) => Below(System.IO.Path.Combine(Path, "videos"), video) + ".json";

    private static void RequireEqual(string path, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> now)
    {
        foreach (var name in before.Keys.Union(now.Keys))
        {
            var (was, given) = (before.GetValueOrDefault(name, "not set"), now.GetValueOrDefault(name, "not set"));
            if (was != given)
            {
                throw new DatasetException(
                    $"{path} holds an evaluation with other settings ({name} was '{was}' and is '{given}' now); use another folder, or delete this one.");
            }
        }
    }
}
