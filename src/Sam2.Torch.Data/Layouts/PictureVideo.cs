using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Layouts;

/// <summary>A picture as a video of one frame.</summary>
/// <param name="name">Its name.</param>
/// <param name="file">Its file.</param>
/// <param name="readObjects">Reads its objects when they are first asked for.</param>
/// <param name="objectsOverlap">Whether objects may overlap.</param>
/// <param name="limits">Limits on the picture's size.</param>
internal sealed class PictureVideo(string name, string file, Func<PictureObjects> readObjects, bool objectsOverlap, MediaLimits limits) : IAnnotatedVideo
{
    private readonly Lazy<PictureObjects> _objects = new(() => readObjects().CheckedAgainst(file));

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public int FrameCount => 1;

    /// <inheritdoc/>
    public bool ObjectsOverlap => objectsOverlap;

    /// <inheritdoc/>
    public string FrameName(int frame) => Only(frame, name);

    /// <inheritdoc/>
    public RgbImage ReadFrame(int frame) => ImageFile.Read(Only(frame, file), limits);

    /// <inheritdoc/>
    public bool IsAnnotated(int frame) => Only(frame, true);

    /// <inheritdoc/>
    public IReadOnlyList<int> VisibleObjects(int frame) => [.. Only(frame, _objects).Value.Masks.Keys.Order()];

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame) =>
        Only(frame, _objects).Value.Masks.ToDictionary(o => o.Key, o => o.Value());

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame, IReadOnlyCollection<int> objects) =>
        Only(frame, _objects).Value.Masks.Where(o => objects.Contains(o.Key)).ToDictionary(o => o.Key, o => o.Value());

    private T Only<T>(int frame, T value) => frame == 0
        ? value
        : throw new ArgumentOutOfRangeException(nameof(frame), frame, $"The picture {name} is a video of one frame, 0.");
}

/// <summary>The objects of one picture.</summary>
/// <param name="File">The file that describes them.</param>
/// <param name="Width">Width of the masks in pixels.</param>
/// <param name="Height">Height of the masks in pixels.</param>
/// <param name="Masks">Makes the mask of each object, by id; objects without a pixel are left out.</param>
internal sealed record PictureObjects(string File, int Width, int Height, IReadOnlyDictionary<int, Func<BinaryMask>> Masks)
{
    /// <summary>Returns this object after checking that the picture has the same size and shows an object.</summary>
    /// <exception cref="DatasetException">The sizes differ, there is no object, or the picture can't be read.</exception>
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
