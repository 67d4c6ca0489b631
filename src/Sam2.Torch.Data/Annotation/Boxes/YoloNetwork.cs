using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using static TorchSharp.torch;

namespace Sam2.Torch.Data.Annotation.Boxes;

/// <summary>
/// A YOLO network exported as TorchScript (Ultralytics' <c>format=torchscript</c>): takes a letterboxed picture, gives
/// <c>[1, 4 + classes + k, anchors]</c> with centre, width and height in its pixels, a confidence per class, and, of a network that makes
/// masks, k numbers that weigh its prototypes <c>[1, k, h, w]</c>, its second result. The file's code runs in this process.
/// </summary>
internal sealed class YoloNetwork : IDisposable
{
    /// <summary>Ultralytics' limit of boxes that enter suppression.</summary>
    private const int MaxCandidates = 30_000;

    private const int DefaultImageSize = 640;

    private readonly string _path;
    private readonly DetectorOptions _options;
    private readonly bool _makesMasks;
    private readonly jit.ScriptModule _script;
    private readonly Device _device;

    /// <summary>Loads a network and runs it once, to learn its number of classes.</summary>
    /// <param name="path">The TorchScript file.</param>
    /// <param name="options">How it is run; null for the defaults.</param>
    /// <param name="device">Where it runs; null for the CPU.</param>
    /// <param name="names">The classes' names; null for those that the file holds, or else their numbers.</param>
    /// <param name="makesMasks">Whether it has to make masks.</param>
    /// <exception cref="AnnotationException">The file is missing or no such network.</exception>
    public YoloNetwork(string path, DetectorOptions? options, Device? device, IReadOnlyList<string>? names, bool makesMasks)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
        _options = options ?? new();
        _makesMasks = makesMasks;
        _device = device ?? CPU;
        var metadata = DetectorMetadata.Read(path);
        ImageSize = _options.ImageSize ?? metadata.ImageSize ?? DefaultImageSize;
        try
        {
            _script = jit.load(path, _device);
        }
        catch (ExternalException e)
        {
            throw new AnnotationException(path, $"is not a TorchScript file that can be run ({FirstLine(e)})", "Export the detector with format=torchscript", e);
        }

        try
        {
            _script.eval();
            using var scope = NewDisposeScope();
            var (prediction, prototypes) = Run(zeros(1, 3, ImageSize, ImageSize));
            Categories = CategoriesOf((int)(prediction.size(1) - 4 - (prototypes?.size(1) ?? 0)), names ?? metadata.Names);
        }
        catch
        {
            _script.Dispose();
            throw;
        }
    }

    /// <summary>The classes.</summary>
    public IReadOnlyList<AnnotationCategory> Categories { get; }

    /// <summary>Side of the picture that it gets, in pixels.</summary>
    public int ImageSize { get; }

    /// <summary>The number of its weights.</summary>
    public long ParameterCount
    {
        get
        {
            using var scope = NewDisposeScope();
            return _script.parameters().Sum(parameter => parameter.numel());
        }
    }

    /// <summary>Runs the network on a letterboxed picture, <c>[1, 3, S, S]</c>, and checks its output.</summary>
    /// <returns>The prediction, and the prototypes of a network that makes masks.</returns>
    /// <exception cref="AnnotationException">It fails, or gives something else than a YOLO network does.</exception>
    public (Tensor Prediction, Tensor? Prototypes) Run(Tensor input)
    {
        using var mode = no_grad();
        object result;
        try
        {
            result = _script.forward(input.to(_device));
        }
        catch (Exception e) when (e is ExternalException or NotImplementedException)
        {
            throw new AnnotationException(
                _path, $"fails on a picture of {ImageSize}×{ImageSize} pixels ({FirstLine(e)})", "Give the size that it was exported for", e);
        }

        var output = Item(result, 0);
        var prototypes = Item(result, 1) is { shape: [1, >= 1, >= 1, >= 1] } second ? second : null;
        if (_makesMasks && prototypes is null)
        {
            throw new AnnotationException(
                _path, "makes no masks: its second result is no tensor [1, k, h, w]", "Give a segmentation network, such as FastSAM or YOLO-seg, exported without NMS");
        }

        // Fewer anchors than rows: transposed, or the final boxes of an export with NMS.
        return output is { shape: [1, var rows, var anchors] } && rows >= 5 + (prototypes?.size(1) ?? 0) && anchors >= rows
            ? (output, prototypes)
            : throw new AnnotationException(
                _path,
                output is null ? "does not return a tensor" : $"returns [{string.Join(", ", output.shape)}], not [1, 4 + classes, anchors]",
                "Give a YOLO detector exported without NMS");
    }

    /// <summary>Boxes with enough confidence and of a wanted class, the best of those that overlap.</summary>
    /// <param name="output">What <see cref="Run"/> has returned.</param>
    public IReadOnlyList<YoloBox> Find(Tensor output)
    {
        using var scope = NewDisposeScope();
        var prediction = output[0].cpu().to(float32);
        var (best, label) = prediction.narrow(0, 4, Categories.Count).max(0);
        float[] scores = TensorMemory.ToArray<float>(best);
        long[] labels = TensorMemory.ToArray<long>(label);
        float[] centres = TensorMemory.ToArray<float>(prediction.narrow(0, 0, 4));
        int anchors = scores.Length;
        YoloBox[] boxes =
        [
            .. Enumerable.Range(0, anchors)
                .Where(i => scores[i] > _options.Confidence && (_options.Classes?.Contains((int)labels[i]) ?? true)
                    && Enumerable.Range(0, 4).All(c => float.IsFinite(centres[(c * anchors) + i])))
                .OrderByDescending(i => scores[i])
                .Take(MaxCandidates)
                .Select(i => Box(i, centres[i], centres[anchors + i], centres[(2 * anchors) + i] / 2, centres[(3 * anchors) + i] / 2)),
        ];
        var kept = BoxNms.Suppress([.. boxes.SelectMany(box => box.Corners)], [.. boxes.Select(box => box.Score)], _options.Iou, [.. boxes.Select(box => (long)box.Label)]);
        return [.. kept.Take(_options.MaxDetections).Select(i => boxes[i])];

        YoloBox Box(int anchor, float x, float y, float halfWidth, float halfHeight) =>
            new(anchor, [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight], scores[anchor], (int)labels[anchor]);
    }

    /// <inheritdoc/>
    public void Dispose() => _script.Dispose();

    /// <summary>An item of what a script has returned: a tensor, or several.</summary>
    private static Tensor? Item(object result, int index) => result switch
    {
        Tensor tensor => index == 0 ? tensor : null,
        ITuple tuple => index < tuple.Length ? tuple[index] as Tensor : null,
        Array array => index < array.Length ? array.GetValue(index) as Tensor : null,
        _ => null,
    };

    private List<AnnotationCategory> CategoriesOf(int count, IReadOnlyList<string>? names)
    {
        if (names is not null && names.Count < count)
        {
            throw new AnnotationException(_path, $"has {count} classes, but there are names for {names.Count}");
        }

        return [.. Enumerable.Range(0, count).Select(i => new AnnotationCategory(i, names?[i] ?? i.ToString(CultureInfo.InvariantCulture)))];
    }

    private static string FirstLine(Exception e) => e.Message.Trim().Split('\n')[0].TrimEnd('.', '\r');
}

/// <summary>A box that a YOLO network has found.</summary>
/// <param name="Anchor">Column of the prediction that says it.</param>
/// <param name="Corners">Left, top, right and bottom, in pixels of the letterboxed picture.</param>
/// <param name="Score">Confidence, 0 to 1.</param>
/// <param name="Label">The class.</param>
internal sealed record YoloBox(int Anchor, float[] Corners, float Score, int Label);
