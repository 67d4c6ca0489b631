using System.Globalization;
using System.Runtime.InteropServices;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Data.Annotation.Boxes;

/// <summary>
/// A YOLO detector exported as TorchScript (Ultralytics' <c>format=torchscript</c>): takes a letterboxed picture, gives
/// <c>[1, 4 + classes, anchors]</c> with centre, width and height in its pixels and a confidence per class; overlapping boxes of one
/// class are suppressed. The file's code runs here, so take it from where you would take a program.
/// </summary>
public sealed class Detector : IBoxSource
{
    /// <summary>Ultralytics' limit of boxes that enter suppression.</summary>
    private const int MaxCandidates = 30_000;

    private const int DefaultImageSize = 640;

    private readonly string _path;
    private readonly DetectorOptions _options;
    private readonly jit.ScriptModule _script;
    private readonly Device _device;
    private readonly int _imageSize;

    /// <summary>Loads a detector and asks it once, to know its classes.</summary>
    /// <param name="path">The TorchScript file.</param>
    /// <param name="options">How it is asked; null for the defaults.</param>
    /// <param name="device">Where it runs; null for the CPU.</param>
    /// <param name="names">The classes' names; null for those that the file holds, or else their numbers.</param>
    /// <exception cref="AnnotationException">The file is missing or no such detector.</exception>
    public Detector(string path, DetectorOptions? options = null, Device? device = null, IReadOnlyList<string>? names = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
        _options = options ?? new();
        _device = device ?? CPU;
        var metadata = DetectorMetadata.Read(path);
        _imageSize = _options.ImageSize ?? metadata.ImageSize ?? DefaultImageSize;
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
            Categories = CategoriesOf(ClassCount(), names ?? metadata.Names);
        }
        catch
        {
            _script.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<AnnotationCategory> Categories { get; }

    /// <inheritdoc/>
    public IReadOnlyList<AnnotatedObject> Find(string fileName, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var scope = NewDisposeScope();
        var letterbox = new Letterbox(image.Width, image.Height, _imageSize);
        var (boxes, scores, classes) = Candidates(Run(letterbox.ToInput(image)));
        var found = new List<AnnotatedObject>();
        foreach (long i in BoxNms.Suppress(boxes, scores, _options.Iou, classes))
        {
            var box = letterbox.ToPicture(boxes[4 * i], boxes[(4 * i) + 1], boxes[(4 * i) + 2], boxes[(4 * i) + 3]);
            if (found.Count == _options.MaxDetections)
            {
                break;
            }

            found.Add(new AnnotatedObject { Box = box, Area = box.Width * box.Height, Category = (int)classes[i], Score = scores[i] });
        }

        return found;
    }

    /// <inheritdoc/>
    public void Dispose() => _script.Dispose();

    /// <summary>Boxes that are confident enough and of a class that is wanted: corners in the detector's pixels, best first.</summary>
    private (float[] Boxes, float[] Scores, long[] Classes) Candidates(Tensor output)
    {
        using var scope = NewDisposeScope();
        var prediction = output[0].cpu().to(float32);
        var (best, label) = prediction.narrow(0, 4, prediction.shape[0] - 4).max(0);
        float[] scores = TensorMemory.ToArray<float>(best);
        long[] labels = TensorMemory.ToArray<long>(label);
        float[] centres = TensorMemory.ToArray<float>(prediction.narrow(0, 0, 4));
        int anchors = scores.Length;
        int[] kept =
        [
            .. Enumerable.Range(0, anchors)
                .Where(i => scores[i] > _options.Confidence && (_options.Classes?.Contains((int)labels[i]) ?? true)
                    && Enumerable.Range(0, 4).All(c => float.IsFinite(centres[(c * anchors) + i])))
                .OrderByDescending(i => scores[i])
                .Take(MaxCandidates),
        ];
        var boxes = new float[4 * kept.Length];
        for (int k = 0; k < kept.Length; k++)
        {
            float x = centres[kept[k]], y = centres[anchors + kept[k]];
            float halfWidth = centres[(2 * anchors) + kept[k]] / 2, halfHeight = centres[(3 * anchors) + kept[k]] / 2;
            (boxes[4 * k], boxes[(4 * k) + 1], boxes[(4 * k) + 2], boxes[(4 * k) + 3]) = (x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight);
        }

        return (boxes, [.. kept.Select(i => scores[i])], [.. kept.Select(i => labels[i])]);
    }

    private int ClassCount()
    {
        using var scope = NewDisposeScope();
        return (int)Run(zeros(1, 3, _imageSize, _imageSize)).shape[1] - 4;
    }

    /// <summary>Calls the network and checks what comes back.</summary>
    private Tensor Run(Tensor input)
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
                _path, $"fails on a picture of {_imageSize}×{_imageSize} pixels ({FirstLine(e)})", "Give the size that it was exported for", e);
        }

        var output = result as Tensor ?? (result as System.Runtime.CompilerServices.ITuple)?[0] as Tensor ?? (result as Array)?.GetValue(0) as Tensor;

        // Fewer anchors than rows: the other way round, or the final boxes of an export with NMS.
        return output is { shape: [1, >= 5 and var rows, var anchors] } && anchors >= rows
            ? output
            : throw new AnnotationException(
                _path,
                output is null ? "does not return a tensor" : $"returns [{string.Join(", ", output.shape)}], not [1, 4 + classes, anchors]",
                "Give a YOLO detector exported without NMS");
    }

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
