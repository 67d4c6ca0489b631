using System.CommandLine;
using System.Globalization;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Tracking.Policies;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary><c>sam2 eval vos</c>: semi-supervised tracking.</summary>
internal static class EvalVosCommand
{
    private static readonly string[] Prompts = [.. Enum.GetNames<PromptKind>().Select(name => name.ToLowerInvariant())];

    public static Command Create(CommandContext context)
    {
        var options = new EvaluationOptions();
        var prompt = new Option<string>("--prompt")
        {
            Description = "What the model is told of an object on the first frame that shows it. Clicks are placed at the object's centre, then at the centre of the largest error.",
            HelpName = string.Join('|', Prompts),
            DefaultValueFactory = _ => "mask",
        };
        prompt.AcceptOnlyFromAmong(Prompts);
        var allFrames = new Option<bool>("--all-frames")
        {
            Description = "Count the first and the last annotated frame too. Benchmarks of semi-supervised tracking skip them.",
        };
        var disjoint = new Option<bool>("--non-overlapping")
        {
            Description = "Give each pixel to the object with the highest logit only, as the original's tools/vos_inference.py does for data sets with a picture for all objects.",
        };
        var fillHoles = new Option<int>("--fill-holes")
        {
            Description = "Largest hole that is filled, in pixels of the model's low-resolution mask; 0, as in the original's evaluations, if not given.", HelpName = "N",
        };
        fillHoles.AtLeast(0);
        var memory = new MemoryOption();

        var command = new Command("vos", "Semi-supervised tracking: every object is prompted once and followed to the end. Ends with J&F, J and F in percent.");
        options.AddTo(command);
        options.AddVoidTo(command);
        foreach (var option in new Option[] { prompt, allFrames, disjoint, fillHoles })
        {
            command.Add(option);
        }

        memory.AddTo(command);

        command.SetAction(parsed => new VideoEvaluation(context).Run(options.Read(parsed), new VosRequest(
            Enum.Parse<PromptKind>(parsed.GetRequiredValue(prompt), ignoreCase: true), !parsed.GetValue(allFrames),
            parsed.GetValue(disjoint), parsed.GetValue(fillHoles), memory.Read(parsed))));
        return command;
    }
}

/// <summary>What <c>sam2 eval vos</c> was asked for.</summary>
/// <param name="Prompt">What the model is told of each object.</param>
/// <param name="SkipFirstAndLast">Whether the first and the last annotated frame don't count.</param>
/// <param name="NonOverlapping">Whether each pixel goes to one object only.</param>
/// <param name="FillHoles">Largest hole that is filled.</param>
/// <param name="Memory">How objects are remembered; as SAM 2 does when null.</param>
internal sealed record VosRequest(PromptKind Prompt, bool SkipFirstAndLast, bool NonOverlapping, int FillHoles, MemoryChoice? Memory)
{
    /// <summary>The protocol with these choices.</summary>
    public SemiSupervisedProtocol CreateProtocol() => new(new SemiSupervisedOptions
    {
        Prompt = Prompt, NonOverlappingMasks = NonOverlapping, FillHoleArea = FillHoles, Memory = Memory,
    });

    /// <summary>The choices on which a video's result depends. Which frames count is decided when the report is made.</summary>
    public void AddTo(Dictionary<string, string> settings)
    {
        settings["prompt"] = Prompt.ToString().ToLowerInvariant();
        settings["overlapping masks"] = NonOverlapping ? "no" : "yes";
        settings["filled holes"] = FillHoles.ToString(CultureInfo.InvariantCulture);
        if (Memory is not null) settings["memory"] = Memory.Text;
    }
}

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
