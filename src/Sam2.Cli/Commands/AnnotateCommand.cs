using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Sam2.Cli.Output;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Data.Annotation.Boxes;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;

namespace Sam2.Cli.Commands;

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
            Description = "Where the boxes are: a folder of YOLO labels (NAME.txt) or of files of LabelMe or SA-1B (NAME.json), or a COCO annotation file. Where these hold masks, the boxes around the masks are used.",
            HelpName = "FOLDER|FILE",
        };
        var detector = new Option<string?>("--detector")
        {
            Description = "A detector that finds the boxes: YOLO exported as TorchScript. Its code is run, so use one that you trust.",
            HelpName = "TORCHSCRIPT",
        };
        var confidence = Share("--conf", $"Boxes of which the detector is less sure are dropped, 0 to 1; {Defaults.Confidence} if not given.", "C");
        var iou = Share("--iou", $"Of boxes of one class that overlap by more than this IoU, the best is kept, 0 to 1; {Defaults.Iou} if not given.", "T");
        var imageSize = Number("--imgsz", "Side in pixels of the picture that the detector gets; what its file says, or else 640, if not given.").AtMost(8192);
        var most = Number("--max-det", $"Most boxes per picture that the detector may find; {Defaults.MaxDetections} if not given.");
        var classes = ClassChoice.CreateOption();
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
        var overwrite = new Option<bool>("--overwrite") { Description = "Annotate pictures again that an earlier run has annotated; otherwise they are skipped." };
        var overlay = new Option<bool>("--overlay") { Description = "Write overlays/NAME.jpg with the masks drawn in as well." };

        var atOnce = AtOnceOption.Create("");
        var pictures = new PictureOptions();

        var command = new Command("annotate", "Turns boxes on a folder of pictures into masks.") { folder };
        model.AddTo(command);
        foreach (var option in new Option[] { boxes, detector, confidence, iou, imageSize, most, classes, names, directory, format, overwrite, overlay, atOnce })
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
            },
            parsed.GetValue(classes) ?? [], parsed.GetValue(names),
            parsed.GetValue(directory) ?? Path.TrimEndingDirectorySeparator(parsed.GetRequiredValue(folder)) + "_auto_annotate_labels",
            parsed.GetRequiredValue(format), parsed.GetValue(overwrite), parsed.GetValue(overlay), pictures.Read(parsed), parsed.GetValue(atOnce))));
        return command;
    }

    private static Option<double?> Share(string name, string description, string helpName) =>
        new Option<double?>(name) { Description = description, HelpName = helpName }.FromZeroToOne();

    private static Option<int?> Number(string name, string description) =>
        new Option<int?>(name) { Description = description, HelpName = "N" }.AtLeast(1);
}

/// <summary>What <c>sam2 annotate</c> was asked for.</summary>
/// <param name="Folder">The folder of pictures.</param>
/// <param name="Model">Which model, where and how.</param>
/// <param name="Boxes">A folder of labels or a COCO file; null if a detector finds the boxes.</param>
/// <param name="Detector">A TorchScript file; null if there are boxes.</param>
/// <param name="Detection">How the detector is run.</param>
/// <param name="Classes">Numbers or names of the classes that are wanted; empty for all.</param>
/// <param name="Names">A file with the classes' names, or null.</param>
/// <param name="Directory">Where annotations are written.</param>
/// <param name="Format">One of <see cref="AnnotationFormats.Names"/>.</param>
/// <param name="Overwrite">Whether pictures that are annotated already are annotated again.</param>
/// <param name="Overlay">Whether pictures with the masks drawn in are written as well.</param>
/// <param name="Pictures">How pictures are read and masks drawn on them.</param>
/// <param name="AtOnce">How many pictures are worked on at a time; null to leave it to the machine.</param>
internal sealed record AnnotateRequest(
    string Folder, ModelRequest Model, string? Boxes, string? Detector, DetectorOptions Detection,
    IReadOnlyList<string> Classes, string? Names, string Directory, string Format, bool Overwrite, bool Overlay, PictureRequest Pictures, int? AtOnce)
{
    /// <summary>What the annotation of a picture depends on: a run of the same settings is continued.</summary>
    public object Settings => new
    {
        Folder = Path.GetFullPath(Folder), Model = Model with { Threads = null }, Boxes = Boxes is null ? null : Path.GetFullPath(Boxes), Detector, Detection, Classes, Names, Format, Overlay, Pictures,
    };

    /// <summary>Where the picture with the masks drawn in is written, relative to the output folder.</summary>
    public static string OverlayFor(string picture) => "overlays/" + Path.ChangeExtension(picture, ".jpg");
}

/// <summary>
/// Does what <c>sam2 annotate</c> asks for, picture by picture: a damaged one is reported and skipped, and a run that was
/// interrupted goes on where it ended.
/// </summary>
internal sealed class Annotation(CommandContext context)
{
    public int Run(AnnotateRequest request)
    {
        using var progress = new ProgressLine(context);
        var pictures = UnrelatedPictures.In(request.Folder);
        progress.Step("reading the boxes ...");
        using var boxes = OpenBoxes(request);
        var classes = ClassChoice.Resolve(request.Classes, boxes.Categories, request.Boxes ?? request.Detector!);
        ReportLosses(request, boxes, progress);
        using var run = RunOutput.Continue(
            request.Directory, "annotate", request.Settings, request.Overwrite,
            AnnotationFormats.FilesFor(request.Format, pictures).Concat(request.Overlay ? pictures.Select(AnnotateRequest.OverlayFor) : []));
        using var output = new AnnotationOutput(run, request.Format, boxes.Categories);
        IReadOnlyList<string> left = [.. pictures.Where(name => !output.Contains(name))];
        var count = new Counts { Before = pictures.Count - left.Count };
        if (left.Count > 0)
        {
            progress.Step($"loading {request.Model.NameOrPath} ...");
            using var model = request.Model.LoadForPictures();
            AnnotateAll(request with { Directory = run.Staging }, left, new WantedBoxes(boxes, classes), model, output.Writer, count, progress);
        }

        progress.Step("writing ...");
        output.Writer.Complete();
        if (count.AreWorthNothing(pictures.Count)) run.Discard();
        else run.Complete();
        progress.Dispose();
        var exitCode = Summarise(request, pictures.Count, count);
        return boxes is CocoBoxes { Damaged: { Count: > 0 } damaged }
            ? throw new CliException($"{Many(damaged.Count, "damaged annotation")} of {request.Boxes} left out, for the reasons above")
            : exitCode;
    }

    /// <summary>Says what of the boxes' file can't be used, whatever the pictures.</summary>
    private void ReportLosses(AnnotateRequest request, IBoxSource boxes, ProgressLine progress)
    {
        if (boxes is CocoBoxes { Orphans: > 0 and var orphans })
        {
            Report(progress, $"left out: {request.Boxes}: {Many(orphans, "annotation")} of pictures that it doesn't list");
        }

        foreach (var e in (boxes as CocoBoxes)?.Damaged ?? []) Report(progress, $"left out: {ErrorLine.Of(e)}");
    }

    private void AnnotateAll(
        AnnotateRequest request, IReadOnlyList<string> pictures, WantedBoxes boxes, IPromptableModel model, IAnnotationWriter writer,
        Counts count, ProgressLine progress)
    {
        var watch = Stopwatch.StartNew();
        var taken = UnrelatedPictures.WithTakenNames(pictures, request.Format);
        string[] worked = [.. pictures.Where(name => !taken.Contains(name))];
        using var results = new PicturesAtOnce<SegmentedBoxes>(
            worked, AtOnceOption.Resolve(request.AtOnce, model.Device), picture => request.Pictures.ReadImage(context, Path.Combine(request.Folder, picture)),
            (i, image, stop) => Segment(worked[i], image, boxes, model, stop), context.Cancellation);
        foreach (var (i, picture) in pictures.Index())
        {
            progress.Update(() => Status(i, pictures.Count, watch.Elapsed));
            try
            {
                if (taken.Contains(picture)) throw new CliException($"{picture}: its annotation would replace that of a picture of the same name with another ending; rename one");
                Write(request, picture, results.Next(() => { }), boxes.Source.Categories, writer, count, progress);
            }
            catch (Exception e) when (e is MediaException or AnnotationException or CliException)
            {
                count.Skipped.Add(picture);
                Report(progress, $"skipped: {ErrorLine.Of(e)}");
            }
        }
    }

    /// <summary>Finds a picture's boxes and segments what is in them; on any thread.</summary>
    private static SegmentedBoxes Segment(string picture, RgbImage image, WantedBoxes boxes, IPromptableModel model, CancellationToken stop)
    {
        AnnotatedImage? found;
        // A detector is a model of its own, which works on one picture at a time.
        lock (boxes.Source) found = boxes.Source.Find(picture, image);
        if (found is null) return new(image, null, [], []);
        var wanted = found.Objects.Where(box => boxes.Classes?.Contains(box.Category) ?? true).ToList();
        using var segmenter = new BoxSegmenter(model);
        return new(image, found, wanted, segmenter.Segment(image, wanted, stop));
    }

    private void Write(
        AnnotateRequest request, string picture, SegmentedBoxes result, IReadOnlyList<AnnotationCategory> categories, IAnnotationWriter writer, Counts count,
        ProgressLine progress)
    {
        var (image, found, wanted, objects) = result;
        if (found is null)
        {
            count.Unknown++;
            return;
        }

        count.Boxes += wanted.Count;
        count.Masks += objects.Count;
        count.LeftOut += found.LeftOut.Count;
        List<string> leftOut = [.. found.LeftOut];
        if (objects.Count < wanted.Count)
        {
            leftOut.Add($"{wanted.Count - objects.Count} of {Many(wanted.Count, "box")}, empty, outside the picture, or without an object that the model sees");
        }

        // An annotation without objects says that there are none, and that is what a model would learn from it.
        bool isWritten = objects.Count > 0 || leftOut.Count == 0;
        if (leftOut.Count > 0)
        {
            Report(progress, $"left out: {picture}: {string.Join("; ", leftOut)}{(isWritten ? "" : ". Nothing else is known of it, so no annotation is written")}");
        }

        if (!isWritten)
        {
            count.Unwritten++;
            return;
        }

        writer.Write(new AnnotatedImage(picture, image.Width, image.Height, objects));
        count.Done++;
        if (request.Overlay)
        {
            var path = Path.Combine(request.Directory, AnnotateRequest.OverlayFor(picture));
            OutputFolder.CreateFor(path);
            ImageFile.Write(path, DrawOverlay(request.Pictures, image, objects, wanted, categories));
        }
    }

    /// <summary>A note between two states of the progress line.</summary>
    private void Report(ProgressLine progress, string note)
    {
        progress.Dispose();
        context.Error.WriteLine($"sam2 annotate: {note}");
    }

    private static RgbImage DrawOverlay(
        PictureRequest pictures, RgbImage image, IReadOnlyList<AnnotatedObject> objects, IReadOnlyList<AnnotatedObject> boxes,
        IReadOnlyList<AnnotationCategory> categories)
    {
        string NameOf(int category) => categories.FirstOrDefault(c => c.Id == category)?.Name ?? category.ToString(CultureInfo.InvariantCulture);
        return Overlay.Draw(
            image,
            [.. objects.Select((o, i) => new OverlayObject(i + 1, o.Shape!.ToMask(), pictures.Labels ? NameOf(o.Category) : null))],
            new OverlayPrompts { Boxes = [.. boxes.Select((b, i) => (b.Box.X, b.Box.Y, b.Box.X + b.Box.Width, b.Box.Y + b.Box.Height, i + 1L))] },
            pictures.Style);
    }

    private static IBoxSource OpenBoxes(AnnotateRequest request)
    {
        var names = request.Names is { } file ? YoloClasses.Read(file) : null;
        return request.Detector is not null ? OpenDetector(request, names is null ? null : [.. names.Select(c => c.Name)])
            : Directory.Exists(request.Boxes) ? new FolderBoxes(request.Boxes, names) : new CocoBoxes(request.Boxes!);
    }

    /// <summary>
    /// A detector that looks for the wanted classes only, so that others don't take the places of its best boxes. Their names may be in its
    /// file, which is opened twice then.
    /// </summary>
    private static Detector OpenDetector(AnnotateRequest request, IReadOnlyList<string>? names)
    {
        var (path, device) = (request.Detector!, request.Model.ApplyDevice());
        IReadOnlySet<int>? classes;
        if (ClassChoice.HasNames(request.Classes))
        {
            using var all = new Detector(path, request.Detection, device, names);
            classes = ClassChoice.Resolve(request.Classes, all.Categories, path);
        }
        else
        {
            classes = request.Classes.Count == 0 ? null : request.Classes.Select(word => int.Parse(word, CultureInfo.InvariantCulture)).ToHashSet();
        }

        return new Detector(path, request.Detection with { Classes = classes }, device, names);
    }

    private static string Status(int done, int all, TimeSpan elapsed)
    {
        var left = done > 0 ? $", {elapsed / done * (all - done):h\\:mm\\:ss} left" : "";
        return string.Create(CultureInfo.InvariantCulture, $"annotating: picture {done + 1} of {all}{left}");
    }

    private int Summarise(AnnotateRequest request, int pictures, Counts count)
    {
        var text = $"{request.Directory}  {Many(count.Masks, "mask")} of {Many(count.Boxes, "box")} on {Many(count.Done, "picture")}, written as {request.Format}";
        if (count.Before > 0)
        {
            text += $"; {count.Before} done before (--overwrite does them again)";
        }

        if (count.Unknown > 0)
        {
            text += $"; {count.Unknown} that {request.Boxes} does not know";
        }

        if (count.LeftOut > 0)
        {
            text += $"; {Many(count.LeftOut, "annotation")} left out that no box can be made of";
        }

        if (count.Unwritten > 0)
        {
            text += $"; {count.Unwritten} not written, for an empty annotation would be wrong";
        }

        if (count.Skipped.Count > 0)
        {
            text += $"; {count.Skipped.Count} skipped";
        }

        context.Output.WriteLine(text);
        if (count.Skipped.Count > 0) throw UnrelatedPictures.Skipped(count.Skipped, pictures, "no picture could be annotated");

        return count.AreWorthNothing(pictures)
            ? throw new CliException(count.LeftOut > 0
                ? $"{request.Boxes} has nothing that a box can be made of for the pictures in {request.Folder}"
                : $"{request.Boxes} knows none of the pictures in {request.Folder}; their names must be equal")
            : ExitCode.Success;
    }

    private static string Many(int count, string thing) => $"{count} {thing}{(count == 1 ? "" : thing.EndsWith('x') ? "es" : "s")}";

    /// <summary>What became of the pictures.</summary>
    private sealed class Counts
    {
        public int Before { get; init; }

        public int Done { get; set; }

        public int Unknown { get; set; }

        public List<string> Skipped { get; } = [];

        /// <summary>Annotations that are no boxes.</summary>
        public int LeftOut { get; set; }

        /// <summary>Pictures of which all annotations were left out.</summary>
        public int Unwritten { get; set; }

        public int Boxes { get; set; }

        public int Masks { get; set; }

        /// <summary>Whether there is nothing to show: every picture was skipped, or no box was known of any.</summary>
        public bool AreWorthNothing(int pictures) => Skipped.Count == pictures || (Done == 0 && Unknown > 0 && Before == 0);
    }

    /// <summary>A picture, what is known of it (null if nothing is), the boxes that are wanted, and what was found in them.</summary>
    private sealed record SegmentedBoxes(
        RgbImage Image, AnnotatedImage? Found, IReadOnlyList<AnnotatedObject> Wanted, IReadOnlyList<AnnotatedObject> Objects);

    /// <summary>Boxes, and the classes that are wanted of them; null for all.</summary>
    private sealed record WantedBoxes(IBoxSource Source, IReadOnlySet<int>? Classes);
}
