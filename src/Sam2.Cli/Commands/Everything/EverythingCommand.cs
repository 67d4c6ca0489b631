using System.CommandLine;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Media;

namespace Sam2.Cli.Commands.Everything;

/// <summary><c>sam2 everything</c>: masks of all objects in a picture or a video, without prompts.</summary>
internal static class EverythingCommand
{
    /// <summary>The formats that say all that is known of a mask.</summary>
    private const string ImageFormatName = "sa1b", VideoFormatName = MaskletResults.SaV;

    public static Command Create(CommandContext context)
    {
        var input = new Argument<string>("IMAGE|VIDEO") { Description = "A picture, a video that ffmpeg reads, or a folder of pictures as a video." };
        var model = new ModelOptions();
        var generator = new GeneratorOptions();
        var video = new VideoOptions();
        var directory = new Option<string>("--out", "-o")
        {
            Description = "Where the masks, and overlay.png, side-by-side.png and cutout/1.png ..., or of a video overlay.mp4, side-by-side.mp4 and cutout/OBJECT/00000.png, are written.",
            HelpName = "DIR",
            DefaultValueFactory = _ => "out",
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
        command.Add(directory);
        command.Add(format);
        save.AddTo(command);
        pictures.AddTo(command);
        command.SetAction(parsed =>
        {
            var (path, request, folder) = (parsed.GetRequiredValue(input), model.Read(parsed), parsed.GetRequiredValue(directory));
            if (VideoReader.IsVideo(path))
            {
                var (frames, maxSide, restart) = video.ReadFrames(parsed);
                return new EverythingInVideo(context).Run(new VideoRequest(
                    path, request, video.Read(parsed, generator.ReadForVideo(parsed)), frames, maxSide, folder,
                    parsed.GetValue(format) ?? VideoFormatName, save.Read(parsed), pictures.Read(parsed), restart));
            }

            var chosen = parsed.GetValue(format) ?? ImageFormatName;
            return chosen != VideoFormatName
                ? new EverythingInImage(context).Run(new ImageRequest(path, request, generator.Read(parsed), folder, chosen, save.Read(parsed), pictures.Read(parsed)))
                : throw new CliException($"--format {VideoFormatName} is for videos; {path} is a picture");
        });
        return command;
    }
}
