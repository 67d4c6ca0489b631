using System.Globalization;
using Sam2.Torch.Configuration;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Modeling;
using Sam2.Torch.Tracking.Policies;

namespace Sam2.Torch.Training.Validation;

/// <summary>Measures a model between training steps. <see cref="DatasetValidator"/> measures it as the benchmarks do.</summary>
public interface IValidator
{
    /// <summary>Measures the model on data that it is not trained on.</summary>
    /// <param name="model">A copy of the model, in evaluation mode and in float32.</param>
    /// <param name="cancellationToken">Stops the measurement.</param>
    /// <returns>At least one score by name, where higher is better; the first decides which weights are the best.</returns>
    IReadOnlyList<KeyValuePair<string, double>> Validate(Sam2Model model, CancellationToken cancellationToken = default);
}

/// <summary>
/// Measures tracking on videos (<see cref="SemiSupervisedProtocol"/>) and interactive segmentation on images
/// (<see cref="ImageProtocol"/>), by the same protocols as an evaluation.
/// </summary>
/// <param name="videos">Annotated videos; empty for none.</param>
/// <param name="prompts">How objects of videos are prompted.</param>
/// <param name="images">Annotated images; empty for none.</param>
/// <param name="clicks">Numbers of clicks on images after which masks are measured.</param>
public sealed class DatasetValidator(
    IReadOnlyList<IAnnotatedVideo> videos, IReadOnlyList<PromptKind> prompts, IReadOnlyList<IAnnotatedVideo> images, IReadOnlyList<int> clicks) : IValidator
{
    /// <summary>How tracked objects are remembered; as SAM 2 does when null.</summary>
    public MemoryChoice? Memory { get; init; }

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, double>> Validate(Sam2Model model, CancellationToken cancellationToken = default)
    {
        var observer = new VideoObserver(CancellationToken: cancellationToken);
        var (main, details) = (new List<KeyValuePair<string, double>>(), new List<KeyValuePair<string, double>>());
        if (videos.Count > 0)
            foreach (var prompt in prompts)
            {
                var (j, f) = Track(model, prompt, observer);
                var name = $"video_{Spelling.InFiles(prompt.ToString())}";
                main.Add(new($"{name}_j&f", (j + f) / 2));
                details.Add(new($"{name}_j", j));
            }
        if (images.Count > 0 && clicks.Count > 0)
        {
            var protocol = new ImageProtocol(new() { Clicks = clicks.Max() });
            var objects = images.SelectMany(image => protocol.Run(model, image, observer).Objects).ToList();
            foreach (var count in clicks)
                main.Add(new(string.Create(CultureInfo.InvariantCulture, $"image_{count}_click{(count == 1 ? "" : "s")}_miou"), Mean(objects.Select(o => o.ClickIous[count - 1]))));
        }
        return [new("mean", Mean(main.Select(score => score.Value))), .. main, .. details];
    }

    private (double J, double F) Track(Sam2Model model, PromptKind prompt, VideoObserver observer)
    {
        var protocol = new SemiSupervisedProtocol(new() { Prompt = prompt, Memory = Memory });
        var objects = videos.SelectMany(video => protocol.Run(model, video, observer).Rounds[^1].Objects)
            .Select(o => o.Conclude(skipFirstAndLast: true)).OfType<ObjectScore>().ToList();
        return (Mean(objects.Select(o => o.J)), Mean(objects.Select(o => o.F)));
    }

    private static double Mean(IEnumerable<double> values) => values.DefaultIfEmpty(double.NaN).Average();
}
