using System.CommandLine;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary><c>sam2 eval</c>: measures models and predictions by the field's protocols and metrics.</summary>
internal static class EvalCommand
{
    public static Command Create(CommandContext context) => new(
        "eval", "Measures a model on a data set, or predictions from anywhere, by the benchmarks' protocols and metrics.")
    {
        EvalVosCommand.Create(context),
        EvalInteractiveCommand.Create(context),
        EvalImageCommand.Create(context),
        EvalScoreCommand.Create(context),
        EvalCompareCommand.Create(context),
    };
}
