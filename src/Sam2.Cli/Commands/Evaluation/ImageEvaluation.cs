using System.Globalization;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>Does what <c>sam2 eval image</c> asks for.</summary>
internal sealed class ImageEvaluation(CommandContext context)
{
    public int Run(EvaluationRequest request, ImageProtocolOptions options)
    {
        var settings = request.Settings("images");
        settings["prompt"] = options.Prompt.ToString().ToLowerInvariant();
        settings["clicks"] = options.Clicks.ToString(CultureInfo.InvariantCulture);
        settings["stride"] = options.FrameStride.ToString(CultureInfo.InvariantCulture);
        settings["multimask"] = options.Multimask.ToString();
        return new EvaluationSession<ImageResult>(context, request, settings).Run(
            new ImageProtocol(options).Run, (shown, results) => ImageReport.Create($"Images: {request.Model.NameOrPath}", shown, results));
    }
}
