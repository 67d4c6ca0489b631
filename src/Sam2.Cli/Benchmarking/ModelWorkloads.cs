using Sam2.Torch.Configuration;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking;
using TorchSharp;
using static TorchSharp.torch.nn.functional;

namespace Sam2.Cli.Benchmarking;

/// <summary>What a model does for one picture of 800×600 pixels, piece by piece, and from one frame to the next if it can.</summary>
public sealed class ModelWorkloads : IDisposable
{
    private const int PictureWidth = 800, PictureHeight = 600;
    private const int GridPointsPerSide = 32;

    private readonly IPromptableModel _model;
    private readonly torch.Tensor _normalised;
    private readonly ImagePredictor _predictor;
    private readonly Sam2Model? _video;
    private readonly ObjectTracker? _tracker;
    private readonly RandomMemoryBank? _memories;
    private ImageFeatures? _features;

    /// <summary>Prepares the workloads of a model; the picture is drawn, and only the architecture matters for the times.</summary>
    /// <param name="model">The model, in evaluation mode. It stays the caller's.</param>
    /// <param name="rememberedFrames">Frames that tracked objects are remembered on; as many as the model attends to when null.</param>
    public ModelWorkloads(IPromptableModel model, int? rememberedFrames = null)
    {
        _model = model;
        _normalised = torch.randn([1, 3, model.ImageSize, model.ImageSize], dtype: model.Precision, device: model.Device);
        _predictor = new ImagePredictor(model);
        if (model is not Sam2Model video) return;
        _video = video;
        _tracker = new ObjectTracker(video, new ObjectTrackerOptions());
        _memories = new RandomMemoryBank(video.Config, video.Device, rememberedFrames);
    }

    /// <summary>Stops the workload that takes minutes on a processor, <see cref="Everything"/>.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>All workloads that the model is able to do, in the order in which a user waits for them.</summary>
    public IReadOnlyList<Workload> All => _video is null
        ? [ImageEncoder, OneClick, ManyClicks, Everything]
        : [ImageEncoder, OneClick, ManyClicks, TrackOneObject, TrackFourObjects, Everything];

    /// <summary>The image encoder on one preprocessed picture.</summary>
    public Workload ImageEncoder => new("image_encoder", $"image encoder, {_model.ImageSize}x{_model.ImageSize}", () =>
    {
        using var inference = torch.inference_mode();
        using var features = _video is null ? _model.EncodePicture(_normalised) : _video.EncodeImage(_normalised);
        DeviceClock.Wait(_model.Device);
    });

    /// <summary>From a click on the encoded picture to one mask of the picture's size.</summary>
    public Workload OneClick => new("one_click", "one click", () => Predict([ObjectPrompt.FromPoints(new PointPrompt(400, 300))], multimask: false));

    /// <summary>From a grid of clicks, each an object of its own, to three masks each of the picture's size.</summary>
    public Workload ManyClicks => Clicks(64);

    /// <summary>One object from one frame to the next with a full memory bank, without the image encoder.</summary>
    public Workload TrackOneObject => TrackObjects(1);

    /// <summary>Four objects from one frame to the next with full memory banks, without the image encoder.</summary>
    public Workload TrackFourObjects => TrackObjects(4);

    /// <summary>
    /// From a picture to the masks of everything in it, the image encoder included. No mask is dropped for its scores, which say
    /// nothing where weights are random: all 3,072 candidates are brought to the picture's size, more than in any real picture.
    /// </summary>
    public Workload Everything => new(
        "everything_32", $"everything, {GridPointsPerSide}x{GridPointsPerSide} points, {PictureHeight}x{PictureWidth}", () =>
        {
            var generator = new MaskGenerator(
                _model, new() { PointsPerSide = GridPointsPerSide, PredIouThreshold = 0, StabilityScoreThreshold = 0 });
            generator.Generate(BenchmarkPicture.Draw(PictureWidth, PictureHeight), cancellationToken: Cancellation);
            DeviceClock.Wait(_model.Device);
        })
    { MaxRepeat = 2 };

    /// <summary>As <see cref="ManyClicks"/>, with as many clicks as wanted.</summary>
    /// <param name="count">At least 1.</param>
    public Workload Clicks(int count)
    {
        var side = (int)Math.Ceiling(Math.Sqrt(count));
        ObjectPrompt[] prompts = [.. Enumerable.Range(0, count).Select(i => ObjectPrompt.FromPoints(new PointPrompt(
            (i % side + 0.5f) * PictureWidth / side, (i / side + 0.5f) * PictureHeight / side)))];
        return new($"clicks_{count}_multimask", $"{count} clicks, multimask, {PictureHeight}x{PictureWidth}", () => Predict(prompts, multimask: true));
    }

    /// <summary>Some objects from one frame to the next, without the image encoder.</summary>
    /// <param name="count">At least 1.</param>
    public Workload TrackObjects(int count) => new($"track_{count}", $"tracking step, {count} object{(count == 1 ? "" : "s")}", () => Track(count));

    private void Track(int objects)
    {
        if (_video is null || _tracker is null || _memories is null) throw new InvalidOperationException("This model has no memory to track with.");
        using var scope = torch.NewDisposeScope();
        using var inference = torch.inference_mode();
        _features ??= _video.EncodeImage(_normalised).DetachFromDisposeScope();
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
        _memories?.Dispose();
        _features?.Dispose();
        _normalised.Dispose();
    }
}

/// <summary>An attention that the model computes often.</summary>
/// <param name="Name">Its name in reports.</param>
/// <param name="Title">Where in the model it occurs.</param>
/// <param name="Query"><c>[B, heads, queries, C]</c>.</param>
/// <param name="Keys">The number of keys and values per head.</param>
public sealed record AttentionShape(string Name, string Title, long[] Query, long Keys)
{
    /// <summary>Shapes of SAM 2.1 tiny at 1024×1024 pixels.</summary>
    public static IReadOnlyList<AttentionShape> All { get; } =
    [
        new("attention_memory", "attention, 4096 on 28736 tokens", [1, 1, 4096, 256], 28736),
        new("attention_windows", "attention, 64 windows of 196", [64, 1, 196, 96], 196),
        new("attention_global", "attention, 4096 tokens, 4 heads", [1, 4, 4096, 96], 4096),
    ];

    /// <summary>The attention on random numbers.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="precision">The type to compute in.</param>
    /// <param name="tensors">Receives the tensors to dispose of when the workload is no longer needed.</param>
    public Workload Create(torch.Device device, torch.ScalarType precision, ICollection<IDisposable> tensors)
    {
        var query = torch.randn(Query, dtype: precision, device: device);
        var key = torch.randn([Query[0], Query[1], Keys, Query[3]], dtype: precision, device: device);
        var value = torch.randn([Query[0], Query[1], Keys, Query[3]], dtype: precision, device: device);
        tensors.Add(query);
        tensors.Add(key);
        tensors.Add(value);
        return new Workload(Name, Title, () =>
        {
            using var inference = torch.inference_mode();
            using var result = scaled_dot_product_attention(query, key, value);
            DeviceClock.Wait(device);
        });
    }
}

/// <summary>A model of a published architecture with random weights: as fast as the trained one, without a download.</summary>
public static class RandomModel
{
    /// <summary>Builds a model, ready for inference.</summary>
    /// <param name="architecture">A name of <see cref="Sam2Presets.ByName"/>.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="precision">The type to compute in.</param>
    /// <exception cref="CliException">There is no such architecture.</exception>
    public static Sam2Model Create(string architecture, torch.Device device, torch.ScalarType precision) =>
        Create(Config(architecture), device, precision);

    /// <summary>Builds a model, ready for inference.</summary>
    /// <param name="architecture">The architecture.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="precision">The type to compute in.</param>
    public static Sam2Model Create(Sam2Config architecture, torch.Device device, torch.ScalarType precision)
    {
        torch.manual_seed(0);
        var model = new Sam2Model(architecture);
        model.eval();
        model.to(device);
        model.to(precision);
        return model;
    }

    /// <summary>Builds a model that makes masks in pictures, ready for inference.</summary>
    /// <param name="architecture">A name of <see cref="Sam2Presets.ByName"/> or of <see cref="SamPresets.ByName"/>.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="precision">The type to compute in.</param>
    /// <exception cref="CliException">There is no such architecture.</exception>
    public static IPromptableModel CreateForPictures(string architecture, torch.Device device, torch.ScalarType precision)
    {
        if (!SamPresets.ByName.TryGetValue(architecture, out var first)) return Create(architecture, device, precision);
        torch.manual_seed(0);
        var model = new SamModel(first);
        model.eval();
        model.to(device);
        model.to(precision);
        return model;
    }

    /// <summary>A published architecture.</summary>
    /// <param name="architecture">A name of <see cref="Sam2Presets.ByName"/>.</param>
    /// <exception cref="CliException">There is no such architecture.</exception>
    public static Sam2Config Config(string architecture) => Sam2Presets.ByName.TryGetValue(architecture, out var config)
        ? config
        : throw new CliException(SamPresets.ByName.ContainsKey(architecture)
            ? $"--random {architecture} is a model of the first Segment Anything, which has no memory; this needs one of {string.Join(", ", Sam2Presets.ByName.Keys)}"
            : $"--random '{architecture}' is no architecture; {string.Join(", ", Sam2Presets.ByName.Keys.Concat(SamPresets.ByName.Keys))} are");
}

/// <summary>A picture with edges and texture at every scale, the same on every machine.</summary>
public static class BenchmarkPicture
{
    /// <summary>Draws the picture.</summary>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    public static RgbImage Draw(int width, int height)
    {
        var image = new RgbImage(width, height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var red = 7 * x + 13 * y + 29 * ((x >> 4) ^ (y >> 4));
                var green = x * x / (width + 1) + 3 * y + 90 * ((x / 17 + y / 11) & 1);
                var blue = 5 * (x - y) + 41 * ((x >> 5) + (y >> 5));
                image[x, y] = new Rgb((byte)red, (byte)green, (byte)blue);
            }
        }

        return image;
    }
}
