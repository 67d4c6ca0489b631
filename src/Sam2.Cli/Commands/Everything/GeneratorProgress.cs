using Sam2.Torch.Prediction;

namespace Sam2.Cli.Commands.Everything;

/// <summary>Shows how far the mask generator has come.</summary>
/// <param name="line">Where.</param>
/// <param name="prefix">What comes before it, such as the frame.</param>
internal sealed class GeneratorProgress(ProgressLine line, string prefix = "") : IProgress<MaskGeneratorProgress>
{
    public void Report(MaskGeneratorProgress value) =>
        line.Update(() => $"{prefix}finding masks: point {value.PointsDone} of {value.Points}, {value.Candidates} candidates in this crop");
}
