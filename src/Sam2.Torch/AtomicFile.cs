using System.Text.RegularExpressions;

namespace Sam2.Torch;

/// <summary>Writes a file completely or not at all: into a temporary file beside it, which is then renamed.</summary>
public static partial class AtomicFile
{
    /// <summary>Something else than this class writes some temporary files, ffmpeg videos for example, and doesn't lock them.</summary>
    private static readonly TimeSpan UnlockedAge = TimeSpan.FromDays(1);

    private static readonly string[] VideoEndings = [".mp4", ".m4v", ".mov", ".mkv"];

    /// <summary>An unused file name in the folder of <paramref name="path"/>, with the same extension.</summary>
    public static string TemporaryNameFor(string path)
    {
        var full = Path.GetFullPath(path);
        return Path.Combine(
            Path.GetDirectoryName(full)!,
            $".{Path.GetFileNameWithoutExtension(full)}.{Guid.NewGuid():N}.tmp{Path.GetExtension(full)}");
    }

    /// <summary>Creates or replaces <paramref name="path"/> with what <paramref name="write"/> writes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="describe">Makes the exception to throw when the file system refuses; an existing file is unchanged then.</param>
    /// <param name="flushToDisk">False for small files that are written by the thousand, such as masks, which would mostly wait for the disk.</param>
    public static void Write(string path, Action<FileStream> write, Func<Exception, Exception> describe, bool flushToDisk = true)
    {
        var temporary = TemporaryNameFor(path);
        // The system's own message would name the temporary file.
        if (Path.GetDirectoryName(temporary) is { } folder && !Directory.Exists(folder))
            throw describe(new DirectoryNotFoundException($"there is no folder {folder}"));
        if (flushToDisk) RemoveLeftovers(Path.GetDirectoryName(temporary)!, Path.GetFileName(path));
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 20))
            {
                write(stream);
                stream.Flush(flushToDisk);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e)
        {
            DeleteQuietly(temporary);
            if (e is IOException or UnauthorizedAccessException) throw describe(e);
            throw;
        }
    }

    /// <summary>
    /// Removes temporary files that a process left in a folder because it was killed while it wrote. Those that are being written stay,
    /// and so does what can't be removed.
    /// </summary>
    /// <param name="folder">The folder; those in it are not looked at.</param>
    /// <param name="of">The file name whose temporary files are removed; all when null.</param>
    /// <param name="alone">Whether nobody else writes in the folder: videos and folders, which nothing locks, then go at once and not after a day.</param>
    public static void RemoveLeftovers(string folder, string? of = null, bool alone = false)
    {
        try
        {
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos(".*.tmp*"))
            {
                if (TemporaryName().Match(entry.Name) is { Success: true } match
                    && (of is null || match.Groups["name"].Value + match.Groups["ending"].Value == of))
                    RemoveUnlessInUse(entry, alone);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whatever is wrong with the folder, writing to it will tell.
        }
    }

    private static void RemoveUnlessInUse(FileSystemInfo entry, bool alone)
    {
        try
        {
            if (entry is FileInfo && !VideoEndings.Contains(entry.Extension))
            {
                // Fails if a process is writing it, for that has it locked.
                using (new FileStream(entry.FullName, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                    entry.Delete();
            }
            else if (alone || DateTime.UtcNow - entry.LastWriteTimeUtc > UnlockedAge)
            {
                if (entry is DirectoryInfo directory) directory.Delete(recursive: true);
                else entry.Delete();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In use, or someone else's.
        }
    }

    private static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to report.
        }
    }

    [GeneratedRegex(@"^\.(?<name>.*)\.[0-9a-f]{32}\.tmp(?<ending>\.[^.]*)?$")]
    private static partial Regex TemporaryName();
}
