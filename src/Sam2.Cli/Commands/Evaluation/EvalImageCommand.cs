using System.CommandLine;
using System.Globalization;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary><c>sam2 eval image</c>: promptable segmentation of images.</summary>
internal static class EvalImageCommand
{
    private static readonly string[] Prompts = ["click1", "click3", "click5", "box"];
    private static readonly string[] MultimaskUses = ["first-click", "always", "never"];

    public static Command Create(CommandContext context)
    {
        var options = new EvaluationOptions();
        var defaults = new ImageProtocolOptions();
        var prompt = new Option<string>("--prompt")
        {
            Description = "The prompt whose masks are stored and give J and F. The report has clicks, box, and box plus click in any case.",
            HelpName = string.Join('|', Prompts),
            DefaultValueFactory = _ => "click1",
        };
        prompt.AcceptOnlyFromAmong(Prompts);
        var clicks = new Option<int>("--clicks")
        {
            Description = "How many clicks are simulated on every object, each at the centre of the largest error. Where they don't suffice, NoC counts all of them. At least 5.",
            HelpName = "N",
            DefaultValueFactory = _ => defaults.Clicks,
        };
        clicks.AtLeast(5).AtMost(100);
        var stride = new Option<int>("--stride")
        {
            Description = "Stride over the annotated frames of a video: 1 takes each of them as an image, 2 every second one.", HelpName = "N", DefaultValueFactory = _ => defaults.FrameStride,
        };
        stride.AtLeast(1);
        var multimask = new Option<string>("--multimask")
        {
            Description = "When the model is asked for three masks, of which it chooses by predicted IoU and the oracle by the true one.",
            HelpName = string.Join('|', MultimaskUses),
            DefaultValueFactory = _ => MultimaskUses[0],
        };
        multimask.AcceptOnlyFromAmong(MultimaskUses);

        var command = new Command("image", "Promptable segmentation of images: clicks, boxes, and both. Ends with J&F, J (the IoU) and F of --prompt in percent.");
        options.AddTo(command);
        foreach (var option in new Option[] { prompt, clicks, stride, multimask })
        {
            command.Add(option);
        }

        command.SetAction(parsed => new ImageEvaluation(context).Run(options.Read(parsed), new ImageProtocolOptions
        {
            Prompt = Enum.Parse<PromptKind>(parsed.GetRequiredValue(prompt), ignoreCase: true),
            Clicks = parsed.GetValue(clicks),
            FrameStride = parsed.GetValue(stride),
            Multimask = (MultimaskUse)Array.IndexOf(MultimaskUses, parsed.GetRequiredValue(multimask)),
        }));
        return command;
    }
}

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
