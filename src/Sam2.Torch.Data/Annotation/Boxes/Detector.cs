using System.IO.Compression;
using System.Text.Json;
using Sam2.Torch.Media;
using static TorchSharp.torch;

namespace Sam2.Torch.Data.Annotation.Boxes;

/// <summary>
/// A YOLO detector exported as TorchScript (Ultralytics' <c>format=torchscript</c>): takes a letterboxed picture, gives
/// <c>[1, 4 + classes, anchors]</c> with centre, width and height in its pixels and a confidence per class; overlapping boxes of one
/// class are suppressed. The file's code runs in this process: only load files that you would run as a program.
/// </summary>
public sealed class Detector : IBoxSource
{
    private readonly YoloNetwork _network;

    /// <summary>Loads a detector and runs it once, to learn its number of classes.</summary>
    /// <param name="path">The TorchScript file.</param>
    /// <param name="options">How it is run; null for the defaults.</param>
    /// <param name="device">Where it runs; null for the CPU.</param>
    /// <param name="names">The classes' names; null for those that the file holds, or else their numbers.</param>
    /// <exception cref="AnnotationException">The file is missing or no such detector.</exception>
    public Detector(string path, DetectorOptions? options = null, Device? device = null, IReadOnlyList<string>? names = null) =>
        _network = new YoloNetwork(path, options, device, names, makesMasks: false);

    /// <inheritdoc/>
    public IReadOnlyList<AnnotationCategory> Categories => _network.Categories;

    /// <inheritdoc/>
    public AnnotatedImage Find(string fileName, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var scope = NewDisposeScope();
        var letterbox = new Letterbox(image.Width, image.Height, _network.ImageSize);
        var found = _network.Find(_network.Run(letterbox.ToInput(image)).Prediction).Select(candidate =>
        {
            var box = letterbox.ToPicture(candidate.Corners[0], candidate.Corners[1], candidate.Corners[2], candidate.Corners[3]);
            return new AnnotatedObject { Box = box, Area = box.Width * box.Height, Category = candidate.Label, Score = candidate.Score };
        });
        return new AnnotatedImage(fileName, image.Width, image.Height, [.. found]);
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();
}

/// <summary>How a detector is run and which of its boxes are kept; the defaults are Ultralytics'.</summary>
public sealed record DetectorOptions
{
    /// <summary>Boxes of lower confidence are dropped, 0 to 1.</summary>
    public double Confidence { get; init; } = 0.25;

    /// <summary>Of boxes of one class that overlap by more than this IoU, the best one is kept, 0 to 1.</summary>
    public double Iou { get; init; } = 0.45;

    /// <summary>Side of the square picture that the detector gets, in pixels; null for what the file says, or else 640.</summary>
    public int? ImageSize { get; init; }

    /// <summary>Largest number of boxes per picture; the best are kept.</summary>
    public int MaxDetections { get; init; } = 300;

    /// <summary>The classes that are wanted; null for all.</summary>
    public IReadOnlySet<int>? Classes { get; init; }
}

/// <summary>What Ultralytics' export writes into a TorchScript file beside the network: <c>extra/config.txt</c>, JSON.</summary>
/// <param name="Names">The classes' names in order; null if the file does not say.</param>
/// <param name="ImageSize">Side of the picture that the network was exported for, in pixels; null if the file does not say.</param>
internal sealed record DetectorMetadata(IReadOnlyList<string>? Names, int? ImageSize)
{
    private const int MaxBytes = 1 << 22;
    private const int MaxClasses = 100_000;

    /// <summary>Reads a TorchScript file's metadata; files made by other tools have none.</summary>
    /// <exception cref="AnnotationException">The metadata are damaged.</exception>
    public static DetectorMetadata Read(string path)
    {
        byte[]? config = Config(path);
        if (config is null || config.Length == 0)
        {
            return new DetectorMetadata(null, null);
        }

        try
        {
            using var document = JsonDocument.Parse(config);
            var root = new JsonFields(document.RootElement, path, "extra/config.txt");
            return new DetectorMetadata(
                root.Has("names") ? ReadNames(root["names"]) : null,
                root.Has("imgsz") ? ReadSize(root["imgsz"]) : null);
        }
        catch (JsonException e)
        {
            throw new AnnotationException(path, "has metadata (extra/config.txt) that are not valid JSON", "Export it again", e);
        }
    }

    private static byte[]? Config(string path)
    {
        try
        {
            using var zip = ZipFile.OpenRead(path);
            var entry = zip.Entries.FirstOrDefault(e => e.FullName.EndsWith("/extra/config.txt", StringComparison.Ordinal));
            if (entry is null)
            {
                return null;
            }

            if (entry.Length > MaxBytes)
            {
                throw new AnnotationException(path, $"has metadata of {entry.Length:N0} bytes, more than {MaxBytes:N0}");
            }

            var bytes = new byte[entry.Length];
            using var stream = entry.Open();
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new AnnotationException(path, "does not exist", inner: e);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new AnnotationException(path, "is not a TorchScript file", "Export the detector with format=torchscript", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AnnotationException(path, $"cannot be read ({e.Message})", inner: e);
        }
    }

    /// <summary>A list of names, or an object with names by number.</summary>
    private static List<string> ReadNames(JsonFields fields)
    {
        if (fields.Value.ValueKind == JsonValueKind.Array)
        {
            return [.. fields.Elements().Select(name => name.Text())];
        }

        if (fields.Value.ValueKind != JsonValueKind.Object)
        {
            throw fields.Wrong("is neither a list nor an object");
        }

        var names = new List<string>();
        foreach (var member in fields.Value.EnumerateObject())
        {
            if (!int.TryParse(member.Name, out int index) || index is < 0 or >= MaxClasses)
            {
                throw fields.Wrong($"numbers a class '{member.Name}'");
            }

            while (names.Count <= index)
            {
                names.Add(names.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }

            names[index] = fields[member.Name].Text();
        }

        return names;
    }

    /// <summary>A number, or height and width of which the larger counts.</summary>
    private static int ReadSize(JsonFields fields) => fields.Value.ValueKind == JsonValueKind.Array
        ? (int)fields.Elements().Select(e => e.Integer(1, 1 << 16)).DefaultIfEmpty(640).Max()
        : (int)fields.Integer(1, 1 << 16);
}

/// <summary>
/// Fits a picture into a square as YOLO detectors want it: scaled to touch two edges, centred, the rest grey; and maps boxes
/// back. Rounding follows Ultralytics, so that boxes end up where its own tools put them.
/// </summary>
internal sealed class Letterbox
{
    private const double Grey = 114 / 255.0;

    private readonly int _width;
    private readonly int _height;
    private readonly int _size;
    private readonly double _scale;

    /// <summary>Fits a picture of a size into a square.</summary>
    /// <param name="width">The picture's width in pixels.</param>
    /// <param name="height">The picture's height in pixels.</param>
    /// <param name="size">The square's side in pixels.</param>
    public Letterbox(int width, int height, int size)
    {
        (_width, _height, _size) = (width, height, size);
        _scale = Math.Min((double)size / height, (double)size / width);
        ScaledWidth = Math.Max(1, (int)Math.Round(width * _scale, MidpointRounding.ToEven));
        ScaledHeight = Math.Max(1, (int)Math.Round(height * _scale, MidpointRounding.ToEven));
        Left = (int)Math.Round(((size - ScaledWidth) / 2.0) - 0.1);
        Top = (int)Math.Round(((size - ScaledHeight) / 2.0) - 0.1);
    }

    /// <summary>Columns of grey left of the picture.</summary>
    public int Left { get; }

    /// <summary>Rows of grey above the picture.</summary>
    public int Top { get; }

    /// <summary>Columns of the square that show the picture.</summary>
    public int ScaledWidth { get; }

    /// <summary>Rows of the square that show the picture.</summary>
    public int ScaledHeight { get; }

    /// <summary>The square: <c>[1, 3, size, size]</c>, float32, 0 to 1, RGB.</summary>
    public Tensor ToInput(RgbImage image)
    {
        using var scope = NewDisposeScope();
        var pixels = image.ToPlanarTensor().unsqueeze(0).to(float32);
        if (ScaledWidth != _width || ScaledHeight != _height)
        {
            // Detectors are trained on resized pictures whose pixels are whole numbers.
            pixels = nn.functional.interpolate(pixels, [ScaledHeight, ScaledWidth], mode: InterpolationMode.Bilinear, align_corners: false).round();
        }

        var square = full([1, 3, _size, _size], Scalars.Of((double)(float)Grey), dtype: float32);
        square.narrow(2, Top, ScaledHeight).narrow(3, Left, ScaledWidth).copy_(pixels.DividedBy(255));
        return square.MoveToOuterDisposeScope();
    }

    /// <summary>A box of the square in pixels of the picture, cut at its edges.</summary>
    public AnnotationBox ToPicture(double x0, double y0, double x1, double y1)
    {
        double left = Math.Clamp((x0 - Left) / _scale, 0, _width), right = Math.Clamp((x1 - Left) / _scale, 0, _width);
        double top = Math.Clamp((y0 - Top) / _scale, 0, _height), bottom = Math.Clamp((y1 - Top) / _scale, 0, _height);
        return new AnnotationBox(left, top, Math.Max(0, right - left), Math.Max(0, bottom - top));
    }
}
