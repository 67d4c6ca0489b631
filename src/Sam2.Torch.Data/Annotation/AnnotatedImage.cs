using Sam2.Torch.Masks;

namespace Sam2.Torch.Data.Annotation;

/// <summary>A picture and its known objects.</summary>
/// <param name="FileName">The picture's name relative to its folder, with forward slashes, such as <c>park/0001.jpg</c>.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Objects">The objects.</param>
public sealed record AnnotatedImage(string FileName, int Width, int Height, IReadOnlyList<AnnotatedObject> Objects)
{
    /// <summary>The number that the format gave to the picture; null if it has none.</summary>
    public long? Id { get; init; }

    /// <summary>
    /// What the file says of the picture and can't be an object here, each in a few words with its place, such as
    /// <c>shapes[3], a point labelled 'cat'</c>. Where this isn't empty, having no objects doesn't mean that there are none.
    /// </summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];
}

/// <summary>An object on a picture: where it is and what is known about it. Each format stores what it has a place for.</summary>
public sealed record AnnotatedObject
{
    /// <summary>The pixels; null where only a box is known.</summary>
    public ObjectShape? Shape { get; init; }

    /// <summary>The box around the object as the file gives it; it may differ from the box around <see cref="Shape"/> by rounding.</summary>
    public AnnotationBox Box { get; init; }

    /// <summary>The area in pixels as the file gives it.</summary>
    public double Area { get; init; }

    /// <summary>The id of its <see cref="AnnotationCategory"/>.</summary>
    public int Category { get; init; }

    /// <summary>True for a region that holds an uncounted number of objects (COCO's <c>iscrowd</c>).</summary>
    public bool IsCrowd { get; init; }

    /// <summary>The confidence of a detector, or the IoU that the model predicts for its mask, 0 to 1; null if unknown.</summary>
    public double? Score { get; init; }

    /// <summary>The mask's stability under a shift of the threshold, 0 to 1; null if unknown.</summary>
    public double? StabilityScore { get; init; }

    /// <summary>The point in pixels that prompted the mask; null if none did.</summary>
    public (double X, double Y)? Point { get; init; }

    /// <summary>The part of the picture that the model saw; null for all of it.</summary>
    public AnnotationBox? CropBox { get; init; }

    /// <summary>The number that the format gave to the object; null if it has none.</summary>
    public long? Id { get; init; }

    /// <summary>The number by which the object is known on every frame of its video; null on single pictures.</summary>
    public long? Track { get; init; }

    /// <summary>An object given by its mask; area and box are computed from it.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="category">The id of its category.</param>
    /// <param name="score">A confidence, 0 to 1, if known.</param>
    public static AnnotatedObject FromMask(CocoRle mask, int category, double? score = null)
    {
        ArgumentNullException.ThrowIfNull(mask);
        var (x, y, width, height) = mask.BoundingBox;
        return new AnnotatedObject
        {
            Shape = ObjectShape.FromRle(mask),
            Box = new AnnotationBox(x, y, width, height),
            Area = mask.Area,
            Category = category,
            Score = score,
        };
    }
}

/// <summary>A box in pixels of the picture, measured from its upper left corner.</summary>
/// <param name="X">Left edge.</param>
/// <param name="Y">Upper edge.</param>
/// <param name="Width">Width, not negative.</param>
/// <param name="Height">Height, not negative.</param>
public readonly record struct AnnotationBox(double X, double Y, double Width, double Height);

/// <summary>A class of objects.</summary>
/// <param name="Id">The number by which annotations name it.</param>
/// <param name="Name">Its name for people.</param>
public sealed record AnnotationCategory(int Id, string Name);

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
