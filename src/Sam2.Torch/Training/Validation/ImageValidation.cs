using Sam2.Torch.Datasets;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Validation;

/// <summary>
/// Interactive segmentation of images (paper, section 6.2): one click in the middle of the object, then clicks in the middle of
/// the largest error, each with the last prediction as input.
/// </summary>
internal static class ImageValidation
{
    /// <summary>Mean IoU over all objects after so many clicks.</summary>
    /// <param name="model">The model, in evaluation mode.</param>
    /// <param name="images">Images; of videos, the first frame.</param>
    /// <param name="clicks">Numbers of clicks after which the IoU is wanted, ascending.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>The mean IoU for each number of clicks; not a number where there is no object.</returns>
    public static IReadOnlyList<double> Score(Sam2Model model, IEnumerable<IAnnotatedVideo> images, IReadOnlyList<int> clicks, CancellationToken cancellation)
    {
        var ious = clicks.Select(_ => new List<double>()).ToList();
        using var predictor = new ImagePredictor(model);
        foreach (var image in images)
        {
            var objects = image.ReadMasks(0).Values.Where(mask => mask.Area > 0).ToList();
            if (objects.Count == 0)
                continue;
            predictor.SetImage(image.ReadFrame(0));
            foreach (var truth in objects)
            {
                cancellation.ThrowIfCancellationRequested();
                var reached = Interact(predictor, truth, clicks);
                for (var i = 0; i < clicks.Count; i++)
                    ious[i].Add(reached[i]);
            }
        }
        return [.. ious.Select(list => list.DefaultIfEmpty(double.NaN).Average())];
    }

    private static List<double> Interact(ImagePredictor predictor, BinaryMask truth, IReadOnlyList<int> clicks)
    {
        using var scope = NewDisposeScope();
        var points = new List<PointPrompt>();
        var reached = new List<double>();
        var predicted = new BinaryMask(truth.Height, truth.Width);
        Tensor? logits = null;
        while (reached.Count < clicks.Count)
        {
            var (x, y, foreground) = PromptSampler.CentreOfError(truth, predicted);
            points.Add(new PointPrompt(x, y, foreground));
            var prediction = predictor.Predict(new ObjectPrompt { Points = [.. points], MaskLogits = logits }, multimask: points.Count == 1);
            var best = prediction.Scores[0].argmax().item<long>();
            predicted = BinaryMask.FromTensor(prediction.Masks[0, best]);
            logits = prediction.LowResLogits[0, best];
            if (points.Count == clicks[reached.Count])
                reached.Add(predicted.Iou(truth));
        }
        return reached;
    }
}
