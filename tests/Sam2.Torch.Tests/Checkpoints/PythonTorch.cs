using System.Diagnostics;
using NUnit.Framework;

namespace Sam2.Torch.Tests.Checkpoints;

/// <summary>Runs Python with PyTorch, where it is installed.</summary>
internal static class PythonTorch
{
    private static readonly Lazy<bool> Installed = new(() => Start("import torch").Exit == 0);

    /// <summary>Runs a script; skips the test, with the reason, where there is no PyTorch for Python.</summary>
    /// <returns>What it printed.</returns>
    public static string Run(string script)
    {
        if (!Installed.Value)
            Assert.Ignore("python3-torch is not installed: what Python makes of the file was not checked.");
        var (exit, output, error) = Start(script);
        Assert.That(exit, Is.Zero, error);
        return output;
    }

    private static (int Exit, string Output, string Error) Start(string script)
    {
        try
        {
            var info = new ProcessStartInfo("/usr/bin/python3", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(info)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.Result);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (-1, "", e.Message);
        }
    }
}
