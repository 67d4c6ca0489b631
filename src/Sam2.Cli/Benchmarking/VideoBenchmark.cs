using Sam2.Torch.Configuration;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TorchSharp;

namespace Sam2.Cli.Benchmarking;

/// <summary>How fast an object is followed through a video in one precision.</summary>
/// <param name="Precision"><c>fp32</c>, <c>tf32</c>, <c>bf16</c> or <c>fp16</c>.</param>
/// <param name="FramesPerSecond">Frames per second, from image encoder to mask.</param>
/// <param name="DeviceMemoryBytes">Memory of the device in use afterwards; null where it isn't known.</param>
/// <param name="PeakMemoryBytes">The process's largest resident set meanwhile, in bytes.</param>
public sealed record VideoSpeed(string Precision, double FramesPerSecond, long? DeviceMemoryBytes, long PeakMemoryBytes);

/// <summary>
/// Times a <see cref="VideoSession"/> with one object. Frames are in memory already, at the model's size, as in Meta's measurement, so that
/// neither decoding nor resizing counts.
/// </summary>
public static class VideoBenchmark
{
    /// <summary>The precisions, most precise first. tf32 is fp32 whose products CUDA may round to 10 bits.</summary>
    public static readonly IReadOnlyList<string> Precisions = ["fp32", "tf32", "bf16", "fp16"];

    /// <summary>Pictures that are shown in turn.</summary>
    private const int Pictures = 4;

    /// <summary>Measures one precision.</summary>
    /// <param name="create">Makes the model, in a type of numbers.</param>
    /// <param name="precision">One of <see cref="Precisions"/>.</param>
    /// <param name="frames">Frames that are timed, at least 1.</param>
    /// <param name="warmUp">Frames before them, at least 1: memories fill up, and kernels are chosen.</param>
    /// <param name="cancellationToken">Stops between two frames.</param>
    /// <exception cref="CliException">tf32 is asked for on another device than CUDA.</exception>
    public static VideoSpeed Measure(
        Func<torch.ScalarType, Sam2Model> create, string precision, int frames, int warmUp, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(create);
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(warmUp, 1);
        using var model = create(TypeOf(precision));
        if (precision == "tf32" && model.Device.type != DeviceType.CUDA)
            throw new CliException($"tf32 is a way to compute on CUDA devices; leave it out, or use --device cuda instead of {model.Device}");

        using var products = new TensorFloat32(precision == "tf32");
        PeakMemory.Reset();
        using var session = new VideoSession(model, new RepeatedPictures(model.Config.ImageSize, warmUp + frames), new() { RememberedAroundFirst = 0 });
        session.AddPoints(0, 1, [new PointPrompt(model.Config.ImageSize / 2f, model.Config.ImageSize / 2f)]);
        using var tracked = session.Propagate(cancellationToken: cancellationToken).GetEnumerator();
        for (var i = 0; i < warmUp; i++) tracked.MoveNext();
        DeviceClock.Wait(model.Device);
        var seconds = DeviceClock.Seconds(() =>
        {
            for (var i = 0; i < frames; i++) tracked.MoveNext();
            DeviceClock.Wait(model.Device);
        });
        return new(precision, frames / seconds, DeviceMemory.Used(model.Device), PeakMemory.Read());
    }

    private static torch.ScalarType TypeOf(string precision) => precision switch
    {
        "fp32" or "tf32" => torch.ScalarType.Float32,
        "bf16" => torch.ScalarType.BFloat16,
        "fp16" => torch.ScalarType.Float16,
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, $"{precision} is none of {string.Join(", ", Precisions)}."),
    };

    /// <summary>Allows or forbids TensorFloat-32 while it lives. libtorch allows it for convolutions unless told otherwise.</summary>
    private sealed class TensorFloat32 : IDisposable
    {
        private readonly bool _products = torch.backends.cuda.matmul.allow_tf32, _convolutions = torch.backends.cudnn.allow_tf32;

        public TensorFloat32(bool allowed) => Set(allowed, allowed);

        public void Dispose() => Set(_products, _convolutions);

        private static void Set(bool products, bool convolutions) =>
            (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) = (products, convolutions);
    }

    /// <summary>A video of a few pictures that come again and again.</summary>
    private sealed class RepeatedPictures(int side, int frames) : IFrameSource
    {
        // The drawn picture depends on its width: those of wider ones differ.
        private readonly RgbImage[] _pictures = [.. Enumerable.Range(0, Pictures).Select(i => Crop(BenchmarkPicture.Draw(side + i, side), side))];

        public int? FrameCount => frames;

        public int Width => side;

        public int Height => side;

        public RgbImage? Read(int frame) => frame >= 0 && frame < frames ? _pictures[frame % Pictures] : null;

        private static RgbImage Crop(RgbImage image, int side)
        {
            var cropped = new RgbImage(side, side);
            for (var y = 0; y < side; y++) image.Row(y)[..(3 * side)].CopyTo(cropped.Row(y));
            return cropped;
        }
    }
}

/// <summary>Speeds that Meta publishes for SAM 2.1, in frames per second on an NVIDIA A100.</summary>
public static class PublishedSpeed
{
    private static readonly (Sam2Config Config, double FramesPerSecond)[] All =
        [(Sam2Presets.Tiny, 91.2), (Sam2Presets.Small, 84.8), (Sam2Presets.BasePlus, 64.1), (Sam2Presets.Large, 39.5)];

    /// <summary>The speed of an architecture; null if it is none of the published ones. That of 2.0 models is nearly the same.</summary>
    public static double? Of(Sam2Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        foreach (var (published, speed) in All)
        {
            // Hiera's width and stages.
            if (config.ImageSize == published.ImageSize && config.ImageEncoder.Trunk.Summary == published.ImageEncoder.Trunk.Summary) return speed;
        }

        return null;
    }
}
