using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Data.Tests.Annotation;

/// <summary>Pictures with objects, for tests of formats.</summary>
internal static class AnnotatedImages
{
    public static readonly IReadOnlyList<AnnotationCategory> Categories = [new(1, "cat"), new(7, "a \"dog\""), new(3, "žirafa")];

    /// <summary>A picture on which each mask is an object, the categories in turn.</summary>
    public static AnnotatedImage Of(string name, params BinaryMask[] masks) => new(
        name, masks[0].Width, masks[0].Height,
        [.. masks.Select((mask, i) => AnnotatedObject.FromMask(CocoRle.Encode(mask), Categories[i % Categories.Count].Id, score: 0.5))]);

    /// <summary>A disc with a hole, and two separate corners: every kind of outline.</summary>
    public static AnnotatedImage Sample(string name = "sample.jpg", int height = 40, int width = 60)
    {
        var ring = new BinaryMask(height, width);
        var corners = new BinaryMask(height, width);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                double distance = Math.Sqrt(((x - 30.0) * (x - 30)) + ((y - 20.0) * (y - 20)));
                ring[y, x] = distance is > 5 and < 15;
                corners[y, x] = (x < 6 && y < 4) || (x >= width - 3 && y >= height - 9);
            }
        }

        return Of(name, ring, corners);
    }

    /// <summary>The masks of the objects, as runs.</summary>
    public static CocoRle[] Masks(this AnnotatedImage image) => [.. image.Objects.Select(o => o.Shape!.ToRle())];
}
