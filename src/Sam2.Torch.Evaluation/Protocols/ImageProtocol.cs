using System.Diagnostics;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using static TorchSharp.torch;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>
/// Promptable segmentation of images, object by object: clicks at the centre of the largest error, each refining the answer to the
/// ones before, a box, and a box with a click. Videos are taken frame by frame.
/// </summary>
public sealed class ImageProtocol
{
    /// <summary>Objects that are asked for at once. It bounds memory; answers don't depend on it.</summary>
    private const int ObjectBatch = 16;

    private readonly ImageProtocolOptions _options;

    /// <summary>Creates the protocol.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public ImageProtocol(ImageProtocolOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.FrameStride, 1);
        int needed = options.Prompt switch { PromptKind.Click5 => 5, PromptKind.Click3 => 3, _ => 1 };
        if (options.Clicks < needed)
            throw new ArgumentException($"{options.Clicks} clicks are too few for the prompt {options.Prompt}; give {needed} or more.", nameof(options));
        if (options.Prompt == PromptKind.Mask)
            throw new ArgumentException("A mask as the prompt of an image leaves nothing to measure; give clicks or a box.", nameof(options));
        _options = options;
    }

    /// <summary>Runs the protocol on an image, or on the annotated frames of a video.</summary>
    /// <param name="model">The model, in evaluation mode.</param>
    /// <param name="video">The image or video with its true masks.</param>
    /// <param name="observer">Takes predictions and progress.</param>
    /// <exception cref="DatasetException">An annotation is missing or damaged; the message names the file.</exception>
    /// <exception cref="OperationCanceledException">The observer's token was cancelled.</exception>
    public ImageResult Run(Sam2Model model, IAnnotatedVideo video, VideoObserver observer)
    {
        ArgumentNullException.ThrowIfNull(video);
        ArgumentNullException.ThrowIfNull(observer);
        var frames = Enumerable.Range(0, video.FrameCount).Where(video.IsAnnotated).Where((_, i) => i % _options.FrameStride == 0).ToList();
        var results = new List<ImageObjectResult>();
        var watch = new Stopwatch();
        using var predictor = new ImagePredictor(model);
        for (int i = 0; i < frames.Count; i++)
        {
            observer.Cancellation.ThrowIfCancellationRequested();
            watch.Start();
            var image = video.ReadFrame(frames[i]);
            predictor.SetImage(image);
            watch.Stop();

            var truth = AnnotationReader.Read(video, frames[i], image.Width, image.Height).Where(o => o.Value.Area > 0).OrderBy(o => o.Key).ToList();
            var predicted = new Dictionary<int, BinaryMask>();
            foreach (var batch in truth.Chunk(ObjectBatch))
            {
                using var scope = NewDisposeScope();
                var measured = Measure(predictor, [.. batch.Select(o => o.Value)], watch);
                for (int o = 0; o < batch.Length; o++)
                {
                    predicted[batch[o].Key] = measured[o].Answer;
                    results.Add(measured[o].Result with { Frame = video.FrameName(frames[i]), Object = ObjectScorer.NameOf(video, batch[o].Key) });
                }
            }

            observer.Predictions?.Write(frames[i], predicted);
            observer.Progress?.Invoke((i + 1.0) / frames.Count);
        }

        return new ImageResult(video.Name, results, new ReportSpeed(frames.Count, watch.Elapsed.TotalSeconds, observer.PeakMemory?.Invoke() ?? 0));
    }

    /// <summary>Measures some objects of the predictor's image.</summary>
    private (ImageObjectResult Result, BinaryMask Answer)[] Measure(ImagePredictor predictor, BinaryMask[] truth, Stopwatch watch)
    {
        ImageAnswer[] Ask(ObjectPrompt[] prompts, bool isFirstClick)
        {
            watch.Start();
            var answers = ImageAnswer.Ask(
                predictor, prompts, _options.Multimask == MultimaskUse.Always || (isFirstClick && _options.Multimask == MultimaskUse.FirstClick));
            watch.Stop();
            return answers;
        }

        var clicks = SimulateClicks(truth, Ask);
        var box = Ask([.. truth.Select(t => new ObjectPrompt { Box = SimulatedUser.Box(t) })], isFirstClick: false);
        var boxClick = Ask([.. truth.Select((t, o) => new ObjectPrompt
        {
            Box = SimulatedUser.Box(t),
            Points = SimulatedUser.NextClick(t, box[o].Mask) is { } click ? [click] : [],
            MaskLogits = box[o].Logits,
        })], isFirstClick: false);

        return [.. truth.Select((t, o) =>
        {
            var answer = _options.Prompt == PromptKind.Box ? box[o].Mask : clicks[SimulatedUser.ClicksOf(_options.Prompt) - 1][o].Mask;
            return (new ImageObjectResult(
                "", "", t.Area, [.. clicks.Select(c => c[o].Mask.Iou(t))], [.. clicks.Select(c => BoundaryIou.Of(c[o].Mask, t))], clicks[0][o].OracleIou(t),
                box[o].Mask.Iou(t), BoundaryIou.Of(box[o].Mask, t), box[o].OracleIou(t), boxClick[o].Mask.Iou(t),
                RegionSimilarity.Of(answer, t), BoundaryAccuracy.Of(answer, t)), answer);
        })];
    }

    /// <summary>The answers of all objects after 1, 2, … clicks. An object whose answer is right is left as it is.</summary>
    private List<ImageAnswer[]> SimulateClicks(BinaryMask[] truth, Func<ObjectPrompt[], bool, ImageAnswer[]> ask)
    {
        var points = Array.ConvertAll(truth, t => new List<PointPrompt> { SimulatedUser.NextClick(t)!.Value });
        var answers = ask([.. points.Select(p => new ObjectPrompt { Points = [.. p] })], true);
        var all = new List<ImageAnswer[]> { answers };
        while (all.Count < _options.Clicks)
        {
            answers = (ImageAnswer[])answers.Clone();
            var wrong = Enumerable.Range(0, truth.Length)
                .Select(o => (o, click: SimulatedUser.NextClick(truth[o], answers[o].Mask))).Where(w => w.click is not null).ToList();
            if (wrong.Count > 0)
            {
                wrong.ForEach(w => points[w.o].Add(w.click!.Value));
                var corrected = ask([.. wrong.Select(w => new ObjectPrompt { Points = [.. points[w.o]], MaskLogits = answers[w.o].Logits })], false);
                for (int i = 0; i < wrong.Count; i++) answers[wrong[i].o] = corrected[i];
            }

            all.Add(answers);
        }

        return all;
    }
}
