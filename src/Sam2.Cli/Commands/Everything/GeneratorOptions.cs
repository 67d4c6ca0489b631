using System.CommandLine;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Commands.Everything;

/// <summary>The options of the mask generator on the command line.</summary>
internal sealed class GeneratorOptions
{
    private static readonly MaskGeneratorOptions Defaults = new();

    private static readonly Dictionary<string, RegionRemoval> RegionNames = new()
    {
        ["finished"] = RegionRemoval.Finished, ["low-resolution"] = RegionRemoval.LowResolution, ["none"] = RegionRemoval.None,
    };

    private readonly Option<int> _pointsPerSide = Number("--points-per-side", "Points along each side of the grid that is prompted with.", Defaults.PointsPerSide, 1);
    private readonly Option<int> _pointsPerBatch = Number("--points-per-batch", "Points that pass the model together; it bounds memory only.", Defaults.PointsPerBatch, 1);
    private readonly Option<double> _predIou = Share("--pred-iou", "Masks whose quality the model predicts to be lower are dropped.", Defaults.PredIouThreshold);
    private readonly Option<double> _stability = Share("--stability", "Masks that change more when the threshold moves are dropped.", Defaults.StabilityScoreThreshold);
    private readonly Option<double> _stabilityOffset = Logit("--stability-offset", "How far the threshold moves, in logits.", Defaults.StabilityScoreOffset);
    private readonly Option<double> _maskThreshold = Logit("--mask-threshold", "Logit above which a pixel belongs to a mask.", Defaults.MaskThreshold);
    private readonly Option<double> _boxNms = Share("--box-nms", "Of masks whose boxes overlap by more (IoU), the best stays.", Defaults.BoxNmsThreshold);
    private readonly Option<int> _crops = Number("--crops", "Layers of zoomed crops beyond the whole picture; layer n has 2^n by 2^n crops. For a video, unless given, 2 with coarser grids.", Defaults.CropLayers, 0);
    private readonly Option<double> _cropNms = Share("--crop-nms", "Of masks of different crops whose boxes overlap by more (IoU), that of the smallest crop stays.", Defaults.CropNmsThreshold);
    private readonly Option<double> _cropOverlap = Share("--crop-overlap", "By which share of the picture's shorter side crops of the first layer overlap.", Defaults.CropOverlapRatio);
    private readonly Option<int> _cropDownscale = Number("--crop-downscale", "By how much the grid becomes coarser from layer to layer.", Defaults.CropPointsDownscale, 1);
    private readonly Option<int> _minArea = Number("--min-area", "Islands and holes of masks with fewer pixels are removed.", Defaults.MinMaskRegionArea, 0);
    private readonly Option<string> _regions = new("--regions")
    {
        Description = "Where --min-area removes: in the finished masks; in low-resolution logits, as the original with its CUDA extension; or not at all, as the original without it.",
        HelpName = string.Join("|", RegionNames.Keys),
        DefaultValueFactory = _ => RegionNames.First().Key,
    };
    private readonly Option<bool> _m2m = new("--m2m") { Description = "Refine every mask once, as a prompt of its own." };
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
    public static Option<int> Number(string name, string description, int fallback, int smallest)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => fallback };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && value < smallest)
            {
                result.AddError($"{name} {value}: at least {smallest} is needed");
            }
        });
        return option;
    }

    /// <summary>A number from 0 to 1.</summary>
    public static Option<double> Share(string name, string description, double fallback) =>
        Real(name, description, "T", fallback, value => value is >= 0 and <= 1, "a number from 0 to 1 is needed");

    private static Option<double> Logit(string name, string description, double fallback) =>
        Real(name, description, "L", fallback, double.IsFinite, "a number is needed");

    private static Option<double> Real(string name, string description, string helpName, double fallback, Func<double, bool> valid, string wanted)
    {
        var option = new Option<double>(name)
        {
            Description = description, HelpName = helpName, DefaultValueFactory = _ => fallback,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && double.TryParse(result.Tokens[0].Value, out var value) && !valid(value))
            {
                result.AddError($"{name} {result.Tokens[0].Value}: {wanted}");
            }
        });
        return option;
    }
}
