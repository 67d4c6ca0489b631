using System.ComponentModel;
using System.Diagnostics;
using NUnit.Framework;

namespace TestSupport;

/// <summary>Runs Python with PyTorch, where it is installed.</summary>
public static class PythonTorch
{
    /// <summary>The first Python that has PyTorch: a distribution's package serves its own Python, which need not be the first on the path.</summary>
    private static readonly Lazy<string?> Python = new(() => Array.Find(["python3", "/usr/bin/python3", "python"], python => Start(python, "import torch").Exit == 0));

    /// <summary>Runs a script. Where there is no PyTorch for Python, skips the test, but in continuous integration fails it.</summary>
    /// <returns>What it printed.</returns>
    public static string Run(string script)
    {
        if (Python.Value is not { } python)
        {
            const string missing = "No Python with PyTorch is installed (Debian: apt-get install python3-torch), so what it makes of the file was not checked.";
            if (Environment.GetEnvironmentVariable("CI") == "true")
                Assert.Fail(missing);
            Assert.Ignore(missing);
            throw new UnreachableException();
        }
        var (exit, output, error) = Start(python, script);
        Assert.That(exit, Is.Zero, error);
        return output;
    }

    private static (int Exit, string Output, string Error) Start(string python, string script)
    {
        try
        {
            var info = new ProcessStartInfo(python, ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(info)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.Result);
        }
        catch (Win32Exception e)
        {
            return (-1, "", e.Message);
        }
    }
}
