using System.CommandLine;
using Sam2.Torch.Masks;

namespace Sam2.Cli.Commands;

/// <summary>The options of every command that draws masks on pictures.</summary>
internal sealed class PictureOptions
{
    private readonly Option<string> _style = new("--overlay-style")
    {
        Description = "How overlays show objects: filled with colour, outlined, or as they are with everything else darkened.",
        HelpName = string.Join('|', OverlayStyle.ByName.Keys),
        DefaultValueFactory = _ => OverlayStyle.ByName.Keys.First(),
    };

    private readonly Option<bool> _labels = new("--labels") { Description = "Write each object's number or name beside it in overlays." };

    public PictureOptions() => _style.AcceptOnlyFromAmong([.. OverlayStyle.ByName.Keys]);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_style);
        command.Add(_labels);
    }

    /// <summary>What the user gave.</summary>
    public PictureRequest Read(ParseResult parsed) => new(OverlayStyle.ByName[parsed.GetRequiredValue(_style)], parsed.GetValue(_labels));
}
