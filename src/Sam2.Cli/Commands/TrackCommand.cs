using System.CommandLine;
using Sam2.Cli.Prompts;

namespace Sam2.Cli.Commands;

/// <summary><c>sam2 track</c>: follows objects through a video.</summary>
internal static class TrackCommand
{
    /// <summary>The original's default.</summary>
    private const int DefaultHoles = 8;

    private static readonly string[] Savings = ["overlay", "side-by-side", "masks", "cutout", "davis", "json"];

    public static Command Create(CommandContext context)
    {
        var video = new Argument<string>("VIDEO") { Description = "A video that ffmpeg reads, or a folder of pictures." };
        var model = new ModelOptions();
        var prompts = new Option<TrackPrompt[]>("--prompt", "-p")
        {
            Description = "An object on a frame, such as \"frame=0 obj=1 point=210,350,1 point=250,220,0\", \"frame=3 obj=2 box=10,20,200,220\" or \"obj=3 mask=file.png\". May be repeated.",
            HelpName = "SPEC",
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result =>
            {
                var values = new List<TrackPrompt>();
                foreach (var token in result.Tokens)
                {
                    try
                    {
                        values.Add(TrackPrompt.Parse(token.Value));
                    }
                    catch (FormatException e)
                    {
                        result.AddError(e.Message);
                    }
                }

                return [.. values];
            },
        };
        var file = new Option<string?>("--prompts") { Description = "More prompts, as a JSON list.", HelpName = "FILE.json" };
        var start = Number("--start", "First frame to track; the earliest prompted one if not given.", 0);
        var frames = Number("--frames", "How many frames to track; all if not given.", 1);
        var reverse = new Option<bool>("--reverse") { Description = "Track backwards in time." };
        var directory = new Option<string>("--out", "-o")
        {
            Description = "Where overlay.mp4, side-by-side.mp4, masks/OBJ/00000.png, cutout/OBJ/00000.png, davis/00000.png and masklets.json are written.",
            HelpName = "DIR",
            DefaultValueFactory = _ => "out",
        };
        var save = new SaveOption(Savings, "overlay,masks,json");
        var pictures = new PictureOptions();
        var maxSide = Number("--max-side", "Frames with a longer side are scaled down to it. Prompts stay in pixels of the video.", 16);
        var fillHoles = Number("--fill-holes", $"Largest hole that is filled, in pixels of the model's low-resolution mask; 0 for none, {DefaultHoles} if not given.", 0);

        var command = new Command("track", "Follows objects through a video.") { video };
        model.AddTo(command);
        foreach (var option in new Option[] { prompts, file, start, frames, reverse, directory, maxSide, fillHoles })
        {
            command.Add(option);
        }

        save.AddTo(command);
        pictures.AddTo(command);

        command.Validators.Add(result =>
        {
            if (result.GetResult(prompts) is null && result.GetResult(file) is null)
            {
                result.AddError("no prompt: give at least one --prompt, or --prompts with a file");
            }
        });
        command.SetAction(parsed => new Tracking(context).Run(new TrackRequest(
            parsed.GetRequiredValue(video), model.Read(parsed),
            [.. parsed.GetValue(prompts) ?? [], .. parsed.GetValue(file) is { } path ? TrackPromptFile.Read(path) : []],
            parsed.GetValue(start), parsed.GetValue(frames), parsed.GetValue(reverse), parsed.GetRequiredValue(directory),
            save.Read(parsed), pictures.Read(parsed), parsed.GetValue(maxSide), parsed.GetValue(fillHoles) ?? DefaultHoles)));
        return command;
    }

    private static Option<int?> Number(string name, string description, int smallest)
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
