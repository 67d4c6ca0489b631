using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking;
using TorchSharp;

namespace Sam2.Cli.Benchmarking;

/// <summary>What a model does for one picture of 800×600 pixels, piece by piece.</summary>
public sealed class ModelWorkloads : IDisposable
{
    private const int PictureWidth = 800, PictureHeight = 600;
    private const int ClicksPerSide = 8;
    private const int GridPointsPerSide = 32;

    private readonly Sam2Model _model;
    private readonly torch.Tensor _normalised;
    private readonly ImagePredictor _predictor;
    private readonly ObjectTracker _tracker;
    private readonly RandomMemoryBank _memories;
    private ImageFeatures? _features;

    /// <summary>Prepares the workloads of a model; the picture is drawn, and only the architecture matters for the times.</summary>
    /// <param name="model">The model, in evaluation mode. It stays the caller's.</param>
    public ModelWorkloads(Sam2Model model)
    {
        _model = model;
        _normalised = torch.randn([1, 3, model.Config.ImageSize, model.Config.ImageSize], dtype: model.Precision, device: model.Device);
        _predictor = new ImagePredictor(model);
        _tracker = new ObjectTracker(model, new ObjectTrackerOptions());
        _memories = new RandomMemoryBank(model.Config, model.Device);
    }

    /// <summary>All workloads, in the order in which a user waits for them.</summary>
    public IReadOnlyList<Workload> All => [ImageEncoder, OneClick, ManyClicks, TrackOneObject, TrackFourObjects, Everything];

    /// <summary>The image encoder on one preprocessed picture.</summary>
    public Workload ImageEncoder => new("image_encoder", $"image encoder, {_model.Config.ImageSize}x{_model.Config.ImageSize}", () =>
    {
        using var inference = torch.inference_mode();
        using var features = _model.EncodeImage(_normalised);
        DeviceClock.Wait(_model.Device);
    });

    /// <summary>From a click on the encoded picture to one mask of the picture's size.</summary>
    public Workload OneClick => new("one_click", "one click", () => Predict([ObjectPrompt.FromPoints(new PointPrompt(400, 300))], multimask: false));

    /// <summary>From a grid of clicks, each an object of its own, to three masks each of the picture's size.</summary>
    public Workload ManyClicks => new("clicks_64_multimask", "64 clicks, multimask, 600x800", () => Predict(
        [.. Enumerable.Range(0, ClicksPerSide * ClicksPerSide).Select(i => ObjectPrompt.FromPoints(new PointPrompt(
            (i % ClicksPerSide + 0.5f) * PictureWidth / ClicksPerSide, (i / ClicksPerSide + 0.5f) * PictureHeight / ClicksPerSide)))],
        multimask: true));

    /// <summary>One object from one frame to the next with a full memory bank, without the image encoder.</summary>
    public Workload TrackOneObject => new("track_1", "tracking step, 1 object", () => Track(objects: 1));

    /// <summary>Four objects from one frame to the next with full memory banks, without the image encoder.</summary>
    public Workload TrackFourObjects => new("track_4", "tracking step, 4 objects", () => Track(objects: 4));

    /// <summary>
    /// From a picture to the masks of everything in it, the image encoder included. No mask is dropped for its scores, which say
    /// nothing where weights are random: all 3,072 candidates are brought to the picture's size, more than in any real picture.
    /// </summary>
    public Workload Everything => new(
        "everything_32", $"everything, {GridPointsPerSide}x{GridPointsPerSide} points, {PictureHeight}x{PictureWidth}", () =>
        {
            var generator = new MaskGenerator(
                _model, new() { PointsPerSide = GridPointsPerSide, PredIouThreshold = 0, StabilityScoreThreshold = 0 });
            generator.Generate(BenchmarkPicture.Draw(PictureWidth, PictureHeight));
            DeviceClock.Wait(_model.Device);
        }) { MaxRepeat = 2 };

    private void Track(int objects)
    {
        using var scope = torch.NewDisposeScope();
        using var inference = torch.inference_mode();
        _features ??= _model.EncodeImage(_normalised).DetachFromDisposeScope();
        var outputs = _tracker.Track(
            new FramePosition(_memories.TrackedFrame), _features, Enumerable.Repeat<IMemoryBank>(_memories, objects).ToArray());
        DeviceClock.Wait(_model.Device);
        foreach (var output in outputs)
        {
            output.Dispose();
        }
    }

    private void Predict(IReadOnlyList<ObjectPrompt> prompts, bool multimask)
    {
        if (_predictor.ImageCount == 0)
        {
            _predictor.SetImage(BenchmarkPicture.Draw(PictureWidth, PictureHeight));
        }

        using var prediction = _predictor.Predict(prompts, multimask);
        DeviceClock.Wait(_model.Device);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _predictor.Dispose();
        _memories.Dispose();
        _features?.Dispose();
        _normalised.Dispose();
    }
}
