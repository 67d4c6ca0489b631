using Sam2.Torch.Data;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Media;

namespace Sam2.Fuzz.Targets;

/// <summary>Annotations of pictures and videos: YOLO, COCO, LabelMe, SA-1B, SA-V, DAVIS and YouTube-VOS.</summary>
internal static class AnnotationTargets
{
    private const int Megapixel = 1 << 20;

    /// <summary>A file can ask for a mask of any size; how much memory that may take is the caller's choice.</summary>
    private static readonly AnnotationLimits Limits = new() { MaxPixels = Megapixel };

    private static readonly string[] Blank = [" ", "  ", "\t", ",", "\u00A0"];

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("yolo", "labels.txt", (path, _) => Fill(YoloLabels.Read(path, 64, 48, Limits)), typeof(AnnotationException))
        {
            What = "YOLO labels of a picture",
            Makers = [new ByteMutator(), new WordMaker(Blank)],
            Tokens = FuzzTargets.Words("0 ", "0.5 ", "1 ", "\n", "-1 ", "1e999 ", "NaN ", "1.0000001 ", "100000 ", "0 0.5 0.5 0.2 0.2\n"),
        },
        new("yolo-classes", "data.yaml", (path, _) => YoloClasses.Read(path), typeof(AnnotationException))
        {
            What = "names of YOLO's classes, as YAML",
            Makers = FuzzTargets.Yaml,
            Tokens = [.. FuzzTargets.YamlWords, .. FuzzTargets.Words("names:", "names: [", "99999: a\n", "100000: a\n")],
        },
        new("coco", "annotations.json", (path, _) => ReadCoco(path), typeof(AnnotationException))
        {
            What = "COCO annotations",
            Makers = FuzzTargets.Json,
            Tokens = FuzzTargets.JsonWords,
            // The masks of four objects, of a megapixel each.
            AllocationBase = 64 << 20,
        },
        new("labelme", "picture.json", (path, _) => Fill(LabelMeFile.Read(path, new List<AnnotationCategory>(), Limits).Objects), typeof(AnnotationException))
        {
            What = "LabelMe annotations of a picture",
            Makers = FuzzTargets.Json,
            Tokens = FuzzTargets.JsonWords,
            AllocationBase = 64 << 20,
            // A shape of a few bytes, such as a circle, may have an outline as long as the picture allows.
            AllocationPerByte = 100_000,
        },
        new("sa1b", "sa_1.json", (path, _) => Fill(Sa1bFile.Read(path, Limits).Objects), typeof(AnnotationException))
        {
            What = "SA-1B annotations of a picture",
            Makers = FuzzTargets.Json,
            Tokens = FuzzTargets.JsonWords,
            AllocationBase = 64 << 20,
        },
        new("sav", "clip_manual.json", (path, _) => ReadMasklets(path), typeof(AnnotationException), typeof(DatasetException))
        {
            What = "SA-V masklets of a video, alone and as a data set",
            Makers = FuzzTargets.Json,
            Tokens = FuzzTargets.JsonWords,
            AllocationBase = 64 << 20,
        },
        new("davis", "val.txt", (path, _) => ReadVideos(path, "davis", new DatasetOptions { Split = "val" }), typeof(DatasetException))
        {
            What = "DAVIS's lists of videos, and the data set that they choose from",
            Makers = [new ByteMutator(), new WordMaker(["\n", " ", "/"], "clip", "/JPEGImages/480p/clip/00000.jpg", "/Annotations/480p/clip/00000.png", "..", ".", "../clip", "clip.mp4")],
            Tokens = FuzzTargets.Words("clip\n", "\n", "/JPEGImages/480p/", "../", "\0", ".mp4"),
        },
        new("ytvos", "meta.json", (path, _) => ReadVideos(path, "ytvos", new DatasetOptions()), typeof(DatasetException))
        {
            What = "YouTube-VOS's and LVOS's list of videos and objects",
            Makers = FuzzTargets.Json,
            Tokens = FuzzTargets.JsonWords,
        },
    ];

    private static void Fill(IEnumerable<AnnotatedObject> objects)
    {
        const int Most = 4;
        foreach (var shape in objects.Select(item => item.Shape).Where(shape => shape is not null).Take(Most))
        {
            shape!.ToMask();
        }
    }

    private static void ReadCoco(string path) => Fill(CocoReader.Read(path, Limits).Images.SelectMany(image => image.Objects));

    private static void ReadMasklets(string path)
    {
        const int Most = 3;
        var file = MaskletFile.Read(path, Limits);
        for (int row = 0; row < Math.Min(Most, file.RowCount); row++)
        {
            for (int column = 0; column < Math.Min(Most, file.ObjectIds.Count); column++)
            {
                file.Mask(row, column)?.Decode();
            }
        }

        Frame(Path.Combine(Path.GetDirectoryName(path)!, "clip"), ".png");
        var video = DatasetReader.Open(Path.GetDirectoryName(path)!, "sav", new DatasetOptions { Limits = new MediaLimits { MaxPixels = Megapixel } })[0];
        if (video.IsAnnotated(0) && video.VisibleObjects(0) is { Count: > 0 } visible)
        {
            video.ReadMasks(0, [visible[0]]);
            video.ObjectName(visible[0]);
        }
    }

    private static void ReadVideos(string path, string format, DatasetOptions options)
    {
        string root = Path.GetDirectoryName(path)!;
        Frame(Path.Combine(root, "JPEGImages", "480p", "clip"), ".png");
        Frame(Path.Combine(root, "Annotations", "480p", "clip"), ".png");
        var video = DatasetReader.Open(root, format, options)[0];
        video.ReadMasks(0);
    }

    /// <summary>A folder with one frame, which is also a mask.</summary>
    private static void Frame(string folder, string ending)
    {
        string file = Path.Combine(folder, "00000" + ending);
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(folder);
            new IndexedImage(4, 3, [0, 0, 1, 1, 0, 2, 2, 1, 0, 0, 0, 0], [0, 0, 0, 255, 0, 0, 0, 255, 0]).Write(file);
        }
    }
}
