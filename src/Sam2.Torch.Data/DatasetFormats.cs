using Sam2.Torch.Configuration;
using Sam2.Torch.Data.Layouts;

namespace Sam2.Torch.Data;

/// <summary>
/// The formats of data sets by name: the built-in ones, and those that a program registers for data sets of its own. A name works in
/// <see cref="DatasetReader.Open"/>, as <c>kind</c> in recipes and as <c>--format</c> on the command line. Case doesn't matter. All
/// members may be called from several threads.
/// </summary>
/// <example>
/// <code>
/// DatasetFormats.Register("mine", (root, options) => [.. Directory.GetDirectories(root).Select(folder => new MyVideo(folder))]);
/// var videos = DatasetReader.Open("/data/mine", "mine");
/// </code>
/// </example>
public static class DatasetFormats
{
    /// <summary>
    /// DAVIS 2016 and 2017 (https://davischallenge.org): <c>JPEGImages/480p/VIDEO/00000.jpg</c>, <c>Annotations/480p/VIDEO/00000.png</c>,
    /// lists in <c>ImageSets</c>. Every frame is annotated, or only the first.
    /// </summary>
    public const string Davis = "davis";

    /// <summary>
    /// SA-V (sav_dataset/README.md of the original): val and test with frames in <c>JPEGImages_24fps/VIDEO/00000.jpg</c> and a folder of
    /// masks per object, <c>Annotations_6fps/VIDEO/000/00000.png</c>; train with <c>VIDEO.mp4</c> beside <c>VIDEO_manual.json</c>.
    /// </summary>
    public const string Sav = "sav";

    /// <summary>MOSE (https://henghuiding.github.io/MOSE): <c>JPEGImages/VIDEO</c> and <c>Annotations/VIDEO</c>, annotated as in DAVIS.</summary>
    public const string Mose = "mose";

    /// <summary>
    /// YouTube-VOS (https://youtube-vos.org): <c>JPEGImages</c>, <c>Annotations</c> and <c>meta.json</c>. Objects may appear later, and some
    /// frames are not annotated.
    /// </summary>
    public const string Ytvos = "ytvos";

    /// <summary>LVOS (https://lingyihongfd.github.io/lvos.github.io): as YouTube-VOS, with <c>*_meta.json</c>.</summary>
    public const string Lvos = "lvos";

    /// <summary>SA-1B (https://ai.meta.com/datasets/segment-anything): <c>sa_1.jpg</c> beside <c>sa_1.json</c>; every picture is a video of one frame.</summary>
    public const string Sa1b = "sa1b";

    /// <summary>COCO instances (https://cocodataset.org): <c>annotations/instances_val2017.json</c> and <c>val2017/*.jpg</c>; every picture is a video of one frame.</summary>
    public const string Coco = "coco";

    /// <summary>
    /// YOLO's labels for segmentation (https://docs.ultralytics.com/datasets/segment): <c>images/NAME.jpg</c> and <c>labels/NAME.txt</c>, also in
    /// parts, or both in one folder; every picture is a video of one frame.
    /// </summary>
    public const string Yolo = "yolo";

    /// <summary>LabelMe (https://github.com/wkentaro/labelme): <c>NAME.jpg</c> beside <c>NAME.json</c>; every picture is a video of one frame.</summary>
    public const string LabelMe = "labelme";

    /// <summary>
    /// Any folder of frames and any folder of masks with the same names: pictures of one frame (<c>images/a.jpg</c>, <c>masks/a.png</c>), or
    /// a folder per video (<c>frames/a/1.jpg</c>, <c>masks/a/1.png</c>).
    /// </summary>
    public const string Folders = "folders";

    /// <summary>Names that have a meaning of their own in recipes.</summary>
    private static readonly string[] Reserved = ["auto", "procedural"];

    private static readonly Format[] BuiltIn =
    [
        new(Davis, (root, options) => VideoFolders.Open(root, options, MaskCoverage.FirstOrAll)),
        new(Sav, (root, options) => HasSavPictures(root, options) ? VideoFolders.Open(root, options, MaskCoverage.Some) : MaskletDataset.Open(root, options)),
        new(Mose, (root, options) => VideoFolders.Open(root, options, MaskCoverage.FirstOrAll)),
        new(Ytvos, (root, options) => VideoFolders.Open(root, options, MaskCoverage.Some, MetaFile.Find)),
        new(Lvos, (root, options) => VideoFolders.Open(root, options, MaskCoverage.Some, MetaFile.Find)),
        new(Sa1b, Sa1bDataset.Open),
        new(Coco, CocoInstances.Open),
        new(Folders, OpenFolders),
        new(Yolo, LabelledPictures.OpenYolo),
        new(LabelMe, LabelledPictures.OpenLabelMe),
    ];

    private static readonly Lock RegistrationLock = new();

    /// <summary>What programs registered, replaced as a whole with every registration.</summary>
    private static volatile Format[] _registered = [];

    /// <summary>The names of all formats: the built-in ones, then the registered ones in the order of their registration.</summary>
    public static IReadOnlyList<string> Names => [.. BuiltIn.Concat(_registered).Select(format => format.Name)];

    /// <summary>Registers a format, or replaces one that was registered by the same name.</summary>
    /// <param name="name">Its name: letters, digits, - and _; not a built-in format's, nor <c>auto</c> or <c>procedural</c>.</param>
    /// <param name="open">
    /// Opens a data set: gets its root, usually a folder, and what is to be read of it. <see cref="DatasetReader"/> chooses videos and frames
    /// by the options afterwards; the function may do it where it saves work, and should follow <see cref="DatasetOptions.Split"/> if the
    /// format has parts. It should throw <see cref="DatasetException"/> for a data set that is missing or damaged.
    /// </param>
    /// <param name="recognizes">Whether a folder holds such a data set, asked where no format is given; null if the name always has to be given.</param>
    /// <exception cref="ArgumentException">The name can't be used.</exception>
    public static void Register(string name, Func<string, DatasetOptions, IReadOnlyList<IAnnotatedVideo>> open, Func<string, bool>? recognizes = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(open);
        if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            throw new ArgumentException($"The name '{name}' can't be used; use letters, digits, - and _.", nameof(name));
        }

        if (Reserved.Concat(BuiltIn.Select(format => format.Name)).Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"The name '{name}' is built in; choose another.", nameof(name));
        }

        lock (RegistrationLock)
        {
            _registered = [.. _registered.Where(format => !format.Is(name)), new Format(name, open, recognizes, IsBuiltIn: false)];
        }
    }

    /// <summary>Refuses a name that no format has.</summary>
    /// <exception cref="DatasetException">There is no such format; the message has the closest name and all names.</exception>
    public static void Require(string name) => Find(name);

    /// <summary>The format of a name.</summary>
    /// <exception cref="DatasetException">There is none.</exception>
    internal static Format Find(string name) => BuiltIn.Concat(_registered).FirstOrDefault(format => format.Is(name))
        ?? throw new DatasetException($"There is no data set format '{name}'. Did you mean '{Spelling.Closest(name.ToLowerInvariant(), Names)}'? There are {string.Join(", ", Names)}.");

    /// <summary>Finds the format of a data set by looking at its folder: registered formats are asked first.</summary>
    /// <exception cref="DatasetException">It looks like none of them.</exception>
    internal static Format Detect(string root, DatasetOptions options) =>
        _registered.FirstOrDefault(format => format.Recognizes?.Invoke(root) ?? false) ?? Find(DetectBuiltIn(root, options));

    private static string DetectBuiltIn(string root, DatasetOptions options)
    {
        string part = DatasetFiles.PartOf(root, options);
        if (HasSavPictures(root, options))
        {
            return Sav;
        }

        if (VideoFolders.IsRoot(part) || (options.Frames is not null && options.Annotations is not null))
        {
            return Directory.Exists(Path.Combine(root, "ImageSets")) ? Davis
                : File.Exists(Path.Combine(part, "meta.json")) ? Ytvos
                : Directory.EnumerateFiles(part, "*_meta.json").Any() ? Lvos
                : Folders;
        }

        return CocoInstances.FindFiles(root).Count > 0 ? Coco
            : DatasetFiles.Find(part, Sa1bDataset.Pattern).Any() ? Sa1b
            : MaskletDataset.IsRoot(part) ? Sav
            : LabelledPictures.IsYolo(part) ? Yolo
            : LabelledPictures.IsLabelMe(part) ? LabelMe
            : throw new DatasetException(
                $"{root} looks like no known data set: there are no folders JPEGImages and Annotations, or images and masks, no annotation files instances_*.json, sa_*.json or *_manual.json, and no pictures with labels (images/a.jpg and labels/a.txt, or a.jpg and a.json). Give the data set's own folder, or say its format.");
    }

    /// <summary>Whether a data set has SA-V's folders of pictures, as val and test have.</summary>
    private static bool HasSavPictures(string root, DatasetOptions options)
    {
        string part = DatasetFiles.PartOf(root, options);
        return Directory.Exists(Path.Combine(part, "JPEGImages_24fps")) || Directory.Exists(Path.Combine(part, "Annotations_6fps"));
    }

    private static IReadOnlyList<IAnnotatedVideo> OpenFolders(string root, DatasetOptions options)
    {
        var (frames, masks) = VideoFolders.Find(DatasetFiles.PartOf(root, options), options);
        return PictureFolders.HoldsPictures(frames)
            ? PictureFolders.Open(root, options, frames, masks)
            : VideoFolders.Open(root, options, MaskCoverage.Some);
    }

    /// <summary>One format.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Open">Opens a data set.</param>
    /// <param name="Recognizes">Whether a folder holds such a data set; null for the built-in ones, which are told apart together.</param>
    /// <param name="IsBuiltIn">Whether it opens folders only, and follows the options by itself.</param>
    internal sealed record Format(
        string Name, Func<string, DatasetOptions, IReadOnlyList<IAnnotatedVideo>> Open, Func<string, bool>? Recognizes = null, bool IsBuiltIn = true)
    {
        public bool Is(string name) => string.Equals(Name, name, StringComparison.OrdinalIgnoreCase);
    }
}
