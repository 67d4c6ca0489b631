using System.Diagnostics;

namespace Sam2.Cli.Tests.Tools;

/// <summary>Runs a script or program to its end and keeps what it said.</summary>
internal sealed record Script(int ExitCode, string Output, string Error)
{
    public static Script Run(string program, IEnumerable<string> arguments, Action<ProcessStartInfo>? prepare = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        prepare?.Invoke(start);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Script(process.ExitCode, output, error.Result);
    }

    public string LastLine => Output.TrimEnd('\n').Split('\n')[^1];
}
