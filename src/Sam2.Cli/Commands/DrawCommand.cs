using System.CommandLine;
using System.Globalization;
using Sam2.Cli.Output;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Cli.Commands;

/// <summary>
/// <c>sam2 draw</c>: a picture or a video that the project draws itself, so that there is something to segment without a download.
/// </summary>
internal static class DrawCommand
{
    private const int MostCells = 10_000, CellSize = 192, MostFrames = 1_000_000;

    public static Command Create(CommandContext context)
    {
        var output = new Argument<string>("OUT") { Description = "The picture (.png or .jpg), with --frames the video (.mp4), with --cells the folder to write." };
        var width = SizeOption("--width", 840);
        var height = SizeOption("--height", 600);
        var seed = new Option<int?>("--seed") { Description = "A random scene instead of the demo's; equal seeds give equal scenes.", HelpName = "N" };
        var frames = new Option<int?>("--frames") { Description = "Draws a video of N frames, in which the objects move.", HelpName = "N" };
        frames.AtLeast(1).AtMost(MostFrames);
        var cells = new Option<int?>("--cells")
        {
            Description = "Draws N pictures of cells under a microscope into images/ of the folder, and their masks into masks/: a small data set to fine-tune on.", HelpName = "N",
        };
        cells.AtLeast(1).AtMost(MostCells);
        cells.Validators.Add(result =>
        {
            if (result.GetResult(frames) is not null) result.AddError("--cells and --frames can't be combined");
        });

        var command = new Command("draw", "Draws the demo's picture or video, or a random one, or a small data set.") { output, width, height, seed, frames, cells };
        command.Validators.Add(result =>
        {
            // A number of frames that can't be comes first.
            if (result.GetValue(frames) is < 1) return;
            string[] endings = result.GetResult(frames) is null ? [".png", ".jpg", ".jpeg"] : [".mp4", ".m4v", ".mov", ".mkv"];
            if (result.GetResult(cells) is null && result.GetResult(output)?.Tokens is [var path] && !endings.Contains(Path.GetExtension(path.Value), StringComparer.OrdinalIgnoreCase))
            {
                result.AddError($"'{path.Value}' must end in {string.Join(", ", endings[..^1])} or {endings[^1]}{(endings[0] == ".png" ? "; for a video, give --frames" : "")}");
            }
        });
        command.SetAction(parsed =>
        {
            var (path, w, h) = (parsed.GetRequiredValue(output), parsed.GetValue(width), parsed.GetValue(height));
            if (parsed.GetValue(cells) is { } pictures) return DrawCells(context, path, pictures, parsed.GetValue(seed) ?? 0, IsGiven(parsed, width) ? w : CellSize, IsGiven(parsed, height) ? h : CellSize);
            var scene = parsed.GetValue(seed) is { } number ? DemoScene.Random(number, w, h, objects: 6) : DemoScene.Create(w, h);
            OutputFolder.CreateFor(path);
            if (parsed.GetValue(frames) is { } count) WriteVideo(path, scene, count, context);
            else ImageFile.Write(path, scene.Render().Image);
            context.Output.WriteLine($"{path}  {w} x {h}");
            return ExitCode.Success;
        });
        return command;
    }

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static int DrawCells(CommandContext context, string folder, int count, int seed, int width, int height)
    {
        using var run = RunOutput.Begin(folder, "draw", "images/", "masks/");
        for (var i = 0; i < count; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            // Seeds next to each other share no picture.
            var (image, masks) = CellPictures.Draw(((ulong)(uint)seed * MostCells) + (ulong)i, width, height);
            var name = string.Create(CultureInfo.InvariantCulture, $"{i + 1:0000}.png");
            foreach (var part in new[] { "images", "masks" }) OutputFolder.Create(Path.Combine(run.Staging, part));
            ImageFile.Write(Path.Combine(run.Staging, "images", name), image);
            IndexedMasks.Combine(masks, height, width).Write(Path.Combine(run.Staging, "masks", name));
        }

        run.Complete();
        context.Output.WriteLine($"{folder}  {count} pictures of {width} x {height}, with masks");
        return ExitCode.Success;
    }

    private static void WriteVideo(string path, DemoScene scene, int frames, CommandContext context)
    {
        using var writer = new VideoWriter(path, scene.Width, scene.Height, new FrameRate(25, 1), cancellationToken: context.Cancellation);
        for (var i = 0; i < frames; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            writer.Write(scene.Render(i).Image);
        }

        writer.Complete();
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
