using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Data.Annotation.Boxes;

namespace Sam2.Cli.Commands.Annotate;

/// <summary><c>sam2 annotate</c>: boxes of the objects on many pictures become masks.</summary>
internal static class AnnotateCommand
{
    private static readonly DetectorOptions Defaults = new();

    public static Command Create(CommandContext context)
    {
        var folder = new Argument<string>("FOLDER") { Description = "The folder of pictures to annotate." };
        var model = new ModelOptions();
        var boxes = new Option<string?>("--boxes")
        {
            Description = "Where the boxes are: a folder of YOLO labels (NAME.txt) or of files of LabelMe or SA-1B (NAME.json), or a COCO annotation file. Masks count by the box around them.",
            HelpName = "FOLDER|FILE",
        };
        var detector = new Option<string?>("--detector")
        {
            Description = "A detector that finds the boxes: YOLO exported as TorchScript. Its code is run, so use one that you trust.",
            HelpName = "TORCHSCRIPT",
        };
        var confidence = Share("--conf", $"Boxes of which the detector is less sure are dropped, 0 to 1; {Defaults.Confidence} if not given.", "C");
        var iou = Share("--iou", $"Of boxes of one class that overlap by more than this IoU, the best is kept, 0 to 1; {Defaults.Iou} if not given.", "T");
        var imageSize = Number("--imgsz", "Side in pixels of the picture that the detector gets; what its file says, or else 640, if not given.");
        var most = Number("--max-det", $"Most boxes per picture that the detector may find; {Defaults.MaxDetections} if not given.");
        var classes = new Option<int[]?>("--classes")
        {
            Description = "The classes that are wanted, by number (COCO: category ids), separated by commas; all if not given.",
            HelpName = "IDS",
            CustomParser = ParseClasses,
        };
        var names = new Option<string?>("--names")
        {
            Description = "The names of YOLO's classes: a text file with a name per line, or a data set's YAML file. Looked for beside the labels, or in the detector's file, if not given.",
            HelpName = "FILE",
        };
        var directory = new Option<string?>("--out", "-o")
        {
            Description = "Where annotations are written; FOLDER_auto_annotate_labels if not given.",
            HelpName = "DIR",
        };
        var format = new Option<string>("--format", "-f")
        {
            Description = $"How masks are written: {string.Join("; ", AnnotationFormats.Names.Select(name => $"{name}, {AnnotationFormats.Describe(name)}"))}.",
            HelpName = "FORMAT",
            DefaultValueFactory = _ => "yolo",
        };
        format.AcceptOnlyFromAmong([.. AnnotationFormats.Names]);
        var overwrite = new Option<bool>("--overwrite") { Description = "Annotate again what an earlier run has annotated; else it is skipped." };
        var overlay = new Option<bool>("--overlay") { Description = "Write overlays/NAME.jpg with the masks drawn in as well." };

        var pictures = new PictureOptions();

        var command = new Command("annotate", "Turns boxes on a folder of pictures into masks.") { folder };
        model.AddTo(command);
        foreach (var option in new Option[] { boxes, detector, confidence, iou, imageSize, most, classes, names, directory, format, overwrite, overlay })
        {
            command.Add(option);
        }

        pictures.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(boxes) is null == result.GetResult(detector) is null)
            {
                result.AddError("give either --boxes or --detector");
            }

            if (result.GetResult(detector) is null && new Option[] { confidence, iou, imageSize, most }.FirstOrDefault(o => result.GetResult(o) is not null) is { } odd)
            {
                result.AddError($"{odd.Name} is about a detector; give --detector");
            }
        });
        command.SetAction(parsed => new Annotation(context).Run(new AnnotateRequest(
            parsed.GetRequiredValue(folder), model.Read(parsed), parsed.GetValue(boxes), parsed.GetValue(detector),
            new DetectorOptions
            {
                Confidence = parsed.GetValue(confidence) ?? Defaults.Confidence,
                Iou = parsed.GetValue(iou) ?? Defaults.Iou,
                ImageSize = parsed.GetValue(imageSize),
                MaxDetections = parsed.GetValue(most) ?? Defaults.MaxDetections,
                Classes = parsed.GetValue(classes) is { Length: > 0 } ids ? ids.ToHashSet() : null,
            },
            parsed.GetValue(names),
            parsed.GetValue(directory) ?? Path.TrimEndingDirectorySeparator(parsed.GetRequiredValue(folder)) + "_auto_annotate_labels",
            parsed.GetRequiredValue(format), parsed.GetValue(overwrite), parsed.GetValue(overlay) ? pictures.Read(parsed) : null)));
        return command;
    }

    private static int[] ParseClasses(ArgumentResult result)
    {
        string text = string.Join(",", result.Tokens.Select(token => token.Value));
        var ids = new List<int>();
        foreach (string word in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                ids.Add(id);
            }
            else
            {
                result.AddError($"--classes '{text}': '{word}' is not a class's number");
            }
        }

        return [.. ids];
    }

    private static Option<double?> Share(string name, string description, string helpName)
    {
        var option = new Option<double?>(name) { Description = description, HelpName = helpName };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out double value) && value is not (>= 0 and <= 1))
            {
                result.AddError($"{name} {result.Tokens[0].Value}: a number from 0 to 1 is needed");
            }
        });
        return option;
    }

    private static Option<int?> Number(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out int value) && value < 1)
            {
                result.AddError($"{name} {value}: at least 1 is needed");
            }
        });
        return option;
    }
}
