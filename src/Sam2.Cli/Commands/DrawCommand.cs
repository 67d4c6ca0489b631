using System.CommandLine;
using System.Globalization;
using Sam2.Cli.Output;
using Sam2.Torch.Media;

namespace Sam2.Cli.Commands;

/// <summary><c>sam2 draw</c>: a picture that the project draws itself, so that there is something to segment without a download.</summary>
internal static class DrawCommand
{
    public static Command Create(CommandContext context)
    {
        var output = new Argument<string>("OUT") { Description = "The picture to write: .png or .jpg." };
        var width = SizeOption("--width", 840);
        var height = SizeOption("--height", 600);
        var seed = new Option<int?>("--seed") { Description = "A random scene instead of the demo's; equal seeds give equal scenes.", HelpName = "N" };

        var command = new Command("draw", "Draws the demo's picture, or a random one.") { output, width, height, seed };
        command.SetAction(parsed =>
        {
            var (path, w, h) = (parsed.GetRequiredValue(output), parsed.GetValue(width), parsed.GetValue(height));
            var scene = parsed.GetValue(seed) is { } number ? DrawnScene.Random(number, w, h, objects: 6) : DrawnScene.Demo(w, h);
            OutputFolder.CreateFor(path);
            ImageFile.Write(path, scene.Render().Image);
            context.Output.WriteLine($"{path}  {w} x {h}");
            return ExitCode.Success;
        });
        return command;
    }

    private static Option<int> SizeOption(string name, int size)
    {
        const int Largest = 10_000;
        var option = new Option<int>(name) { Description = $"Pixels, up to {Largest}.", HelpName = "N", DefaultValueFactory = _ => size };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) && value is < 16 or > Largest)
            {
                result.AddError($"{name} {value} is not between 16 and {Largest}");
            }
        });
        return option;
    }
}
