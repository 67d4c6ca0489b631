using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sam2.Torch;

namespace Sam2.Cli.Output;

/// <summary>
/// The results of a run on their way into the folder that the user named. An output folder belongs to one run: results are written
/// to a hidden folder inside it, and put in place when the run has succeeded, where they replace all that an earlier run left. A run
/// that fails or is killed leaves the earlier results as they were. Files that no run wrote are never touched: a run that would have
/// to replace one is refused before it starts.
/// </summary>
internal sealed class RunOutput : IDisposable
{
    /// <summary>Where the results of an unfinished run go while those of an earlier one are in the folder.</summary>
    public const string Unfinished = "unfinished";

    private const string Prefix = ".sam2-", NewFolder = Prefix + "new", PartPrefix = Prefix + "part-", DoneFolder = Prefix + "done", LockFile = Prefix + "lock";

    private static readonly JsonSerializerOptions WithFields = new() { IncludeFields = true };

    private readonly string _command;
    private readonly string? _settings;
    private readonly bool _replaces;
    private readonly List<string> _created;
    private readonly HashSet<string> _named = new(StringComparer.Ordinal);
    private readonly FileStream _lock;
    private readonly RunManifest? _earlier;
    private bool _isComplete;

    private RunOutput(string folder, string command, string? settings, bool restart, IEnumerable<string> planned)
    {
        (Folder, _command, _settings) = (folder, command, settings);
        _created = MissingFolders(folder);
        OutputFolder.Create(folder);
        try
        {
            _lock = Lock(folder);
            try
            {
                RefuseOtherRuns(folder);
                PutInPlace(folder);
                _earlier = RunManifest.Read(folder);
                _replaces = restart || settings is null || _earlier is null || _earlier.Command != command || _earlier.Settings != settings;
                RefuseToReplace(planned);
                Staging = Path.Combine(folder, settings is null ? NewFolder : PartPrefix + settings);
                foreach (var left in Directory.GetDirectories(folder, Prefix + "*"))
                {
                    if (left != Staging || settings is null || restart) Directory.Delete(left, recursive: true);
                }

                OutputFolder.Create(Staging);
                // Of a run that was killed. The lock is held, so nobody else writes here.
                foreach (var written in Directory.GetDirectories(Staging, "*", SearchOption.AllDirectories).Prepend(Staging)) AtomicFile.RemoveLeftovers(written, alone: true);
            }
            catch
            {
                Unlock();
                throw;
            }
        }
        catch (Exception e)
        {
            RemoveCreated();
            if (e is IOException or UnauthorizedAccessException) throw CannotUse(e);
            throw;
        }
    }

    /// <summary>The folder that the user named.</summary>
    public string Folder { get; }

    /// <summary>Where the run writes its files, with the names that they will have in <see cref="Folder"/>.</summary>
    public string Staging { get; }

    /// <summary>The run of these settings that has finished and is being continued; null if there is none.</summary>
    public RunManifest? Continued => _replaces ? null : _earlier;

    /// <summary>Starts a run that begins anew each time.</summary>
    /// <param name="folder">Where its results go.</param>
    /// <param name="command">The command's name.</param>
    /// <param name="planned">What it is known to write, relative to the folder; folders end in a slash.</param>
    /// <exception cref="CliException">
    /// The folder can't be used, belongs to an evaluation or a training run, is in use by another run, or holds a planned file that no run wrote.
    /// </exception>
    public static RunOutput Begin(string folder, string command, params IEnumerable<string> planned) => new(folder, command, null, restart: true, planned);

    /// <summary>Starts a run that continues an earlier one of the same settings, interrupted or finished.</summary>
    /// <param name="folder">Where its results go.</param>
    /// <param name="command">The command's name.</param>
    /// <param name="settings">All that results depend on; serialised, so a record or an anonymous object.</param>
    /// <param name="restart">Whether to begin anew all the same.</param>
    /// <param name="planned">What it is known to write, relative to the folder; folders end in a slash.</param>
    /// <exception cref="CliException">As <see cref="Begin"/>.</exception>
    public static RunOutput Continue(string folder, string command, object settings, bool restart, IEnumerable<string> planned) =>
        new(folder, command, Fingerprint(settings), restart, planned);

    /// <summary>A short fingerprint of settings.</summary>
    public static string Fingerprint(object settings) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(settings, WithFields))))[..12];

    /// <summary>Where to write a file that the user named: with the results if it is to lie in their folder, and replacing what is there.</summary>
    public string PathFor(string file)
    {
        var relative = Path.GetRelativePath(Folder, file);
        if (Path.IsPathRooted(relative) || relative.StartsWith("..", StringComparison.Ordinal)) return file;
        _named.Add(relative.Replace('\\', '/'));
        return Path.Combine(Staging, relative);
    }

    /// <summary>Puts the results in place. What an earlier run left goes, unless this run continued it.</summary>
    /// <exception cref="CliException">A file is in the way that no run wrote, or the file system refuses.</exception>
    public void Complete() => Complete(keepsEarlier: Continued is not null);

    /// <summary>Keeps what a run had done when it failed: in the folder, or below it where it holds the results of an earlier run.</summary>
    /// <returns>Where it is.</returns>
    /// <exception cref="CliException">As <see cref="Complete()"/>.</exception>
    public string CompletePartly()
    {
        if (_earlier is null)
        {
            Complete();
            return Folder;
        }

        Guard(() =>
        {
            var entries = Directory.GetFileSystemEntries(Staging);
            Directory.CreateDirectory(Path.Combine(Staging, Unfinished));
            foreach (var entry in entries) Directory.Move(entry, Path.Combine(Staging, Unfinished, Path.GetFileName(entry)));
        });
        Complete(keepsEarlier: true);
        return Path.Combine(Folder, Unfinished);
    }

    /// <summary>Forgets what the run has written so far, which is worth nothing.</summary>
    public void Discard() => Guard(() =>
    {
        if (Directory.Exists(Staging)) Directory.Delete(Staging, recursive: true);
    });

    /// <summary>Ends the run. What a run that can be continued has written stays for it, hidden; other unfinished results go.</summary>
    public void Dispose()
    {
        if (!_isComplete && Directory.Exists(Staging) && (_settings is null || !Directory.EnumerateFileSystemEntries(Staging).Any()))
        {
            Quietly(() => Directory.Delete(Staging, recursive: true));
        }

        Unlock();
        RemoveCreated();
    }

    private void Complete(bool keepsEarlier) => Guard(() =>
    {
        string[] files = [.. Directory.GetFiles(Staging, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Staging, file).Replace('\\', '/'))
            .Where(file => file != RunManifest.FileName).Order(StringComparer.Ordinal)];
        foreach (var file in files) RefuseToReplace(file);
        var kept = keepsEarlier && _earlier is not null ? _earlier.Files.Where(file => !file.StartsWith(Unfinished + "/", StringComparison.Ordinal)) : [];
        var (command, settings) = _earlier is not null && keepsEarlier ? (_earlier.Command, _earlier.Settings) : (_command, _settings);
        new RunManifest(command, settings, [.. kept.Union(files)]).Write(Staging);

        // From here on the results are complete: who finds this folder puts them in place, whatever happens in between.
        Directory.Move(Staging, Path.Combine(Folder, DoneFolder));
        _isComplete = true;
        PutInPlace(Folder);
    });

    /// <summary>Moves the results of a run that has succeeded to their places. Can be repeated from any point at which it was cut off.</summary>
    private static void PutInPlace(string folder)
    {
        var done = Path.Combine(folder, DoneFolder);
        if (RunManifest.Read(done) is { } next)
        {
            foreach (var stale in (RunManifest.Read(folder)?.Files ?? []).Except(next.Files)) Remove(folder, stale);
            foreach (var file in next.Files.Where(file => File.Exists(Path.Combine(done, file))))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, file))!);
                File.Move(Path.Combine(done, file), Path.Combine(folder, file), overwrite: true);
            }

            File.Move(Path.Combine(done, RunManifest.FileName), Path.Combine(folder, RunManifest.FileName), overwrite: true);
        }

        if (Directory.Exists(done)) Directory.Delete(done, recursive: true);
    }

    /// <summary>Deletes a result of an earlier run, and the folders that are empty then.</summary>
    private static void Remove(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        if (File.Exists(path)) File.Delete(path);
        for (var above = Path.GetDirectoryName(file); !string.IsNullOrEmpty(above); above = Path.GetDirectoryName(above))
        {
            var directory = Path.Combine(folder, above);
            if (!Directory.Exists(directory)) continue;
            if (Directory.EnumerateFileSystemEntries(directory).Any()) break;
            Directory.Delete(directory);
        }
    }

    private void RefuseToReplace(IEnumerable<string> planned)
    {
        foreach (var path in planned) RefuseToReplace(path);
    }

    /// <summary>Refuses to replace what no run wrote, and to mix results with other files in a folder of the same name.</summary>
    /// <param name="path">A file, or with a slash at its end a folder.</param>
    private void RefuseToReplace(string path)
    {
        if (_named.Contains(path)) return;
        var full = Path.Combine(Folder, path);
        bool isForeign = path.EndsWith('/') ? HoldsOthers(full) : IsOther(path) || (Directory.Exists(full) && (HoldsOthers(full) || HoldsNothing(full)));
        for (var above = Path.GetDirectoryName(path); !isForeign && !string.IsNullOrEmpty(above); above = Path.GetDirectoryName(above))
        {
            if (IsOther(above)) (isForeign, full) = (true, Path.Combine(Folder, above));
        }

        if (isForeign)
        {
            throw new CliException(
                $"{Path.TrimEndingDirectorySeparator(full)} is in the way: no earlier run recorded in {Folder} wrote {(path.EndsWith('/') ? "all of it" : "it")}, so it isn't replaced; move it away, or name another folder with --out");
        }
    }

    /// <summary>Whether there is such a file and no run wrote it.</summary>
    private bool IsOther(string path) => File.Exists(Path.Combine(Folder, path)) && _earlier?.Owns(path) != true;

    private bool HoldsOthers(string directory) =>
        Directory.Exists(directory) && Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Any(file => IsOther(Path.GetRelativePath(Folder, file)));

    private static bool HoldsNothing(string directory) => !Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Any();

    /// <summary>Evaluations and training runs have folders of their own, which they continue.</summary>
    private static void RefuseOtherRuns(string folder)
    {
        var kind = File.Exists(Path.Combine(folder, "run.json")) && Directory.Exists(Path.Combine(folder, "videos")) ? "an evaluation"
            : File.Exists(Path.Combine(folder, "checkpoint.pt")) && File.Exists(Path.Combine(folder, "recipe.yaml")) ? "a training run" : null;
        if (kind is not null) throw new CliException($"{folder} holds {kind}; name another folder with --out");
    }

    private static FileStream Lock(string folder)
    {
        var file = Path.Combine(folder, LockFile);
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(file))
        {
            throw new CliException($"another run is writing to {folder}; wait for it, or name another folder with --out", e);
        }
    }

    private void Unlock()
    {
        _lock.Dispose();
        Quietly(() => File.Delete(Path.Combine(Folder, LockFile)));
    }

    private void RemoveCreated()
    {
        if (!_isComplete) _created.ForEach(folder => Quietly(() => Directory.Delete(folder)));
    }

    /// <summary>The folders that have to be created, the innermost first.</summary>
    private static List<string> MissingFolders(string folder)
    {
        var missing = new List<string>();
        for (var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)); path is not null && !Directory.Exists(path); path = Path.GetDirectoryName(path)) missing.Add(path);
        return missing;
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotUse(e);
        }
    }

    private CliException CannotUse(Exception e) => new($"results can't be written to {Folder}: {e.Message}", e);

    /// <summary>For cleaning up, where the failure that led there is the one to report.</summary>
    private static void Quietly(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing is lost but tidiness.
        }
    }
}
