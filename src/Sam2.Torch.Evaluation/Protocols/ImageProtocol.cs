using System.Diagnostics;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using static TorchSharp.torch;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>What the paper leaves open about promptable segmentation of images.</summary>
public sealed record ImageProtocolOptions
{
    /// <summary>The prompt whose masks are stored and give J and F. Not a mask, which would leave nothing to measure.</summary>
    public PromptKind Prompt { get; init; } = PromptKind.Click1;

    /// <summary>How many clicks are simulated on every object; RITM's 20.</summary>
    public int Clicks { get; init; } = 20;

    /// <summary>Stride over the annotated frames of a video: 1 takes each of them as an image, 2 every second one.</summary>
    public int FrameStride { get; init; } = 1;

    /// <summary>When the model is asked for three masks, of which it chooses the one it thinks best.</summary>
    public MultimaskUse Multimask { get; init; } = MultimaskUse.FirstClick;
}

/// <summary>When a model is asked for three masks instead of one.</summary>
public enum MultimaskUse
{
    /// <summary>For a single click, which may mean the whole, a part or a subpart, as in the paper.</summary>
    FirstClick,

    /// <summary>For every prompt.</summary>
    Always,

    /// <summary>Never; the oracle then has no choice either.</summary>
    Never,
}

/// <summary>
/// Promptable segmentation of images, object by object: clicks at the centre of the largest error, each refining the answer to the
/// ones before, a box, and a box with a click. Videos are taken frame by frame.
/// </summary>
public sealed class ImageProtocol
{
    /// <summary>How many objects the model is asked for at once. It bounds memory; answers don't depend on it.</summary>
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
            observer.CancellationToken.ThrowIfCancellationRequested();
            watch.Start();
            var image = video.ReadFrame(frames[i]);
            predictor.SetImage(image);
            watch.Stop();

            var truth = video.ReadTruth(frames[i], image.Width, image.Height).Where(o => o.Value.Area > 0).OrderBy(o => o.Key).ToList();
            var predicted = new Dictionary<int, BinaryMask>();
            foreach (var batch in truth.Chunk(ObjectBatch))
            {
                observer.CancellationToken.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                var measured = Measure(predictor, [.. batch.Select(o => o.Value)], watch);
                for (int o = 0; o < batch.Length; o++)
                {
                    predicted[batch[o].Key] = measured[o].Answer;
                    results.Add(measured[o].Result with { Frame = video.FrameName(frames[i]), Object = video.NameInScores(batch[o].Key) });
                }
            }

            observer.Predictions?.Write(frames[i], predicted);
            observer.Progress?.Report((i + 1.0) / frames.Count);
        }

        return new ImageResult(video.Name, results, new EvaluationSpeed(frames.Count, watch.Elapsed.TotalSeconds, observer.PeakMemory?.Invoke() ?? 0));
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
                "", "", t.Area, [.. clicks.Select(c => c[o].Mask.Iou(t))], [.. clicks.Select(c => MaskMetrics.BoundaryIou(c[o].Mask, t))], clicks[0][o].OracleIou(t),
                box[o].Mask.Iou(t), MaskMetrics.BoundaryIou(box[o].Mask, t), box[o].OracleIou(t), boxClick[o].Mask.Iou(t),
                MaskMetrics.RegionSimilarity(answer, t), MaskMetrics.BoundaryAccuracy(answer, t)), answer);
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

/// <summary>Everything that was measured on one image, or on the frames of one video taken as images.</summary>
/// <param name="Video">Its name.</param>
/// <param name="Objects">Every object of every frame that shows it.</param>
/// <param name="Speed">What it cost; the frames are those encoded.</param>
public sealed record ImageResult(string Video, IReadOnlyList<ImageObjectResult> Objects, EvaluationSpeed Speed);

/// <summary>What was measured of one object of one image. IoUs are fractions, 0 to 1.</summary>
/// <param name="Frame">The frame's name.</param>
/// <param name="Object">The object's name.</param>
/// <param name="Area">Pixels of the true mask.</param>
/// <param name="ClickIous">IoU after 1, 2, … clicks.</param>
/// <param name="ClickBoundaryIous">Boundary IoU after 1, 2, … clicks.</param>
/// <param name="OracleIou">IoU of the best of the masks that the first click gave, whichever the model preferred.</param>
/// <param name="BoxIou">IoU with a box.</param>
/// <param name="BoxBoundaryIou">Boundary IoU with a box.</param>
/// <param name="BoxOracleIou">IoU of the best of the masks that the box gave.</param>
/// <param name="BoxClickIou">IoU with a box and a click at the centre of what the box left wrong.</param>
/// <param name="J">IoU with the prompt that was asked for.</param>
/// <param name="F">Boundary accuracy with the prompt that was asked for.</param>
public sealed record ImageObjectResult(
    string Frame, string Object, long Area, IReadOnlyList<double> ClickIous, IReadOnlyList<double> ClickBoundaryIous, double OracleIou,
    double BoxIou, double BoxBoundaryIou, double BoxOracleIou, double BoxClickIou, double J, double F);

/// <summary>What the model answered to one prompt: all its masks, and which of them it thinks best.</summary>
/// <param name="Masks">One mask or three.</param>
/// <param name="Choice">Index of the one with the highest predicted IoU.</param>
/// <param name="Logits">The chosen one's logits, <c>[h, w]</c>, which a later prompt can refine.</param>
internal sealed record ImageAnswer(IReadOnlyList<BinaryMask> Masks, int Choice, Tensor Logits)
{
    /// <summary>The mask that the model thinks best.</summary>
    public BinaryMask Mask => Masks[Choice];

    /// <summary>The IoU of the best mask, whichever the model preferred.</summary>
    public double OracleIou(BinaryMask truth) => Masks.Max(m => m.Iou(truth));

    /// <summary>Asks for several objects of the predictor's image. The logits belong to the caller's dispose scope.</summary>
    public static ImageAnswer[] Ask(ImagePredictor predictor, IReadOnlyList<ObjectPrompt> prompts, bool multimask)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var prediction = predictor.Predict(prompts, multimask);
        var choices = prediction.Scores.argmax(1).cpu().data<long>().ToArray();
        var masks = BinaryMask.FromTensors(prediction.Masks);
        int perObject = masks.Length / prompts.Count;
        var answers = new ImageAnswer[prompts.Count];
        for (int i = 0; i < answers.Length; i++)
        {
            int choice = (int)choices[i];
            answers[i] = new ImageAnswer(
                masks[(i * perObject)..((i + 1) * perObject)], choice, prediction.LowResLogits[i][choice].clone().MoveToOuterDisposeScope());
        }

        return answers;
    }
}
