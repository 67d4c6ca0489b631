using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Pictures;

/// <summary>The objects of one picture.</summary>
/// <param name="File">The file that describes them.</param>
/// <param name="Width">Width of the masks in pixels.</param>
/// <param name="Height">Height of the masks in pixels.</param>
/// <param name="Masks">What makes the mask of each object, by id; only objects that have a pixel.</param>
internal sealed record PictureObjects(string File, int Width, int Height, IReadOnlyDictionary<int, Func<BinaryMask>> Masks)
{
    /// <summary>This, if the picture is of the same size and shows an object.</summary>
    /// <exception cref="DatasetException">It isn't, or doesn't; or the picture can't be read.</exception>
    public PictureObjects CheckedAgainst(string picture)
    {
        ImageInfo info;
        try
        {
            info = ImageFile.ReadInfo(picture);
        }
        catch (MediaException e)
        {
            throw new DatasetException($"The picture for {File} can't be read: {e.Message}", e);
        }

        if ((info.Width, info.Height) != (Width, Height))
        {
            throw new DatasetException($"{File} has masks of {Width}×{Height}, but the picture {picture} is {info.Width}×{info.Height}; both need to be of one size.");
        }

        return Masks.Count > 0
            ? this
            : throw new DatasetException($"{File} shows no object; annotate it, or take the picture off the list.");
    }
}
