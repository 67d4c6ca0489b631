using System.CommandLine;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Commands.Everything;

/// <summary>The options of <c>sam2 everything</c> that concern videos only.</summary>
internal sealed class VideoOptions
{
    private static readonly VideoMaskGeneratorOptions Defaults = new();

    private readonly Option<int> _interval = GeneratorOptions.Number("--interval", "Video: new objects are looked for every so many frames; 0 for the first only.", Defaults.SearchInterval, 0);
    private readonly Option<int> _maxObjects = GeneratorOptions.Number("--max-objects", "Video: most objects that are tracked at a time.", Defaults.MaxObjects, 1);
    private readonly Option<int> _minLength = GeneratorOptions.Number("--min-length", "Video: objects that are visible on fewer frames are dropped.", Defaults.MinLength, 0);
    private readonly Option<double> _minStability = GeneratorOptions.Share("--track-stability", "Video: objects whose masks are less stable on average are dropped.", Defaults.MinStability);
    private readonly Option<double> _duplicate = GeneratorOptions.Share("--duplicate-iou", "Video: masks that overlap by more (IoU) show the same object.", Defaults.DuplicateIou);
    private readonly Option<int> _lostAfter = GeneratorOptions.Number("--lost-after", "Video: an object that wasn't visible for so many frames is given up.", Defaults.LostAfter, 1);
    private readonly Option<int?> _frames = Optional("--frames", "Video: how many frames; all if not given.", 1);
    private readonly Option<int?> _maxSide = Optional("--max-side", "Video: frames with a longer side are scaled down to it.", 16);
    private readonly Option<bool> _restart = new("--restart") { Description = "Video: begin anew, even if an interrupted run could be continued." };

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

    /// <summary>Which frames, at which size.</summary>
    public (int? Frames, int? MaxSide, bool Restart) ReadFrames(ParseResult parsed) =>
        (parsed.GetValue(_frames), parsed.GetValue(_maxSide), parsed.GetValue(_restart));

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _interval, _maxObjects, _minLength, _minStability, _duplicate, _lostAfter, _frames, _maxSide, _restart })
        {
            command.Add(option);
        }
    }

    private static Option<int?> Optional(string name, string description, int smallest)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && value < smallest)
            {
                result.AddError($"{name} {value}: at least {smallest} is needed");
            }
        });
        return option;
    }
}
