using System.CommandLine;
using System.Globalization;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Commands;

/// <summary>The option <c>--bit-depth</c>, and the hint that it may be needed.</summary>
internal sealed class BitDepthOption
{
    private const string Automatic = "auto";

    /// <summary>A picture none of whose numbers exceeds this is nearly black: it uses 14 of 16 bits or fewer.</summary>
    private const int NearlyBlack = 64;

    private readonly Option<string?> _option = new("--bit-depth")
    {
        Description = "PNGs of 16 bits: how many of them are in use, 9 to 16, such as 12 for a camera of 12 bits; or auto, which stretches each picture from its darkest to its brightest "
            + "but for half a percent at either end. 16 if not given.",
        HelpName = $"N|{Automatic}",
    };

    public BitDepthOption() => _option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 1 && Parse(result.Tokens[0].Value) is null) result.AddError($"--bit-depth '{result.Tokens[0].Value}': a number from 9 to 16 or {Automatic} is needed");
    });

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Add(_option);

    /// <summary>What the user gave.</summary>
    public SampleRange Read(ParseResult parsed) => parsed.GetValue(_option) is { } text ? Parse(text)!.Value : SampleRange.Full;

    /// <summary>Says so where a picture is nearly black because its numbers use few of their 16 bits.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="path">The picture.</param>
    /// <param name="image">How it was read.</param>
    /// <param name="range">As which range.</param>
    public static void Hint(CommandContext context, string path, RgbImage image, SampleRange range)
    {
        if (range != SampleRange.Full || image.Pixels.AsSpan().ContainsAnyInRange((byte)NearlyBlack, byte.MaxValue)) return;
        if (File.Exists(path) && SampleRange.UsedBits(path) is { } bits and < 16 and > 8)
        {
            context.Error.WriteLine($"sam2: {path} is nearly black: of its 16 bits, {bits} are in use. --bit-depth {bits} makes them the whole range, --bit-depth {Automatic} stretches what is there");
        }
    }

    /// <summary>The same of the first frame, where frames are pictures.</summary>
    public static void Hint(CommandContext context, string folder, VideoFrames frames, SampleRange range)
    {
        if (frames.NameOf(0) is { } name && Directory.Exists(folder) && range == SampleRange.Full && frames.Read(0) is { } first)
        {
            Hint(context, PictureFolder.Files(folder).First(file => Path.GetFileNameWithoutExtension(file) == name), first, range);
        }
    }

    private static SampleRange? Parse(string text) => text == Automatic ? SampleRange.Stretched
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && bits is >= 9 and <= 16 ? SampleRange.OfBits(bits) : null;
}
