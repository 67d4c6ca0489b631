using System.IO.Compression;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;
using static TorchSharp.torch;

namespace Sam2.Torch.Data.Annotation.Boxes;

/// <summary>
/// A network that makes masks of all objects by itself, without prompts: FastSAM or YOLO-seg, exported as TorchScript (Ultralytics'
/// <c>format=torchscript</c>). Each mask is a weighted sum of prototypes, cut off at its box (YOLACT, arXiv 1904.02689). The file's code runs in this
/// process: only load files that you would run as a program.
/// </summary>
public sealed class InstanceSegmenter : IDisposable
{
    /// <summary>Masks that exist at the picture's size at a time.</summary>
    private const int MasksAtATime = 16;

    private readonly YoloNetwork _network;

    /// <summary>Loads a network and runs it once, to learn its number of classes.</summary>
    /// <param name="path">The TorchScript file.</param>
    /// <param name="options">How it is run; null for the defaults.</param>
    /// <param name="device">Where it runs; null for the CPU.</param>
    /// <param name="names">The classes' names; null for those that the file holds, or else their numbers.</param>
    /// <exception cref="AnnotationException">The file is missing or no such network.</exception>
    public InstanceSegmenter(string path, DetectorOptions? options = null, Device? device = null, IReadOnlyList<string>? names = null) =>
        _network = new YoloNetwork(path, options, device, names, makesMasks: true);

    /// <summary>The classes; FastSAM has one.</summary>
    public IReadOnlyList<AnnotationCategory> Categories => _network.Categories;

    /// <summary>Side of the square picture that the network gets, in pixels.</summary>
    public int ImageSize => _network.ImageSize;

    /// <summary>The number of weights.</summary>
    public long ParameterCount => _network.ParameterCount;

    /// <summary>Whether a file holds a TorchScript program, rather than weights alone. Nothing of it is run.</summary>
    /// <param name="path">A file.</param>
    public static bool IsTorchScript(string path)
    {
        try
        {
            using var zip = ZipFile.OpenRead(path);
            return zip.Entries.Any(entry => entry.FullName.Split('/') is [_, "code", _, ..]);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Finds the objects of a picture.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="cancellationToken">Stops between masks.</param>
    /// <returns>The objects with mask, box and area of the mask, class and confidence, the most certain first. Those of no pixel are left out.</returns>
    /// <exception cref="AnnotationException">The network fails.</exception>
    public IReadOnlyList<AnnotatedObject> Segment(RgbImage image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var letterbox = new Letterbox(image.Width, image.Height, ImageSize);
        var (prediction, prototypes) = _network.Run(letterbox.ToInput(image));
        var boxes = _network.Find(prediction);
        var objects = new List<AnnotatedObject>();
        if (boxes.Count == 0) return objects;
        var (visible, channels) = (Visible(prototypes![0].to(float32), image), prototypes.size(1));
        var weights = prediction[0].narrow(0, prediction.size(1) - channels, channels).to(float32).transpose(0, 1); // [anchors, k]
        foreach (var some in boxes.Chunk(MasksAtATime))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var batch = NewDisposeScope();
            var rows = weights.index_select(0, tensor(some.Select(box => (long)box.Anchor).ToArray()).to(weights.device));
            var logits = rows.matmul(visible.flatten(1)).unflatten(1, visible.size(1), visible.size(2));
            var masks = BinaryMask.FromTensors(MaskResize.Binary(logits.unsqueeze(1), image.Height, image.Width, threshold: 0));
            for (var i = 0; i < some.Length; i++)
            {
                var corners = some[i].Corners;
                CutOff(masks[i], letterbox.ToPicture(corners[0], corners[1], corners[2], corners[3]));
                if (masks[i].Area > 0) objects.Add(AnnotatedObject.FromMask(CocoRle.Encode(masks[i]), some[i].Label, some[i].Score));
            }
        }

        return objects;
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();

    /// <summary>The part of the prototypes <c>[k, h, w]</c> that shows the picture, without what the letterbox has added.</summary>
    private static Tensor Visible(Tensor prototypes, RgbImage image)
    {
        var letterbox = new Letterbox(image.Width, image.Height, (int)Math.Min(prototypes.size(1), prototypes.size(2)));
        return prototypes.narrow(1, letterbox.Top, letterbox.ScaledHeight).narrow(2, letterbox.Left, letterbox.ScaledWidth).contiguous();
    }

    /// <summary>Clears the pixels outside a box, as Ultralytics does: those that begin before it, or not before its end.</summary>
    private static void CutOff(BinaryMask mask, AnnotationBox box)
    {
        var (left, right) = (Edge(box.X, mask.Width), Edge(box.X + box.Width, mask.Width));
        var (top, bottom) = (Edge(box.Y, mask.Height), Edge(box.Y + box.Height, mask.Height));
        for (var y = 0; y < mask.Height; y++)
        {
            var row = mask.Row(y);
            if (y < top || y >= bottom)
            {
                row.Clear();
                continue;
            }

            row[..left].Clear();
            row[right..].Clear();
        }

        static int Edge(double at, int length) => (int)Math.Clamp(Math.Ceiling(at), 0, length);
    }
}
