using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data.Annotation.Boxes;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TorchSharp;

namespace Sam2.Cli.Benchmarking;

/// <summary>A model as <c>sam2 compare</c> sees it: it makes masks of pictures, with prompts or without.</summary>
public abstract class ComparedModel : IDisposable
{
    /// <summary>What kind of model it is, in words.</summary>
    public abstract string Kind { get; }

    /// <summary>Size of the file, in bytes.</summary>
    public abstract long FileBytes { get; }

    /// <summary>The number of weights.</summary>
    public abstract long ParameterCount { get; }

    /// <summary>Side of the square that the network gets, in pixels.</summary>
    public abstract int ImageSize { get; }

    /// <summary>Ending of the files whose code is run: who names one says that it is trusted.</summary>
    public const string TorchScriptEnding = ".torchscript";

    /// <summary>Loads a model.</summary>
    /// <param name="nameOrPath">A checkpoint's name or file, or a TorchScript file that is named as one.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="precision">The type to compute in; TorchScript files keep theirs.</param>
    /// <param name="pointsPerSide">Points along each side of the grid with which a prompted model finds everything.</param>
    /// <param name="cancellationToken">Stops what the model does with a picture.</param>
    /// <exception cref="CliException">It is a TorchScript file with another ending than <see cref="TorchScriptEnding"/>.</exception>
    public static ComparedModel Load(
        string nameOrPath, torch.Device device, torch.ScalarType precision, int pointsPerSide, CancellationToken cancellationToken = default)
    {
        if (nameOrPath.EndsWith(TorchScriptEnding, StringComparison.OrdinalIgnoreCase)) return new UnpromptedModel(nameOrPath, device, cancellationToken);
        if (InstanceSegmenter.IsTorchScript(nameOrPath))
            throw new CliException($"{nameOrPath} holds a TorchScript program, which would run; if you trust it, give it a name that ends in {TorchScriptEnding}");
        return new PromptedModel(nameOrPath, device, precision, pointsPerSide, cancellationToken);
    }

    /// <summary>What is timed on a picture: encoding it, a click, and everything in it.</summary>
    public abstract IReadOnlyList<Workload> Workloads(RgbImage picture);

    /// <summary>The masks that stand for clicks, each an object of its own.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="clicks">Points in pixels of it.</param>
    /// <param name="wanted">
    /// The first model's masks of the same clicks. A model without prompts answers with those of its masks that fit them best. Null for the first
    /// model itself: one without prompts answers then with the most certain of its masks around the click.
    /// </param>
    public abstract IReadOnlyList<CocoRle> Answer(RgbImage picture, IReadOnlyList<PointPrompt> clicks, IReadOnlyList<CocoRle>? wanted);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>A model that is prompted: SAM 2, the first Segment Anything, or MobileSAM.</summary>
internal sealed class PromptedModel : ComparedModel
{
    private readonly IPromptableModel _model;
    private readonly ImagePredictor _predictor;
    private readonly int _pointsPerSide;
    private readonly CancellationToken _cancellation;

    public PromptedModel(string nameOrPath, torch.Device device, torch.ScalarType precision, int pointsPerSide, CancellationToken cancellationToken)
    {
        _cancellation = cancellationToken;
        using (var checkpoint = Checkpoint.Open(ModelFiles.Resolve(nameOrPath))) FileBytes = checkpoint.FileLength;
        _pointsPerSide = pointsPerSide;
        _model = ModelLoader.LoadForPictures(nameOrPath, device: device, precision: precision);
        _predictor = new ImagePredictor(_model);
    }

    public override string Kind => _model switch
    {
        SamModel { Config.TinyViT: not null } => "MobileSAM",
        SamModel => "SAM",
        _ => "SAM 2",
    };

    public override long FileBytes { get; }

    public override long ParameterCount => _model.Module.parameters().Sum(parameter => parameter.numel());

    public override int ImageSize => _model.ImageSize;

    public override IReadOnlyList<Workload> Workloads(RgbImage picture)
    {
        ObjectPrompt[] click = [ObjectPrompt.FromPoints(new PointPrompt(picture.Width / 2f, picture.Height / 2f))];
        return
        [
            new("encode", "picture to embedding", () =>
            {
                _predictor.SetImage(picture);
                DeviceClock.Wait(_model.Device);
            }),
            new("one_click", "one click to one mask", () =>
            {
                using var prediction = _predictor.Predict(click, multimask: false);
                DeviceClock.Wait(_model.Device);
            }),
            new("everything", $"everything, {_pointsPerSide}x{_pointsPerSide} points", () =>
            {
                new MaskGenerator(_model, new() { PointsPerSide = _pointsPerSide }).Generate(picture, cancellationToken: _cancellation);
                DeviceClock.Wait(_model.Device);
            })
            { MaxRepeat = 2 },
        ];
    }

    public override IReadOnlyList<CocoRle> Answer(RgbImage picture, IReadOnlyList<PointPrompt> clicks, IReadOnlyList<CocoRle>? wanted)
    {
        _predictor.SetImage(picture);
        var masks = new List<CocoRle>();
        foreach (var some in clicks.Chunk(16))
        {
            _cancellation.ThrowIfCancellationRequested();
            using var prediction = _predictor.Predict([.. some.Select(click => ObjectPrompt.FromPoints(click))], multimask: false);
            masks.AddRange(BinaryMask.FromTensors(prediction.Masks).Select(CocoRle.Encode));
        }

        return masks;
    }

    public override void Dispose()
    {
        _predictor.Dispose();
        _model.Dispose();
    }
}

/// <summary>A model without prompts: FastSAM or YOLO-seg, as TorchScript.</summary>
internal sealed class UnpromptedModel(string path, torch.Device device, CancellationToken cancellationToken) : ComparedModel
{
    private readonly InstanceSegmenter _network = new(path, device: device);

    public override string Kind => "TorchScript";

    public override long FileBytes { get; } = new FileInfo(path).Length;

    public override long ParameterCount => _network.ParameterCount;

    public override int ImageSize => _network.ImageSize;

    /// <summary>It makes all masks at once: there is nothing before them, and no click.</summary>
    public override IReadOnlyList<Workload> Workloads(RgbImage picture) =>
    [
        new("everything", "everything", () =>
        {
            _network.Segment(picture, cancellationToken);
            DeviceClock.Wait(device);
        }),
    ];

    public override IReadOnlyList<CocoRle> Answer(RgbImage picture, IReadOnlyList<PointPrompt> clicks, IReadOnlyList<CocoRle>? wanted)
    {
        List<(CocoRle Rle, BinaryMask Mask)> masks = [.. _network.Segment(picture, cancellationToken).Select(found => found.Shape!.ToRle()).Select(rle => (rle, rle.Decode()))];
        var nothing = CocoRle.Encode(new BinaryMask(picture.Height, picture.Width));
        return [.. clicks.Select((click, i) => wanted is null ? Around(click) : Best(wanted[i]))];

        // A mask that has nothing in common with the wanted one is no answer to it.
        CocoRle Best(CocoRle mask) => masks.Select(found => found.Rle).Where(rle => rle.Iou(mask) > 0).MaxBy(rle => rle.Iou(mask)) ?? nothing;

        CocoRle Around(PointPrompt click)
        {
            var (x, y) = ((int)Math.Min(click.X, picture.Width - 1), (int)Math.Min(click.Y, picture.Height - 1));
            return masks.FirstOrDefault(mask => mask.Mask[y, x]).Rle ?? nothing;
        }
    }

    public override void Dispose() => _network.Dispose();
}
