using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;

namespace Sam2.Torch.Training.FineTuning;

/// <summary>What a model makes of pictures: scores of every object, and the masks after one click.</summary>
/// <param name="Pictures">One entry per picture.</param>
public sealed record FineTuneScores(IReadOnlyList<FineTuneScores.Picture> Pictures)
{
    private const int Clicks = 3;

    /// <summary>The scores by name: mean IoUs over all objects, 0 to 1.</summary>
    public IReadOnlyList<(string Name, double Value)> Means =>
    [
        ("mIoU, one click", Mean(o => o.ClickIous[0])),
        ("mIoU, three clicks", Mean(o => o.ClickIous[Clicks - 1])),
        ("mIoU, a box", Mean(o => o.BoxIou)),
    ];

    /// <summary>The number of objects.</summary>
    public int Objects => Pictures.Sum(picture => picture.Result.Objects.Count);

    /// <summary>Measures a model by the protocol of images: clicks at the centre of the largest error, and a box.</summary>
    /// <param name="model">The model, in evaluation mode.</param>
    /// <param name="pictures">The pictures.</param>
    /// <param name="progress">Told how many are done.</param>
    /// <param name="cancellationToken">Ends the work between two pictures.</param>
    /// <exception cref="DatasetException">An annotation is missing or damaged.</exception>
    public static FineTuneScores Measure(Sam2Model model, IReadOnlyList<IAnnotatedVideo> pictures, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        var protocol = new ImageProtocol(new() { Clicks = Clicks });
        var results = new List<Picture>();
        foreach (var picture in pictures)
        {
            progress?.Report(results.Count);
            var masks = new Kept();
            var result = protocol.Run(model, picture, new VideoObserver(masks, CancellationToken: cancellationToken));
            results.Add(new Picture(result, masks.Masks));
        }
        return new(results);
    }

    private double Mean(Func<ImageObjectResult, double> value) => Pictures.SelectMany(picture => picture.Result.Objects).Select(value).DefaultIfEmpty(double.NaN).Average();

    /// <summary>What was measured on a picture.</summary>
    /// <param name="Result">The scores of its objects.</param>
    /// <param name="Masks">The masks after one click, by object.</param>
    public sealed record Picture(ImageResult Result, IReadOnlyDictionary<int, BinaryMask> Masks)
    {
        /// <summary>Mean IoU after one click.</summary>
        public double ClickIou => Result.Objects.Select(o => o.ClickIous[0]).DefaultIfEmpty(double.NaN).Average();
    }

    private sealed class Kept : IPredictionSink
    {
        public IReadOnlyDictionary<int, BinaryMask> Masks { get; private set; } = new Dictionary<int, BinaryMask>();

        public void Write(int frame, IReadOnlyDictionary<int, BinaryMask> masks) => Masks = masks;
    }
}
