using System.CommandLine;
using Sam2.Cli.Output;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking.Policies;

namespace Sam2.Cli.Commands.Everything;

/// <summary><c>sam2 everything</c>: masks of all objects in a picture or a video, without prompts.</summary>
internal static class EverythingCommand
{
    /// <summary>The formats that hold everything that is known about a mask.</summary>
    private const string ImageFormatName = "sa1b", VideoFormatName = MaskletResults.SaV;

    public static Command Create(CommandContext context)
    {
        var input = new Argument<string>("IMAGE|VIDEO") { Description = "A picture, a video that ffmpeg reads, or a folder of pictures: the frames of a video, or unrelated ones with --pictures." };
        var model = new ModelOptions();
        var generator = new GeneratorOptions();
        var video = new VideoOptions();
        var unrelated = new Option<bool>("--pictures") { Description = "The folder's pictures are no frames of a video: each is worked on by itself." };
        var atOnce = AtOnceOption.Create("With --pictures: ");
        var directory = new Option<string?>("--out", "-o")
        {
            Description = "Where the masks, and overlay.png, side-by-side.png and cutout/1.png ..., or of a video overlay.mp4, side-by-side.mp4 and cutout/OBJECT/00000.png, "
                + "are written, with --pictures overlay/NAME.png and so on; out/everything-NAME if not given. The results of an earlier run there are replaced.",
            HelpName = "DIR",
        };
        var format = new Option<string?>("--format", "-f")
        {
            Description =
                $"How masks are written: {string.Join("; ", AnnotationFormats.Names.Select(name => $"{name}, {AnnotationFormats.Describe(name)}"))}. "
                + $"{ImageFormatName} if not given. Of a video: {VideoFormatName}, masklets.json as SA-V has it (if not given); "
                + "png, masks/OBJECT/00000.png; davis, davis/00000.png; the others with a name per frame, and the object's number where "
                + "they have a place for it (track_id of coco, group_id of labelme, id of sa1b).",
            HelpName = "FORMAT",
        };
        format.AcceptOnlyFromAmong([.. AnnotationFormats.Names, VideoFormatName]);

        var save = new SaveOption(["overlay", "side-by-side", "cutout"], "overlay", "Which pictures are written beside the masks");
        var pictures = new PictureOptions();
        var command = new Command("everything", "Finds every object in a picture or a video, without prompts.") { input };
        model.AddTo(command);
        generator.AddTo(command);
        video.AddTo(command);
        command.Add(unrelated);
        command.Add(atOnce);
        command.Add(directory);
        command.Add(format);
        save.AddTo(command);
        pictures.AddTo(command);
        command.SetAction(parsed =>
        {
            var (path, request) = (parsed.GetRequiredValue(input), model.Read(parsed));
            var folder = parsed.GetValue(directory) ?? OutputFolder.DefaultFor("everything", path);
            var (frames, maxSide, restart) = video.ReadFrames(parsed);
            if (!parsed.GetValue(unrelated) && VideoReader.IsVideo(path))
            {
                return new EverythingInVideo(context).Run(new VideoRequest(
                    path, request, video.Read(parsed, generator.ReadForVideo(parsed)), frames, maxSide, folder,
                    parsed.GetValue(format) ?? VideoFormatName, save.Read(parsed), pictures.Read(parsed), restart, video.ReadMemory(parsed)));
            }

            var chosen = parsed.GetValue(format) ?? ImageFormatName;
            if (video.FirstGiven(parsed) is { } odd) throw new CliException($"{odd} is about videos; {path} is {Describe(path)}") { ExitCode = ExitCode.Usage };
            if (chosen == VideoFormatName) throw new CliException($"--format {VideoFormatName} is for videos; {path} is {Describe(path)}") { ExitCode = ExitCode.Usage };
            var images = new ImageRequest(
                path, request, generator.Read(parsed), folder, chosen, save.Read(parsed), pictures.Read(parsed), restart, parsed.GetValue(atOnce));
            return parsed.GetValue(unrelated) ? new EverythingInFolder(context).Run(images) : new EverythingInImage(context).Run(images);
        });
        return command;
    }

    private static string Describe(string path) => Directory.Exists(path) ? "read as unrelated pictures" : "a picture";
}

/// <summary>The options of the mask generator on the command line.</summary>
internal sealed class GeneratorOptions
{
    private static readonly MaskGeneratorOptions Defaults = new();

    private static readonly Dictionary<string, RegionRemoval> RegionNames = new()
    {
        ["finished"] = RegionRemoval.Finished, ["low-resolution"] = RegionRemoval.LowResolution, ["none"] = RegionRemoval.None,
    };

    private readonly Option<int> _pointsPerSide = Number("--points-per-side", "Points along each side of the grid of prompts.", Defaults.PointsPerSide, 1).AtMost(512);
    private readonly Option<int> _pointsPerBatch = Number("--points-per-batch", "Points that go through the model at a time; affects memory only.", Defaults.PointsPerBatch, 1).AtMost(4096);
    private readonly Option<double?> _predIou = new Option<double?>("--pred-iou")
    {
        Description = "Masks with a lower predicted IoU are dropped; 0.8, or 0.88 with a model of the first Segment Anything, if not given.", HelpName = "T",
    }.FromZeroToOne();
    private readonly Option<double> _stability = Share("--stability", "Masks with a lower stability score are dropped: the IoU of the mask at a lower and at a higher threshold.", Defaults.StabilityScoreThreshold);
    private readonly Option<double> _stabilityOffset = Logit("--stability-offset", "How far the threshold moves, in logits.", Defaults.StabilityScoreOffset).Only(value => value >= 0, "a number from 0 is needed");
    private readonly Option<double> _maskThreshold = Logit("--mask-threshold", "Logit above which a pixel belongs to a mask.", Defaults.MaskThreshold);
    private readonly Option<double> _boxNms = Share("--box-nms", "Of masks whose boxes overlap by more (IoU), the best stays.", Defaults.BoxNmsThreshold);
    private readonly Option<int> _crops = Number("--crops", "Layers of zoomed crops beyond the whole picture; layer n has 2^n by 2^n crops. For a video, unless given, 2 with coarser grids.", Defaults.CropLayers, 0).AtMost(8);
    private readonly Option<double> _cropNms = Share("--crop-nms", "Of masks from different crops whose boxes overlap by more (IoU), the one from the smallest crop stays.", Defaults.CropNmsThreshold);
    private readonly Option<double> _cropOverlap = Share("--crop-overlap", "Overlap of the first layer's crops, as a share of the picture's shorter side.", Defaults.CropOverlapRatio).Only(value => value < 1, "a number below 1 is needed");
    private readonly Option<int> _cropDownscale = Number("--crop-downscale", "Factor by which the grid gets coarser from layer to layer.", Defaults.CropPointsDownscale, 1).AtMost(512);
    private readonly Option<int> _minArea = Number("--min-area", "Islands and holes of masks with fewer pixels are removed.", Defaults.MinMaskRegionArea, 0);
    private readonly Option<string> _regions = new("--regions")
    {
        Description = "Where --min-area applies: in the finished masks; in low-resolution logits, as the original with its CUDA extension; or not at all, as the original without it.",
        HelpName = string.Join("|", RegionNames.Keys),
        DefaultValueFactory = _ => RegionNames.First().Key,
    };
    private readonly Option<bool> _m2m = new("--m2m") { Description = "Refine every mask once, by giving it to the model as a prompt." };
    private readonly Option<bool> _single = new("--single") { Description = "One mask per point, not three for whole, part and subpart." };

    public GeneratorOptions() => _regions.AcceptOnlyFromAmong([.. RegionNames.Keys]);

    /// <summary>What the user gave.</summary>
    public MaskGeneratorOptions Read(ParseResult parsed) => new()
    {
        PointsPerSide = parsed.GetValue(_pointsPerSide),
        PointsPerBatch = parsed.GetValue(_pointsPerBatch),
        PredIouThreshold = parsed.GetValue(_predIou),
        StabilityScoreThreshold = parsed.GetValue(_stability),
        StabilityScoreOffset = parsed.GetValue(_stabilityOffset),
        MaskThreshold = parsed.GetValue(_maskThreshold),
        BoxNmsThreshold = parsed.GetValue(_boxNms),
        CropLayers = parsed.GetValue(_crops),
        CropNmsThreshold = parsed.GetValue(_cropNms),
        CropOverlapRatio = parsed.GetValue(_cropOverlap),
        CropPointsDownscale = parsed.GetValue(_cropDownscale),
        MinMaskRegionArea = parsed.GetValue(_minArea),
        RegionRemoval = RegionNames[parsed.GetRequiredValue(_regions)],
        UseM2M = parsed.GetValue(_m2m),
        Multimask = !parsed.GetValue(_single),
    };

    /// <summary>
    /// What the user gave, for a video. Unless crops were asked for these are the paper's: half as many points a side on each of
    /// 2 by 2 crops, an eighth on each of 4 by 4.
    /// </summary>
    public MaskGeneratorOptions ReadForVideo(ParseResult parsed)
    {
        var options = Read(parsed);
        if (parsed.GetResult(_crops) is { Implicit: false })
        {
            return options;
        }

        var side = options.PointsPerSide;
        return options with
        {
            CropLayers = 2,
            PointGrids = [PointGrid.Build(side), PointGrid.Build(Math.Max(side / 2, 1)), PointGrid.Build(Math.Max(side / 8, 1))],
        };
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[]
        {
            _pointsPerSide, _predIou, _stability, _stabilityOffset, _maskThreshold, _boxNms, _minArea, _regions, _crops, _cropNms, _cropOverlap,
            _cropDownscale, _m2m, _single, _pointsPerBatch,
        })
        {
            command.Add(option);
        }
    }

    /// <summary>A whole number that must not be below <paramref name="smallest"/>.</summary>
    public static Option<int> Number(string name, string description, int fallback, int smallest) =>
        new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => fallback }.AtLeast(smallest);

    /// <summary>A number from 0 to 1.</summary>
    public static Option<double> Share(string name, string description, double fallback) =>
        Real(name, description, "T", fallback).FromZeroToOne();

    private static Option<double> Logit(string name, string description, double fallback) =>
        Real(name, description, "L", fallback).Finite();

    private static Option<double> Real(string name, string description, string helpName, double fallback) =>
        new(name) { Description = description, HelpName = helpName, DefaultValueFactory = _ => fallback };
}

/// <summary>The options of <c>sam2 everything</c> that concern videos only.</summary>
internal sealed class VideoOptions
{
    private static readonly VideoMaskGeneratorOptions Defaults = new();

    private readonly Option<int> _interval = GeneratorOptions.Number("--interval", "Video: new objects are looked for every N frames; 0 for the first only.", Defaults.SearchInterval, 0);
    private readonly Option<int> _maxObjects = GeneratorOptions.Number("--max-objects", "Video: largest number of objects that are tracked at a time.", Defaults.MaxObjects, 1).AtMost(10_000);
    private readonly Option<int> _minLength = GeneratorOptions.Number("--min-length", "Video: objects that are visible on fewer frames are dropped.", Defaults.MinLength, 0);
    private readonly Option<double> _minStability = GeneratorOptions.Share("--track-stability", "Video: objects whose masks are less stable on average are dropped.", Defaults.MinStability);
    private readonly Option<double> _duplicate = GeneratorOptions.Share("--duplicate-iou", "Video: masks that overlap by more (IoU) show the same object.", Defaults.DuplicateIou);
    private readonly Option<int> _lostAfter = GeneratorOptions.Number("--lost-after", "Video: an object that hasn't been visible for N frames is no longer tracked.", Defaults.LostAfter, 1);
    private readonly Option<int?> _frames = Optional("--frames", "Video: how many frames; all if not given.", 1);
    private readonly Option<int?> _maxSide = Optional("--max-side", "Video: frames with a longer side are scaled down to it.", 16);
    private readonly MemoryOption _memory = new();
    private readonly Option<bool> _restart = new("--restart") { Description = "Video, and --pictures: start over, even if an earlier run could be continued." };

    /// <summary>How objects are found and followed.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="candidates">How they are looked for on a frame.</param>
    public VideoMaskGeneratorOptions Read(ParseResult parsed, MaskGeneratorOptions candidates) => new()
    {
        Candidates = candidates,
        MinRegionArea = candidates.MinMaskRegionArea,
        SearchInterval = parsed.GetValue(_interval),
        MaxObjects = parsed.GetValue(_maxObjects),
        MinLength = parsed.GetValue(_minLength),
        MinStability = parsed.GetValue(_minStability),
        DuplicateIou = parsed.GetValue(_duplicate),
        LostAfter = parsed.GetValue(_lostAfter),
    };

    /// <summary>How objects are remembered; null for SAM 2's own memory.</summary>
    public MemoryChoice? ReadMemory(ParseResult parsed) => _memory.Read(parsed);

    /// <summary>The first option that the user gave and that only a video has a use for; null if none was given.</summary>
    public string? FirstGiven(ParseResult parsed) =>
        ForVideosOnly.Append(_memory.Option).FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false })?.Name;

    /// <summary>Which frames, at which size.</summary>
    public (int? Frames, int? MaxSide, bool Restart) ReadFrames(ParseResult parsed) =>
        (parsed.GetValue(_frames), parsed.GetValue(_maxSide), parsed.GetValue(_restart));

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in ForVideosOnly.Append(_restart)) command.Add(option);
        _memory.AddTo(command);
    }

    private IEnumerable<Option> ForVideosOnly => [_interval, _maxObjects, _minLength, _minStability, _duplicate, _lostAfter, _frames, _maxSide];

    private static Option<int?> Optional(string name, string description, int smallest) =>
        new Option<int?>(name) { Description = description, HelpName = "N" }.AtLeast(smallest);
}
