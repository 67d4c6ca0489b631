using System.CommandLine;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary><c>sam2 eval score</c>: scores predictions from anywhere.</summary>
internal static class EvalScoreCommand
{
    public static Command Create(CommandContext context)
    {
        var truth = new Argument<string>("GT_ROOT")
        {
            Description = "The true masks: a folder per video with a palette PNG per frame (DAVIS) or a folder of PNGs per object (SA-V), or a data set's root.",
        };
        var predicted = new Argument<string>("PRED_ROOT") { Description = "The predictions, in the same layout." };
        var allFrames = new Option<bool>("--all-frames")
        {
            Description = "Count the first and the last annotated frame too. Benchmarks of semi-supervised tracking skip them.",
        };
        var videos = VideoList.CreateOption();
        var jobs = JobsOption.Create("How many videos are scored at once; as many as there are cores if not given.", Environment.ProcessorCount);
        var directory = new Option<string?>("--out", "-o") { Description = "Where report.json, report.md and report.html are written, if anywhere.", HelpName = "DIR" };

        var command = new Command("score", "Scores predictions from anywhere: a table of objects, then J&F, J and F in percent.") { truth, predicted };
        foreach (var option in new Option[] { allFrames, videos, jobs, directory })
        {
            command.Add(option);
        }

        command.SetAction(parsed => new Scoring(context).Run(new ScoreRequest(
            parsed.GetRequiredValue(truth), parsed.GetRequiredValue(predicted), parsed.GetValue(allFrames), VideoList.Read(parsed.GetValue(videos)),
            parsed.GetValue(jobs), parsed.GetValue(directory))));
        return command;
    }
}
