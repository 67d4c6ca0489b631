using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Annotation;

/// <summary>
/// The palette PNG by which DAVIS annotates a frame: a pixel's number is that of its object, 0 is the background
/// (https://davischallenge.org). A pixel belongs to one object at most.
/// </summary>
public static class DavisFile
{
    /// <summary>The largest number that an object can have where files are written; those of 16 bits are read too.</summary>
    public const int LargestId = 255;

    private const long MostMemory = 4_000_000_000;

    /// <summary>Reads the masks of a frame.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Limits on the picture's size; null for the default.</param>
    /// <returns>The masks by object, 1 to 65535, in order of their numbers; only objects that have a pixel.</returns>
    /// <exception cref="MediaException">
    /// Not a palette or grey PNG, damaged, larger than the limits, or with soft edges (<see cref="LabelImage.HasSoftEdges"/>).
    /// </exception>
    public static IReadOnlyDictionary<int, BinaryMask> Read(string path, MediaLimits? limits = null)
    {
        var image = LabelImage.Read(path, limits);
        if (image.HasSoftEdges)
        {
            throw new MediaException(
                path, "is a mask with soft edges: it isn't known which of its numbers are objects", "Set what is brighter than half to 255 and the rest to 0");
        }

        var ids = new bool[ushort.MaxValue + 1];
        foreach (ushort id in image.Numbers)
        {
            ids[id] = true;
        }

        long bytes = (long)image.Numbers.Length * ids.Skip(1).Count(present => present);
        return bytes <= MostMemory
            ? IndexedMasks.Split(image)
            : throw new MediaException(path, $"holds masks of {bytes / 1e9:0.0} GB, more than {MostMemory / 1e9:0} GB", "Is it a photo in grey?");
    }

    /// <summary>One picture of several masks, coloured with the data set's palette.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="masks">Objects from 1 to 255 and their masks; where they overlap, earlier ones are on top.</param>
    /// <exception cref="ArgumentException">A number is out of range or a mask of another size.</exception>
    public static IndexedImage Compose(int width, int height, IReadOnlyList<(int Id, BinaryMask Mask)> masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        var indices = new byte[checked(width * height)];
        foreach (var (id, mask) in masks.Reverse())
        {
            if (id is < 1 or > LargestId || mask.Width != width || mask.Height != height)
            {
                throw new ArgumentException(
                    $"Object {id} with a mask of {mask.Width}×{mask.Height} does not fit a picture of {width}×{height} with objects 1 to {LargestId}.",
                    nameof(masks));
            }

            for (int i = 0; i < indices.Length; i++)
            {
                indices[i] = mask.Data[i] != 0 ? (byte)id : indices[i];
            }
        }

        return new IndexedImage(width, height, indices, ObjectColours.DavisPalette());
    }

    /// <summary>
    /// Creates or replaces a file with a picture's objects. They are numbered in the order given; smaller ones are drawn on top, since
    /// large ones would hide them.
    /// </summary>
    /// <exception cref="AnnotationException">There are too many objects, or one has no mask.</exception>
    internal static void Write(string path, AnnotatedImage image)
    {
        if (image.Objects.Count > LargestId)
        {
            throw new AnnotationException(
                path, $"cannot hold {image.Objects.Count} objects: a palette has numbers for {LargestId}", "Use the format png, a picture per object");
        }

        var masks = image.Objects
            .Select((item, i) => (Id: i + 1, Mask: MaskFolder.MaskOf(path, image, i)))
            .OrderBy(m => m.Mask.Area)
            .ToList();
        JsonFile.CreateFolderFor(path);
        Compose(image.Width, image.Height, masks).Write(path);
    }
}
