using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Data.Annotation.Boxes;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Data.Tests.Annotation;

/// <summary>A source of boxes and a format of one's own, as a user of the package writes them: against its public API only.</summary>
public sealed class OwnAnnotationTests : FolderTests
{
    [Test]
    public void Own_boxes_become_masks_in_an_own_format()
    {
        var drawn = DemoScene.Create(210, 150).Render();
        using var model = TestModels.Shipped();
        using var segmenter = new BoxSegmenter(model);
        using IBoxSource boxes = new TrueBoxes(drawn);
        using (IAnnotationWriter writer = new AreaTable(Folder["areas.csv"]))
        {
            foreach (var name in new[] { "scene.png", "unknown.png" })
                if (!writer.Contains(name) && boxes.Find(name, drawn.Image) is { } found)
                    writer.Write(found with { Objects = segmenter.Segment(drawn.Image, found.Objects) });
            Assert.That((writer.Contains("scene.png"), writer.Contains("unknown.png")), Is.EqualTo((true, false)));
            writer.Complete();
        }

        var rows = File.ReadAllLines(Folder["areas.csv"]).Select(line => line.Split(',')).ToList();
        Assert.That(rows.Select(row => (row[0], row[1])), Is.EqualTo(new[] { ("scene.png", "red ball"), ("scene.png", "blue ball") }));
        foreach (var (row, id) in rows.Zip(new byte[] { 1, 3 }))
            Assert.That(int.Parse(row[2], System.Globalization.CultureInfo.InvariantCulture), Is.EqualTo(drawn.Mask(id).Area).Within(25).Percent);
    }

    /// <summary>The boxes around the balls of the demo's scene.</summary>
    private sealed class TrueBoxes(DrawnFrame drawn) : IBoxSource
    {
        public IReadOnlyList<AnnotationCategory> Categories { get; } = [new(1, "red ball"), new(3, "blue ball")];

        public AnnotatedImage? Find(string fileName, RgbImage image) => fileName != "scene.png" ? null : new(fileName, image.Width, image.Height,
        [
            .. Categories.Select(category =>
            {
                var (x, y, width, height) = drawn.Mask((byte)category.Id).BoundingBox;
                return new AnnotatedObject { Box = new(x, y, width, height), Category = category.Id };
            }),
        ]);

        public void Dispose()
        {
        }
    }

    /// <summary>A line per object: picture, category, area.</summary>
    private sealed class AreaTable(string path) : IAnnotationWriter
    {
        private static readonly Dictionary<int, string> Names = new() { [1] = "red ball", [3] = "blue ball" };

        private readonly Dictionary<string, AnnotatedImage> _images = [];

        public bool Contains(string fileName) => _images.ContainsKey(fileName);

        public void Write(AnnotatedImage image) => _images[image.FileName] = image;

        public void Complete() => AtomicFile.Write(path, stream =>
        {
            using var text = new StreamWriter(stream, leaveOpen: true);
            foreach (var image in _images.Values)
                foreach (var found in image.Objects)
                    text.WriteLine($"{image.FileName},{Names[found.Category]},{found.Shape!.ToMask().Area}");
        }, e => new AnnotationException(path, $"can't be written: {e.Message.TrimEnd('.')}", "", e));

        public void Dispose()
        {
        }
    }
}
