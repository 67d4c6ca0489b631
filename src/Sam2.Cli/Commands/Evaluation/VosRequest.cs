using System.Globalization;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Modeling;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>What <c>sam2 eval vos</c> was asked for.</summary>
/// <param name="Prompt">What the model is told of each object.</param>
/// <param name="SkipFirstAndLast">Whether the first and the last annotated frame don't count.</param>
/// <param name="NonOverlapping">Whether each pixel goes to one object only.</param>
/// <param name="FillHoles">Largest hole that is filled.</param>
internal sealed record VosRequest(PromptKind Prompt, bool SkipFirstAndLast, bool NonOverlapping, int FillHoles)
{
    /// <summary>The protocol with these choices.</summary>
    public SemiSupervisedProtocol CreateProtocol() => new(new SemiSupervisedOptions
    {
        Prompt = Prompt, NonOverlappingMasks = NonOverlapping, FillHoleArea = FillHoles,
    });

    /// <summary>The choices on which a video's result depends. Which frames count is decided when the report is made.</summary>
    public void AddTo(Dictionary<string, string> settings)
    {
        settings["prompt"] = Prompt.ToString().ToLowerInvariant();
        settings["overlapping masks"] = NonOverlapping ? "no" : "yes";
        settings["filled holes"] = FillHoles.ToString(CultureInfo.InvariantCulture);
    }
}
