using System.CommandLine;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>The option that says how many videos are worked on at once.</summary>
internal static class JobsOption
{
    public static Option<int> Create(string description, int fallback)
    {
        var option = new Option<int>("--jobs", "-j") { Description = description, HelpName = "N", DefaultValueFactory = _ => fallback };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var jobs) && jobs < 1)
            {
                result.AddError($"--jobs {jobs}: at least 1 is needed");
            }
        });
        return option;
    }
}
