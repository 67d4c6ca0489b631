using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data;

/// <summary>
/// A folder of masks, true or predicted, with a folder per video in one of the two layouts of the benchmarks: DAVIS's, where a
/// palette picture per frame holds all objects (<c>VIDEO/00000.png</c>), or SA-V's with a folder per object
/// (<c>VIDEO/000/00000.png</c>).
/// </summary>
public sealed class MaskTree
{
    /// <summary>Where data sets keep their masks below the folder that users name, the most specific first.</summary>
    private static readonly string[] KnownPlaces =
        ["Annotations_6fps", Path.Combine("Annotations", "480p"), Path.Combine("Annotations", "Full-Resolution"), "Annotations"];

    private MaskTree(string root) => Root = root;

    /// <summary>The folder that holds the videos' folders.</summary>
    public string Root { get; }

    /// <summary>The videos' names, sorted.</summary>
    public IReadOnlyList<string> Videos =>
        [.. Directory.GetDirectories(Root).Select(d => Path.GetFileName(d)).Where(d => d[0] != '.').Order(StringComparer.Ordinal)];

    /// <summary>Opens a folder of masks, or a data set's root that has one in its usual place.</summary>
    /// <exception cref="DatasetException">There is no such folder, or it holds no video.</exception>
    public static MaskTree Open(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        if (!Directory.Exists(root))
        {
            throw new DatasetException($"There is no folder {root}; give the folder that has a folder of masks per video.");
        }

        var place = KnownPlaces.Select(p => Path.Combine(root, p)).FirstOrDefault(Directory.Exists) ?? root;
        var tree = new MaskTree(place);
        return tree.Videos.Count > 0
            ? tree
            : throw new DatasetException($"{place} has no folders; give the folder that has a folder of masks per video.");
    }

    /// <summary>The masks of a video.</summary>
    /// <exception cref="DatasetException">It has none.</exception>
    public VideoMaskFolder Video(string name)
    {
        var folder = Path.Combine(Root, name);
        if (!Directory.Exists(folder))
        {
            throw new DatasetException($"There is no folder {folder}; video {name} has no masks.");
        }

        return VideoMaskFolder.Open(folder);
    }
}

/// <summary>The masks of one video in a <see cref="MaskTree"/>.</summary>
public sealed class VideoMaskFolder
{
    private const string Extension = ".png";

    private VideoMaskFolder(string path, IReadOnlyList<string> objects)
    {
        Path = path;
        Objects = objects;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The names of the objects' folders, sorted; empty in DAVIS's layout.</summary>
    public IReadOnlyList<string> Objects { get; }

    /// <summary>Whether every object has a folder of its own.</summary>
    public bool IsPerObject => Objects.Count > 0;

    /// <summary>Looks into a folder and tells the layouts apart: a folder that holds only pictures is in DAVIS's layout.</summary>
    /// <exception cref="DatasetException">It holds no masks, or a mixture of both layouts.</exception>
    internal static VideoMaskFolder Open(string path)
    {
        var objects = Directory.GetDirectories(path).Select(d => System.IO.Path.GetFileName(d)).Where(d => d[0] != '.').Order(NaturalOrder.Comparer).ToList();
        bool hasPictures = Pictures(path).Count > 0;
        if (objects.Count == 0 && !hasPictures)
        {
            throw new DatasetException($"{path} holds neither PNG masks nor a folder per object.");
        }

        return objects.Count == 0 || !hasPictures
            ? new VideoMaskFolder(path, objects)
            : throw new DatasetException($"{path} holds both PNG masks and folders ({objects[0]}); keep one of the two layouts.");
    }

    /// <summary>The names of the annotated frames, sorted, without extension.</summary>
    /// <param name="objectName">The object's folder; null in DAVIS's layout.</param>
    public IReadOnlyList<string> Frames(string? objectName = null) => Pictures(objectName is null ? Path : System.IO.Path.Combine(Path, objectName));

    /// <summary>The file of a frame's mask; it may not exist.</summary>
    public string File(string frame, string? objectName = null)
    {
        string folder = objectName is null ? Path : System.IO.Path.Combine(Path, objectName);
        string usual = System.IO.Path.Combine(folder, frame + Extension);
        return System.IO.File.Exists(usual) || !Directory.Exists(folder) ? usual : Directory.EnumerateFiles(folder, frame + ".*").FirstOrDefault(IsMask) ?? usual;
    }

    private static List<string> Pictures(string folder)
    {
        List<string> names = [.. Directory.EnumerateFiles(folder).Where(IsMask).Select(f => System.IO.Path.GetFileNameWithoutExtension(f)).Where(f => !f.StartsWith('.')).Order(NaturalOrder.Comparer)];
        return names.Index().FirstOrDefault(n => n.Index > 0 && names[n.Index - 1] == n.Item).Item is { } twice
            ? throw new DatasetException($"{folder} has two masks named {twice}, with endings that differ in case only; keep one of them.")
            : names;
    }

    /// <summary>Endings are matched as those of frames are, whatever their case.</summary>
    private static bool IsMask(string file) => file.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);
}

/// <summary>
/// What the numbers in a video's masks mean. They are the objects' ids, exactly as stored, with one exception: in a video of which all true
/// masks show a single object, as 1 or, in grey, as white, white is object 1, also in predictions. White is 255, or 65535 in 16 bits.
/// It is decided once for a video, by its true masks, since a frame alone doesn't tell object 255 from a white mask.
/// </summary>
public sealed class MaskNumbering
{
    private const ushort White = byte.MaxValue, White16 = ushort.MaxValue;

    private readonly int? _void;

    private MaskNumbering(bool whiteIsFirst, int? voidNumber = null) => (WhiteIsFirst, _void) = (whiteIsFirst, voidNumber);

    /// <summary>Whether white is object 1.</summary>
    public bool WhiteIsFirst { get; }

    /// <summary>Decides for a video.</summary>
    /// <param name="truth">Its true masks; read only as far as is needed.</param>
    public static MaskNumbering Of(IEnumerable<StoredMasks> truth)
    {
        ArgumentNullException.ThrowIfNull(truth);
        bool hasOne = false, hasWhite = false;
        foreach (var masks in truth)
        {
            if (masks.HasPalette ? masks.HasOtherThan(1) : masks.HasOtherThan(1, White, White16))
            {
                return new MaskNumbering(false);
            }

            hasOne |= masks.Has(1);
            hasWhite |= masks.Has(White) || masks.Has(White16);
            if (hasOne && hasWhite)
            {
                return new MaskNumbering(false);
            }
        }

        return new MaskNumbering(true);
    }

    /// <summary>A numbering with a number that is no object, but says that it isn't known what is there. White has no other meaning then.</summary>
    /// <param name="number">The number, such as 255.</param>
    public static MaskNumbering WithVoid(int number) => new(false, number);

    /// <summary>The pixels of a picture of which it isn't known what is there; null if there are none.</summary>
    public BinaryMask? Void(StoredMasks masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        return _void is { } number ? masks.ByNumber().GetValueOrDefault(number) : null;
    }

    /// <summary>Decides for a video of a tree of masks with a picture per frame.</summary>
    /// <exception cref="DatasetException">A mask can't be read.</exception>
    public static MaskNumbering Of(VideoMaskFolder truth)
    {
        ArgumentNullException.ThrowIfNull(truth);
        return Of(truth.Frames().Select(frame => StoredMasks.Read(truth.File(frame))));
    }

    /// <summary>The masks of a picture of the video, true or predicted, by object id; objects without a pixel have none.</summary>
    /// <exception cref="DatasetException">The picture shows both 1 and white, where both are object 1.</exception>
    public IReadOnlyDictionary<int, BinaryMask> Split(StoredMasks masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        var byNumber = masks.ByNumber();
        if (_void is { } number)
        {
            return byNumber.Where(mask => mask.Key != number).ToDictionary(mask => mask.Key, mask => mask.Value);
        }

        if (!WhiteIsFirst || !(byNumber.ContainsKey(White) || byNumber.ContainsKey(White16)))
        {
            return byNumber;
        }

        ushort white = byNumber.ContainsKey(White) ? White : White16;
        return !byNumber.ContainsKey(1)
            ? byNumber.ToDictionary(mask => mask.Key == white ? 1 : mask.Key, mask => mask.Value)
            : throw new DatasetException(
                $"{masks.File} shows the numbers 1 and {white}, both of which are object 1 where the true masks have a single object; keep one of the two, and 0 elsewhere.");
    }
}

/// <summary>The masks of a PNG with a palette, in grey of up to 16 bits, or in one colour on black.</summary>
public sealed class StoredMasks
{
    private readonly LabelImage _image;

    private StoredMasks(string path, LabelImage image) => (File, _image) = (path, image);

    /// <summary>Size in pixels.</summary>
    public (int Width, int Height) Size => (_image.Width, _image.Height);

    /// <summary>Reads a file.</summary>
    /// <exception cref="DatasetException">It is missing, damaged or no PNG, has several colours, or has soft edges (<see cref="LabelImage.HasSoftEdges"/>).</exception>
    public static StoredMasks Read(string path, MediaLimits? limits = null)
    {
        try
        {
            var labels = LabelImage.Read(path, limits);
            return labels.HasSoftEdges
                ? throw new DatasetException(
                    $"{path} is a mask with soft edges: it isn't known which of its numbers are objects. Set what is brighter than half to 255 and the rest to 0, and scale masks without interpolation.")
                : new StoredMasks(path, labels);
        }
        catch (MediaException e)
        {
            throw new DatasetException($"The mask can't be read: {e.Message}", e);
        }
    }

    /// <summary>Whether a file is a PNG, which can hold the numbers of several objects.</summary>
    /// <exception cref="DatasetException">It is missing or damaged.</exception>
    public static bool Holds(string path)
    {
        try
        {
            return ImageFile.ReadInfo(path).Format == ImageFormat.Png;
        }
        catch (MediaException e)
        {
            throw new DatasetException($"The mask can't be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// The masks of a picture by itself, by object id; objects without a pixel have none. White on black, as DAVIS 2016 has its masks, is
    /// object 1 (<see cref="MaskNumbering"/>, which also takes the other pictures of a video into account).
    /// </summary>
    /// <param name="border">A palette's index that belongs to no object; null for none.</param>
    public IReadOnlyDictionary<int, BinaryMask> Split(byte? border = null)
    {
        var masks = MaskNumbering.Of([this]).Split(this);
        return border is { } number && _image.HasPalette && masks.ContainsKey(number)
            ? masks.Where(mask => mask.Key != number).ToDictionary(mask => mask.Key, mask => mask.Value)
            : masks;
    }

    /// <summary>The mask of the only object: every pixel that isn't 0.</summary>
    /// <exception cref="DatasetException">There are several objects.</exception>
    public BinaryMask Single()
    {
        var numbers = _image.Numbers;
        int first = numbers.AsSpan().IndexOfAnyExcept((ushort)0);
        if (first >= 0 && numbers.AsSpan().ContainsAnyExcept((ushort)0, numbers[first]))
        {
            throw new DatasetException($"{File} holds several objects, but in a folder per object every picture holds one.");
        }

        var mask = new BinaryMask(_image.Height, _image.Width);
        for (int i = 0; i < numbers.Length; i++)
        {
            mask.Data[i] = numbers[i] == 0 ? (byte)0 : (byte)1;
        }

        return mask;
    }

    /// <summary>The file, for messages.</summary>
    internal string File { get; }

    /// <summary>Whether the numbers are indices into a palette.</summary>
    internal bool HasPalette => _image.HasPalette;

    /// <summary>Whether there is nothing but black and white in grey, which could be object 1 or object 255.</summary>
    internal bool IsWhiteOnBlack => !HasPalette && (!HasOtherThan(byte.MaxValue) || !HasOtherThan(ushort.MaxValue));

    /// <summary>Whether there is a number other than 0 and these.</summary>
    internal bool HasOtherThan(params ReadOnlySpan<ushort> numbers)
    {
        ReadOnlySpan<ushort> known = [0, .. numbers];
        return _image.Numbers.AsSpan().ContainsAnyExcept(known);
    }

    /// <summary>Whether a number is there.</summary>
    internal bool Has(ushort number) => _image.Numbers.AsSpan().Contains(number);

    /// <summary>The masks by the numbers as they are stored.</summary>
    internal IReadOnlyDictionary<int, BinaryMask> ByNumber() => IndexedMasks.Split(_image);
}
