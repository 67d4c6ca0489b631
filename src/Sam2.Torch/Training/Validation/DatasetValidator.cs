using System.Globalization;
using Sam2.Torch.Datasets;
using Sam2.Torch.Modeling;

namespace Sam2.Torch.Training.Validation;

/// <summary>Measures tracking on videos and interactive segmentation on images.</summary>
/// <param name="videos">Annotated videos; empty for none.</param>
/// <param name="prompts">How objects of videos are given.</param>
/// <param name="images">Annotated images; empty for none.</param>
/// <param name="clicks">Numbers of clicks on images, ascending.</param>
public sealed class DatasetValidator(
    IReadOnlyList<IAnnotatedVideo> videos, IReadOnlyList<VideoPrompt> prompts, IReadOnlyList<IAnnotatedVideo> images, IReadOnlyList<int> clicks) : IValidator
{
    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, double>> Validate(Sam2Model model, CancellationToken cancellation)
    {
        var scores = new List<KeyValuePair<string, double>>();
        if (videos.Count > 0)
            foreach (var prompt in prompts)
            {
                var score = VideoValidation.Score(model, videos, prompt, cancellation);
                var name = SnakeCaseName.Of(prompt.ToString());
                scores.Add(new($"video_{name}_j&f", score.JAndF));
                scores.Add(new($"video_{name}_j", score.J));
            }
        if (images.Count > 0)
            foreach (var (count, iou) in clicks.Zip(ImageValidation.Score(model, images, clicks, cancellation)))
                scores.Add(new(string.Create(CultureInfo.InvariantCulture, $"image_{count}_click{(count == 1 ? "" : "s")}_miou"), iou));
        // J alone is told as well, but J&F has it in it already.
        var mean = scores.Where(score => !score.Key.EndsWith("_j", StringComparison.Ordinal)).Average(score => score.Value);
        return [new("mean", mean), .. scores];
    }
}
