using System.CommandLine;
using System.CommandLine.Completions;
using Sam2.Torch.Data;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>The options of every command that evaluates a model on a data set.</summary>
internal sealed class EvaluationOptions
{
    private readonly ModelOptions _model = new();
    private readonly Argument<string> _root = new("DATASET_ROOT") { Description = "The data set's folder, as it is unpacked, or procedural:count=16,seed=1,width=256,height=192,frames=48 for clips that are drawn on the fly." };
    private readonly Option<string?> _format = new("--format")
    {
        Description = "How the data set is laid out; found out by looking at the folder if not given.", HelpName = string.Join('|', DatasetFormats.Names),
    };
    private readonly Option<string?> _split = new("--split")
    {
        Description = "The part of the data set, such as val: a list or a folder that it has.", HelpName = "NAME",
    };
    private readonly Option<string?> _videos = VideoList.CreateOption();
    private readonly Option<int?> _limit = new("--limit") { Description = "Only the first so many videos.", HelpName = "N" };
    private readonly Option<int> _jobs = JobsOption.Create("How many videos are worked on at once. Scores don't depend on it.", 1);
    private readonly Option<string> _directory = new("--out", "-o")
    {
        Description = "Where predictions and reports are written. An evaluation that was stopped goes on there.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "eval",
    };

    private readonly Option<bool> _noPredictions = new("--no-predictions")
    {
        Description = "Don't store masks, which takes time and space where images have hundreds of objects. The report then has no pictures.",
    };

    public EvaluationOptions()
    {
        _format.CompletionSources.Add(_ => DatasetFormats.Names.Select(name => new CompletionItem(name)));
        _format.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && Refusal(result.Tokens[0].Value) is { } refusal)
            {
                result.AddError($"--format: {refusal}");
            }
        });
        _limit.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var limit) && limit < 1)
            {
                result.AddError($"--limit {limit}: at least 1 is needed");
            }
        });
    }

    public void AddTo(Command command)
    {
        command.Add(_root);
        _model.AddTo(command);
        foreach (var option in new Option[] { _format, _split, _videos, _limit, _jobs, _directory, _noPredictions })
        {
            command.Add(option);
        }
    }

    public EvaluationRequest Read(ParseResult parsed) => new(
        parsed.GetRequiredValue(_root), parsed.GetValue(_format)?.ToLowerInvariant(),
        parsed.GetValue(_split), VideoList.Read(parsed.GetValue(_videos)), parsed.GetValue(_limit), _model.Read(parsed),
        parsed.GetValue(_jobs), parsed.GetRequiredValue(_directory), !parsed.GetValue(_noPredictions));

    /// <summary>What is wrong with the name of a format; null if there is such a format, built in or registered.</summary>
    private static string? Refusal(string format)
    {
        try
        {
            DatasetFormats.Require(format);
            return null;
        }
        catch (DatasetException e)
        {
            return e.Message;
        }
    }
}
