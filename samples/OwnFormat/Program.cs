// Annotations in a format of one's own: a table with the place and the size of everything that pictures show.
//
//   dotnet run -c Release --project samples/OwnFormat -- [OUT] [PICTURE …]
using Sam2.Torch;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

var output = args.ElementAtOrDefault(0) ?? "out/OwnFormat";
Directory.CreateDirectory(output);

// Pictures of yours, or one that is drawn here.
var pictures = args.Skip(1).ToList();
if (pictures.Count == 0)
{
    pictures.Add(Path.Combine(output, "drawn.png"));
    ImageFile.Write(pictures[0], DemoScene.Create(840, 600).Render().Image);
}

using var model = ModelLoader.Load("sam2.1_hiera_micro");
var generator = new MaskGenerator(model, new MaskGeneratorOptions { PointsPerSide = 16, PredIouThreshold = 0.7, StabilityScoreThreshold = 0.9 });
using IAnnotationWriter table = new MeasurementTable(Path.Combine(output, "measurements.csv"));
foreach (var path in pictures)
{
    var image = ImageFile.Read(path);
    var objects = generator.Generate(image).Select(mask => AnnotatedObject.FromMask(mask.Segmentation, category: 1, mask.PredictedIou));
    table.Write(new AnnotatedImage(Path.GetFileName(path), image.Width, image.Height, [.. objects]));
}
table.Complete();
Console.WriteLine(File.ReadAllText(Path.Combine(output, "measurements.csv")));

/// <summary>A line per object: picture, centre and area in pixels, and what part of its box it fills.</summary>
internal sealed class MeasurementTable(string path) : IAnnotationWriter
{
    private readonly SortedDictionary<string, AnnotatedImage> _images = new(StringComparer.Ordinal);

    public bool Contains(string fileName) => _images.ContainsKey(fileName);

    public void Write(AnnotatedImage image) => _images[image.FileName] = image;

    // The table appears whole or not at all.
    public void Complete() => AtomicFile.Write(path, stream =>
    {
        using var text = new StreamWriter(stream, leaveOpen: true);
        text.WriteLine("picture,x,y,area,filled");
        foreach (var image in _images.Values)
            foreach (var mask in image.Objects.Select(found => found.Shape!.ToMask()))
            {
                var box = mask.BoundingBox;
                text.WriteLine(FormattableString.Invariant(
                    $"{image.FileName},{box.X + box.Width / 2.0:0.0},{box.Y + box.Height / 2.0:0.0},{mask.Area},{mask.Area / (double)(box.Width * box.Height):0.00}"));
            }
    }, error => new AnnotationException(path, $"can't be written: {error.Message.TrimEnd('.')}", "Choose another folder", error));

    public void Dispose()
    {
    }
}
