using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Layouts;

/// <summary>
/// Pictures in one folder, masks of the same names in another: a picture per mask with a palette or in grey, whose numbers tell objects apart
/// (255 in a palette is the border between them, as in Pascal VOC), white on black for one object, or a folder with a mask per object.
/// </summary>
internal static class PictureFolders
{
    private const byte Border = 255;

    /// <summary>Whether a folder holds pictures rather than a folder per video.</summary>
    public static bool HoldsPictures(string folder) => Directory.Exists(folder) && PictureFolder.Files(folder).Length > 0;

    /// <summary>Lists pictures and masks and checks that they belong together.</summary>
    /// <exception cref="DatasetException">A picture or mask is missing.</exception>
    public static IReadOnlyList<IAnnotatedVideo> Open(string root, DatasetOptions options, string frames, string masks)
    {
        var pictures = ByName(PictureFolder.Files(frames), frames);
        var single = ByName(PictureFolder.Files(masks), masks);
        var folders = Directory.GetDirectories(masks).ToDictionary(f => Path.GetFileName(f));
        string[] all = [.. single.Keys.Union(folders.Keys).Where(n => n[0] != '.').Order(StringComparer.Ordinal)];
        if (all.FirstOrDefault(n => !pictures.ContainsKey(n)) is { } stray)
        {
            throw new DatasetException($"The mask {single.GetValueOrDefault(stray) ?? folders[stray]} belongs to no picture in {frames}; add the missing picture, or delete the mask.");
        }

        if (options.Videos is null && pictures.Keys.Except(all).Order(StringComparer.Ordinal).FirstOrDefault() is { } lacking)
        {
            throw new DatasetException($"The picture {pictures[lacking]} has no mask {Path.Combine(masks, lacking)}.png; add it, delete the picture, or give a list of the pictures to use.");
        }

        var names = NamedVideos.Choose(all, options, DatasetFiles.ReadSplit(root, options), masks);
        return new NamedVideos(names, name => single.TryGetValue(name, out var mask)
            ? new PictureVideo(name, pictures[name], () => ReadOne(mask, options.Limits), objectsOverlap: false, options.Limits)
            : new PictureVideo(name, pictures[name], () => ReadFolder(folders[name], options.Limits), objectsOverlap: true, options.Limits));
    }

    private static Dictionary<string, string> ByName(IEnumerable<string> files, string folder)
    {
        var named = new Dictionary<string, string>();
        foreach (string file in files)
        {
            if (!named.TryAdd(Path.GetFileNameWithoutExtension(file), file))
            {
                throw new DatasetException($"{folder} has several files named {Path.GetFileNameWithoutExtension(file)}; delete all but one.");
            }
        }

        return named;
    }

    private static PictureObjects ReadOne(string file, MediaLimits limits)
    {
        var masks = StoredMasks.Holds(file) ? StoredMasks.Read(file, limits).Split(Border) : Single(file, limits);
        var (height, width) = masks.Count > 0 ? (masks.First().Value.Height, masks.First().Value.Width) : SizeOf(file);
        return new PictureObjects(file, width, height, masks.ToDictionary(m => m.Key, m => (Func<BinaryMask>)m.Value.Clone));
    }

    private static PictureObjects ReadFolder(string folder, MediaLimits limits)
    {
        string[] files = PictureFolder.Files(folder);
        if (files.Length == 0)
        {
            throw new DatasetException($"{folder} holds no mask; add one per object, or delete the folder and its picture.");
        }

        var masks = files.Select((file, i) => (Id: i + 1, File: file, Mask: Single(file, limits).GetValueOrDefault(1))).Where(m => m.Mask is not null).ToList();
        var (height, width) = SizeOf(files[0]);
        foreach (var (_, file, mask) in masks.Where(m => (m.Mask!.Height, m.Mask.Width) != (height, width)))
        {
            throw new DatasetException($"{file} is {mask!.Width}×{mask.Height}, but {files[0]} is {width}×{height}; the masks of a picture need to be of one size.");
        }

        return new PictureObjects(folder, width, height, masks.ToDictionary(m => m.Id, m => (Func<BinaryMask>)m.Mask!.Clone));
    }

    /// <summary>Everything that isn't black as object 1, if there is anything.</summary>
    private static Dictionary<int, BinaryMask> Single(string file, MediaLimits limits)
    {
        try
        {
            var mask = MaskFile.Read(file, limits);
            return mask.Area > 0 ? new Dictionary<int, BinaryMask> { [1] = mask } : [];
        }
        catch (MediaException e)
        {
            throw new DatasetException($"The mask can't be read: {e.Message}", e);
        }
    }

    private static (int Height, int Width) SizeOf(string file)
    {
        var info = ImageFile.ReadInfo(file);
        return (info.Height, info.Width);
    }
}

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
