using System.CommandLine;
using Sam2.Torch.Annotation;

namespace Sam2.Cli.Commands.Everything;

/// <summary><c>sam2 everything</c>: masks of all objects, without prompts.</summary>
internal static class EverythingCommand
{
    private const string DefaultFormat = "sa1b";

    public static Command Create(CommandContext context)
    {
        var input = new Argument<string>("IMAGE") { Description = "The picture to segment." };
        var model = new ModelOptions();
        var generator = new GeneratorOptions();
        var directory = new Option<string>("--out", "-o")
        {
            Description = "Where the masks and overlay.png are written.",
            HelpName = "DIR",
            DefaultValueFactory = _ => "out",
        };
        var format = new Option<string>("--format", "-f")
        {
            Description = $"How masks are written: {string.Join("; ", AnnotationFormats.Names.Select(name => $"{name}, {AnnotationFormats.Describe(name)}"))}.",
            HelpName = "FORMAT",
            DefaultValueFactory = _ => DefaultFormat,
        };
        format.AcceptOnlyFromAmong([.. AnnotationFormats.Names]);

        var command = new Command("everything", "Finds every object in a picture, without prompts.") { input };
        model.AddTo(command);
        generator.AddTo(command);
        command.Add(directory);
        command.Add(format);
        command.SetAction(parsed => new EverythingInImage(context).Run(new EverythingRequest(
            parsed.GetRequiredValue(input), model.Read(parsed), generator.Read(parsed), parsed.GetRequiredValue(directory),
            parsed.GetRequiredValue(format))));
        return command;
    }
}
