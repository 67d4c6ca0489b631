using System.CommandLine;
using Sam2.Torch.Configuration;

namespace Sam2.Cli.Commands;

/// <summary>The option that replaces settings of a recipe.</summary>
internal static class SettingOption
{
    /// <summary>How the libraries name settings that come from no file.</summary>
    private const string Origin = "override";

    /// <summary><c>--set KEY=VALUE</c>.</summary>
    /// <param name="whose">What it says it sets, such as "A setting".</param>
    /// <param name="example">An example of the description.</param>
    public static Option<string[]> Create(string whose, string example) => new("--set")
    {
        Description = $"{whose} in place of the recipe's, such as {example}. May be repeated.",
        HelpName = "KEY=VALUE",
    };

    /// <summary>Reads a recipe with settings in place; what is wrong with these is said of the option.</summary>
    /// <exception cref="CliException">A setting is wrong.</exception>
    public static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ConfigurationException e) when (e.File == Origin || e.File.StartsWith(Origin + " ", StringComparison.Ordinal))
        {
            var text = e.File.Length > Origin.Length ? $"'{e.File[(Origin.Length + 1)..]}' " : "";
            throw new CliException($"--set {text}{e.Cause}{(e.Remedy.Length > 0 ? $". {e.Remedy}" : "")}", e) { ExitCode = ExitCode.Usage };
        }
    }

    /// <summary>Does what a recipe says. Values that only show to be impossible then are said of the option, too, if it gave them.</summary>
    /// <param name="settings">What <c>--set</c> gave.</param>
    /// <param name="run">What to do.</param>
    /// <exception cref="CliException">A setting is impossible.</exception>
    public static T Run<T>(IReadOnlyList<string>? settings, Func<T> run)
    {
        try
        {
            return run();
        }
        catch (ArgumentException e) when (settings?.FirstOrDefault(setting => e.Message.StartsWith(setting.Split('=')[0] + " ", StringComparison.Ordinal)) is { } setting)
        {
            throw new CliException($"--set {setting}: {ErrorLine.Flatten(e.Message)}", e) { ExitCode = ExitCode.Usage };
        }
    }
}
