using System.CommandLine;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Cli.Commands;

/// <summary>The options of every command that reads pictures and draws masks on them.</summary>
internal sealed class PictureOptions
{
    private readonly Option<string> _style = new("--overlay-style")
    {
        Description = "How overlays show objects: filled with colour, outlined, or as they are with everything else darkened.",
        HelpName = string.Join('|', OverlayStyle.ByName.Keys),
        DefaultValueFactory = _ => OverlayStyle.ByName.Keys.First(),
    };

    private readonly Option<bool> _labels = new("--labels") { Description = "Write each object's number or name beside it in overlays." };

    private readonly BitDepthOption _depth = new();

    public PictureOptions() => _style.AcceptOnlyFromAmong([.. OverlayStyle.ByName.Keys]);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_style);
        command.Add(_labels);
        _depth.AddTo(command);
    }

    /// <summary>What the user gave.</summary>
    public PictureRequest Read(ParseResult parsed) => new(OverlayStyle.ByName[parsed.GetRequiredValue(_style)], parsed.GetValue(_labels), _depth.Read(parsed));
}

/// <summary>How pictures of masks were asked for.</summary>
/// <param name="Style">How masks are drawn.</param>
/// <param name="Labels">Whether objects are labelled.</param>
/// <param name="Range">Which numbers of 16 bits become black and white when pictures are read.</param>
internal sealed record PictureRequest(OverlayStyle Style, bool Labels, SampleRange Range)
{
    /// <summary>Reads a picture, and says so where it is nearly black for want of <c>--bit-depth</c>.</summary>
    public RgbImage ReadImage(CommandContext context, string path)
    {
        var image = ImageFile.Read(path, null, Range, context.Cancellation);
        BitDepthOption.Hint(context, path, image, Range);
        return image;
    }
}

/// <summary>The option <c>--save</c>: which results a command writes.</summary>
internal sealed class SaveOption
{
    private readonly Option<string> _option;

    /// <summary>An option with the results to choose from.</summary>
    /// <param name="known">Names of results.</param>
    /// <param name="byDefault">Those that are written if the option is not given, separated by commas.</param>
    /// <param name="description">What the option chooses.</param>
    public SaveOption(IReadOnlyList<string> known, string byDefault, string description = "What is written")
    {
        _option = new Option<string>("--save")
        {
            Description = $"{description}, separated by commas: {string.Join(", ", known)}.",
            HelpName = "LIST",
            DefaultValueFactory = _ => byDefault,
        };
        _option.Validators.Add(result =>
        {
            var list = string.Join(",", result.Tokens.Select(token => token.Value));
            if (!result.Implicit && (Split(list).Except(known).Any() || !Split(list).Any()))
            {
                result.AddError($"--save '{list}': give one or more of {string.Join(", ", known)}");
            }
        });
    }

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Add(_option);

    /// <summary>What the user wants.</summary>
    public IReadOnlySet<string> Read(ParseResult parsed) => Split(parsed.GetRequiredValue(_option)).ToHashSet();

    private static IEnumerable<string> Split(string list) =>
        list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
