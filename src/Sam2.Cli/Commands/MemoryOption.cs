using System.CommandLine;
using System.CommandLine.Completions;
using Sam2.Torch.Configuration;
using Sam2.Torch.Tracking.Policies;

namespace Sam2.Cli.Commands;

/// <summary>The option that says how tracked objects are remembered.</summary>
internal sealed class MemoryOption
{
    private const string Name = "--memory";

    private readonly Option<string?> _option = new(Name)
    {
        Description = $"How objects are remembered: {string.Join(", ", MemoryPolicies.Names)}, with constants as in samurai:motion_weight=0.25,stable_frames=10. "
            + "As SAM 2 does if not given. docs/memory.md describes them.",
        HelpName = "NAME[:KEY=VALUE,...]",
    };

    public MemoryOption()
    {
        _option.CompletionSources.Add(_ => MemoryPolicies.Names.Select(name => new CompletionItem(name)));
        _option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (Refusal(token.Value) is { } refusal) result.AddError($"{Name}: {refusal}");
            }
        });
    }

    /// <summary>The option itself.</summary>
    public Option Option => _option;

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Add(_option);

    /// <summary>What the user gave; null for SAM 2's own memory.</summary>
    public MemoryChoice? Read(ParseResult parsed) => parsed.GetValue(_option) is { } text ? MemoryPolicies.Parse(text) : null;

    /// <summary>The option where several policies can be given, for a comparison.</summary>
    public static Option<string[]> Several()
    {
        var option = new Option<string[]>(Name)
        {
            Description = $"A memory policy, such as {string.Join(", ", MemoryPolicies.Names)} or samurai:motion_weight=0.25. May be repeated; the others are compared with the first. All if not given.",
            HelpName = "NAME[:KEY=VALUE,...]",
        };
        option.CompletionSources.Add(_ => MemoryPolicies.Names.Select(name => new CompletionItem(name)));
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (Refusal(token.Value) is { } refusal) result.AddError($"{Name}: {refusal}");
            }

            if (result.Tokens.Count == 1) result.AddError($"{Name}: {result.Tokens[0].Value} alone can't be compared; give another, or use eval vos");
            if (result.Tokens.DistinctBy(token => token.Value).Count() < result.Tokens.Count) result.AddError($"{Name}: give each policy once");
        });
        return option;
    }

    private static string? Refusal(string text)
    {
        try
        {
            _ = MemoryPolicies.Parse(text);
            return null;
        }
        catch (ConfigurationException e)
        {
            // Its file is the library's name for what this option holds.
            return e.Remedy.Length == 0 ? e.Cause : $"{e.Cause}. {e.Remedy}";
        }
    }
}
