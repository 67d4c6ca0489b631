using System.CommandLine;
using System.CommandLine.Parsing;
using Sam2.Cli.Prompts;

namespace Sam2.Cli.Commands;

/// <summary><c>sam2 segment</c>: masks of the objects that points, boxes or a mask of the user's mark.</summary>
internal static class SegmentCommand
{
    public static Command Create(CommandContext context)
    {
        var image = new Argument<string>("IMAGE") { Description = "The picture to segment." };
        var model = new ModelOptions();
        var points = new Option<PointArgument[]>("--point", "-p")
        {
            Description = "A click, in pixels or percent; LABEL 1 is on the object (the default), 0 is not. May be repeated.",
            HelpName = "X,Y[,LABEL]",
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result => ParseAll(result, PointArgument.Parse),
        };
        var boxes = new Option<BoxArgument[]>("--box", "-b")
        {
            Description = "A box around an object, in pixels or percent. May be repeated: each box is an object of its own, and a point belongs to the boxes around it.",
            HelpName = "X0,Y0,X1,Y1",
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result => ParseAll(result, BoxArgument.Parse),
        };
        var mask = new Option<string?>("--mask") { Description = "A mask to start from: a picture of the image's size, white on the object.", HelpName = "PNG" };
        var multimask = new Option<bool>("--multimask") { Description = "Three masks for an ambiguous prompt, best first, instead of the best one." };
        var directory = new Option<string>("--out", "-o")
        {
            Description = "Where mask_0.png ..., overlay.png, side-by-side.png and cutout_0.png ... are written.",
            HelpName = "DIR",
            DefaultValueFactory = _ => "out",
        };
        var json = new Option<string?>("--json") { Description = "Where to write the masks as JSON with COCO run lengths; - is the standard output.", HelpName = "FILE" };
        var save = new SaveOption(["masks", "overlay", "side-by-side", "cutout"], "masks,overlay");
        var pictures = new PictureOptions();

        var command = new Command("segment", "Segments an image from points, boxes or a mask.") { image };
        model.AddTo(command);
        foreach (var option in new Option[] { points, boxes, mask, multimask, directory, json })
        {
            command.Add(option);
        }

        save.AddTo(command);
        pictures.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(points) is null && result.GetResult(boxes) is null && result.GetResult(mask) is null)
            {
                result.AddError("no prompt: give at least one --point, --box or --mask");
            }

            if (result.GetResult(mask) is not null && result.GetResult(boxes)?.Tokens.Count > 1)
            {
                result.AddError("--mask is about one object and several boxes are several; give one box at most");
            }
        });
        command.SetAction(parsed => new Segmentation(context).Run(new SegmentRequest(
            parsed.GetRequiredValue(image), model.Read(parsed), parsed.GetValue(points) ?? [], parsed.GetValue(boxes) ?? [], parsed.GetValue(mask),
            parsed.GetValue(multimask), parsed.GetRequiredValue(directory), save.Read(parsed), pictures.Read(parsed), parsed.GetValue(json))));
        return command;
    }

    private static T[] ParseAll<T>(ArgumentResult result, Func<string, T> parse)
    {
        var values = new List<T>();
        foreach (var token in result.Tokens)
        {
            try
            {
                values.Add(parse(token.Value));
            }
            catch (FormatException e)
            {
                result.AddError(e.Message);
            }
        }

        return [.. values];
    }
}
