using System.Diagnostics;
using System.Runtime.Versioning;
using NUnit.Framework;
using Sam2.Cli.Tests.Tools;

namespace Sam2.Cli.Tests;

/// <summary>
/// A file that a program can open but gets nothing out of: a named pipe stands in its place. A program that needs the file gets exactly
/// this far, however fast it is, and can be killed there. Afterwards the file is back.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class BlockedFile : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly string _path;
    private readonly string _aside;
    private FileStream? _writer;

    public BlockedFile(string path)
    {
        (_path, _aside) = (path, path + ".aside");
        File.Move(_path, _aside);
        Assert.That(Script.Run("mkfifo", [_path]).ExitCode, Is.Zero);
    }

    /// <summary>Waits until a program has opened the file, which it then waits for.</summary>
    public void WaitForReader(Process program)
    {
        // A pipe opens for writing when somebody opens it for reading.
        var opened = Task.Run(() => new FileStream(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite));
        var watch = Stopwatch.StartNew();
        while (!opened.Wait(TimeSpan.FromMilliseconds(20)))
        {
            if (!program.HasExited && watch.Elapsed < Limit)
                continue;
            using (new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
                opened.Result.Dispose();
            Assert.Fail(program.HasExited ? $"the program ended with exit code {program.ExitCode} instead of reading {_path}" : $"nobody read {_path} in {Limit.TotalMinutes} minutes");
        }
        _writer = opened.Result;
    }

    public void Dispose()
    {
        _writer?.Dispose();
        File.Move(_aside, _path, overwrite: true);
    }
}
