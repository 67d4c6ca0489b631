using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Pictures;

/// <summary>A picture as a video of one frame.</summary>
/// <param name="name">Its name.</param>
/// <param name="file">Its file.</param>
/// <param name="readObjects">Reads its objects when they are first asked for.</param>
/// <param name="objectsOverlap">Whether objects may overlap.</param>
/// <param name="limits">What the picture may cost.</param>
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
