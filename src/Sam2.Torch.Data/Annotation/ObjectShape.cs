using Sam2.Torch.Masks;

namespace Sam2.Torch.Data.Annotation;

/// <summary>
/// An object's pixels as a file gives them: runs, or polygons that are filled when the pixels are asked for. A large data set
/// can thus be held without filling a mask that nobody looks at.
/// </summary>
public sealed class ObjectShape
{
    private readonly CocoRle? _rle;

    private ObjectShape(int height, int width, CocoRle? rle, IReadOnlyList<double[]>? polygons)
    {
        (Height, Width, _rle, Polygons) = (height, width, rle, polygons);
    }

    /// <summary>Height of the picture in pixels.</summary>
    public int Height { get; }

    /// <summary>Width of the picture in pixels.</summary>
    public int Width { get; }

    /// <summary>
    /// The polygons, if the shape was given by them: x and y of each vertex in turn, in pixels. What lies in any of them belongs
    /// to the object. Null if it was given by runs.
    /// </summary>
    public IReadOnlyList<double[]>? Polygons { get; }

    /// <summary>A shape given by runs.</summary>
    public static ObjectShape FromRle(CocoRle rle)
    {
        ArgumentNullException.ThrowIfNull(rle);
        return new ObjectShape(rle.Height, rle.Width, rle, null);
    }

    /// <summary>A shape given by a mask.</summary>
    public static ObjectShape FromMask(BinaryMask mask) => FromRle(CocoRle.Encode(mask));

    /// <summary>A shape given by polygons.</summary>
    /// <param name="polygons">At least one, each of at least three vertices: x and y of each in turn, in pixels.</param>
    /// <param name="height">Height of the picture in pixels.</param>
    /// <param name="width">Width of the picture in pixels.</param>
    /// <exception cref="ArgumentException">One is not a polygon, lies far outside the picture or is too long to be filled.</exception>
    public static ObjectShape FromPolygons(IReadOnlyList<double[]> polygons, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(polygons);
        if (polygons.Count == 0)
        {
            throw new ArgumentException("A shape needs at least one polygon.", nameof(polygons));
        }

        PolygonRasteriser.Validate(polygons, height, width);
        return new ObjectShape(height, width, null, polygons);
    }

    /// <summary>The pixels as runs; polygons are filled with pycocotools' rule.</summary>
    public CocoRle ToRle() => _rle ?? PolygonRasteriser.FillAll(Polygons!, Height, Width);

    /// <summary>The pixels as a mask.</summary>
    public BinaryMask ToMask() => ToRle().Decode();
}
