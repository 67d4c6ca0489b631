using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Commands.Everything;

/// <summary>Shows how far the mask generator has come.</summary>
/// <param name="line">Where.</param>
/// <param name="prefix">Says what comes before it, such as the frame; null for nothing.</param>
internal sealed class GeneratorProgress(ProgressLine line, Func<string>? prefix = null) : IProgress<MaskGeneratorProgress>
{
    public void Report(MaskGeneratorProgress value) => line.Update(
        () => $"{prefix?.Invoke()}finding masks: point {value.PointsDone} of {value.Points}, {value.Candidates} candidates in this crop");
}
