using Sam2.Torch.Evaluation.Reports;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>Does what <c>sam2 eval vos</c> asks for.</summary>
internal sealed class VideoEvaluation(CommandContext context)
{
    public int Run(EvaluationRequest request, VosRequest vos)
    {
        var settings = request.Settings("semi-supervised tracking");
        vos.AddTo(settings);
        var protocol = vos.CreateProtocol();
        return new EvaluationSession<VideoResult>(context, request, settings).Run(protocol.Run, (shown, results) =>
        {
            shown["frames"] = vos.SkipFirstAndLast ? "without the first and last annotated" : "all annotated";
            return VideoReport.Create("vos", $"Semi-supervised tracking, {settings["prompt"]}: {request.Model.NameOrPath}", shown, results, vos.SkipFirstAndLast);
        });
    }
}
