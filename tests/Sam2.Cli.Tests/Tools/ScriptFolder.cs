using System.Diagnostics;
using System.Runtime.Versioning;
using TestSupport;

namespace Sam2.Cli.Tests.Tools;

/// <summary>A copy of tools/ in a folder of its own, and programs of the test's making that go before the machine's.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class ScriptFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private bool _bare;

    public ScriptFolder()
    {
        Directory.CreateDirectory(_folder.At("tools"));
        Directory.CreateDirectory(_folder.At("bin"));
        foreach (var file in Directory.GetFiles(RepositoryFiles.At("tools")))
        {
            File.Copy(file, _folder.At("tools", Path.GetFileName(file)));
        }
    }

    public string At(params string[] parts) => _folder.At(parts);

    /// <summary>Takes the machine's programs off the path, but for those that any system has.</summary>
    public void LeaveOnlyBasicPrograms()
    {
        _bare = true;
        var folders = Environment.GetEnvironmentVariable("PATH")!.Split(':');
        foreach (var name in (string[])["basename", "bash", "cat", "cut", "dirname", "env", "find", "grep", "head", "mkdir", "mv", "paste", "rm", "sed"])
        {
            File.CreateSymbolicLink(At("bin", name), folders.Select(folder => Path.Combine(folder, name)).First(File.Exists));
        }
    }

    /// <summary>Puts a program on the path: the body of a bash script.</summary>
    public void Program(string name, string body)
    {
        var path = _folder.At("bin", name);
        File.WriteAllText(path, "#!/usr/bin/env bash\n" + body + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Runs one of the tools with the given variables in its environment.</summary>
    public Script Run(string tool, string[] arguments, params (string Name, string? Value)[] environment) =>
        Script.Run("bash", [_folder.At("tools", tool), .. arguments], (ProcessStartInfo start) =>
        {
            start.Environment["PATH"] = _bare ? _folder.At("bin") : $"{_folder.At("bin")}:{Environment.GetEnvironmentVariable("PATH")}";
            start.Environment.Remove("TorchDevice");
            foreach (var (name, value) in environment)
            {
                start.Environment[name] = value;
            }
        });

    public void Dispose() => _folder.Dispose();
}
