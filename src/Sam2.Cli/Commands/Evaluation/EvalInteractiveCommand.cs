using System.CommandLine;
using System.Globalization;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary><c>sam2 eval interactive</c>: an annotator who corrects what is wrong.</summary>
internal static class EvalInteractiveCommand
{
    public static Command Create(CommandContext context)
    {
        var options = new EvaluationOptions();
        var defaults = new InteractiveOptions();
        var mode = new Option<string>("--mode")
        {
            Description = "offline: pass after pass, each followed by clicks on the worst frame. online: one pass that stops where the IoU is too low.",
            HelpName = "offline|online",
            DefaultValueFactory = _ => "offline",
        };
        mode.AcceptOnlyFromAmong("offline", "online");
        var frames = Number("--annotated-frames", "On how many frames each object is annotated at most.", defaults.AnnotatedFrames);
        var clicks = Number("--clicks", "Clicks on each annotated frame, each at the centre of the largest error.", defaults.ClicksPerFrame);
        var threshold = new Option<double>("--threshold")
        {
            Description = "Online: the IoU below which the pass stops.", HelpName = "IOU", DefaultValueFactory = _ => defaults.Threshold,
        };
        threshold.FromZeroToOne();
        var unconditioned = new Option<bool>("--corrections-do-not-condition")
        {
            Description = "Don't remember corrected frames as prompted ones, the default of the original's video predictor.",
        };
        var absent = new Option<bool>("--correct-absent") { Description = "Also correct frames on which the object isn't visible." };
        var remembered = new Option<int?>("--remembered-frames")
        {
            Description = "How many frames of each object are kept for later corrections, at 0.8 MB each for 1024x1024 pixels; all if not given.", HelpName = "N",
        };
        remembered.AtLeast(1);
        var inner = new Option<bool>("--skip-first-and-last") { Description = "Don't count the first and the last annotated frame." };

        var memory = new MemoryOption();

        var command = new Command(
            "interactive", "Interactive segmentation: clicks where it goes wrong. Ends with J&F, J and F in percent, means over 1, 2, … annotated frames.");
        options.AddTo(command);
        options.AddVoidTo(command);
        foreach (var option in new Option[] { mode, frames, clicks, threshold, unconditioned, absent, remembered, inner })
        {
            command.Add(option);
        }

        memory.AddTo(command);

        command.SetAction(parsed => new InteractiveEvaluation(context).Run(
            options.Read(parsed),
            new InteractiveOptions
            {
                AnnotatedFrames = parsed.GetValue(frames),
                ClicksPerFrame = parsed.GetValue(clicks),
                Threshold = parsed.GetValue(threshold),
                CorrectedFramesCondition = !parsed.GetValue(unconditioned),
                CorrectAbsent = parsed.GetValue(absent),
                RememberedFrames = parsed.GetValue(remembered),
                Memory = memory.Read(parsed),
            },
            parsed.GetRequiredValue(mode) == "online", parsed.GetValue(inner)));
        return command;
    }

    private static Option<int> Number(string name, string description, int fallback) =>
        new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => fallback }.AtLeast(1);
}

/// <summary>Does what <c>sam2 eval interactive</c> asks for.</summary>
internal sealed class InteractiveEvaluation(CommandContext context)
{
    public int Run(EvaluationRequest request, InteractiveOptions options, bool online, bool skipFirstAndLast)
    {
        var mode = online ? "online" : "offline";
        var settings = request.Settings($"interactive, {mode}");
        settings["annotated frames"] = options.AnnotatedFrames.ToString(CultureInfo.InvariantCulture);
        settings["clicks per frame"] = options.ClicksPerFrame.ToString(CultureInfo.InvariantCulture);
        if (online) settings["threshold"] = options.Threshold.ToString(CultureInfo.InvariantCulture);
        settings["corrections condition"] = options.CorrectedFramesCondition ? "yes" : "no";
        settings["absent objects are corrected"] = options.CorrectAbsent ? "yes" : "no";
        settings["remembered frames"] = options.RememberedFrames?.ToString(CultureInfo.InvariantCulture) ?? "all";
        if (options.Memory is not null) settings["memory"] = options.Memory.Text;
        InteractiveProtocol protocol = online ? new OnlineProtocol(options) : new OfflineProtocol(options);
        return new EvaluationSession<VideoResult>(context, request, settings).Run(protocol.Run, (shown, results) =>
        {
            shown["frames"] = skipFirstAndLast ? "without the first and last annotated" : "all annotated";
            return InteractiveReport.Create($"Interactive, {mode}: {request.Model.NameOrPath}", shown, results, skipFirstAndLast);
        });
    }
}
