using System.Globalization;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;

namespace Sam2.Cli.Commands.Evaluation;

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
        InteractiveProtocol protocol = online ? new OnlineProtocol(options) : new OfflineProtocol(options);
        return new EvaluationSession<VideoResult>(context, request, settings).Run(protocol.Run, (shown, results) =>
        {
            shown["frames"] = skipFirstAndLast ? "without the first and last annotated" : "all annotated";
            return InteractiveReport.Create($"Interactive, {mode}: {request.Model.NameOrPath}", shown, results, skipFirstAndLast);
        });
    }
}
