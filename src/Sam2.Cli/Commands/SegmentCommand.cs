using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using Sam2.Cli.Benchmarking;
using Sam2.Cli.Output;
using Sam2.Cli.Prompts;
using Sam2.Torch;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;
using TorchSharp;

namespace Sam2.Cli.Commands;

/// <summary><c>sam2 segment</c>: masks of the objects that the user marks with points, boxes or a mask.</summary>
internal static class SegmentCommand
{
    public static Command Create(CommandContext context)
    {
        var image = new Argument<string>("IMAGE|FOLDER") { Description = "The picture to segment, or a folder of pictures that all get the same prompts." };
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
        var mask = new Option<string?>("--mask") { Description = "A mask to start from: a picture of the image's size or proportions, white on the object.", HelpName = "PNG" };
        var multimask = new Option<bool>("--multimask") { Description = "Three masks for an ambiguous prompt, best first, instead of the best one." };
        var directory = new Option<string?>("--out", "-o")
        {
            Description = "Where mask_0.png ..., overlay.png, side-by-side.png and cutout_0.png ... are written, of a folder in a folder per picture; "
                + "out/segment-IMAGE if not given. The results of an earlier run there are replaced.",
            HelpName = "DIR",
        };
        var json = new Option<string?>("--json") { Description = "Where to write the masks as JSON with COCO run lengths, of a folder as a list; - is the standard output.", HelpName = "FILE" };
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
            parsed.GetValue(multimask), parsed.GetValue(directory) ?? OutputFolder.DefaultFor("segment", parsed.GetRequiredValue(image)), save.Read(parsed), pictures.Read(parsed), parsed.GetValue(json))));
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

/// <summary>What <c>sam2 segment</c> was asked for.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Model">Which model, where and how.</param>
/// <param name="Points">Clicks as given.</param>
/// <param name="Boxes">Boxes as given.</param>
/// <param name="Mask">A picture of a mask to start from, or null.</param>
/// <param name="Multimask">Whether three masks per object are wanted.</param>
/// <param name="Directory">Where pictures are written.</param>
/// <param name="Save">Which of them: <c>masks</c>, <c>overlay</c>, <c>side-by-side</c>, <c>cutout</c>.</param>
/// <param name="Pictures">How overlays are drawn.</param>
/// <param name="Json">Where JSON is written: a file, <c>-</c> for the standard output, or null.</param>
internal sealed record SegmentRequest(
    string Image, ModelRequest Model, IReadOnlyList<PointArgument> Points, IReadOnlyList<BoxArgument> Boxes, string? Mask, bool Multimask,
    string Directory, IReadOnlySet<string> Save, PictureRequest Pictures, string? Json);

/// <summary>Does what <c>sam2 segment</c> asks for: picture and prompts in, masks, overlay and report out.</summary>
internal sealed class Segmentation(CommandContext context)
{
    public int Run(SegmentRequest request) => Directory.Exists(request.Image) ? RunFolder(request) : RunPicture(request);

    private int RunPicture(SegmentRequest request)
    {
        using var progress = new ProgressLine(context);
        progress.Step($"reading {request.Image} ...");
        var input = Prepare(request, request.Image, request.Pictures.ReadImage(context, request.Image));
        using var run = RunOutput.Begin(request.Directory, "segment", [.. SegmentResults.Planned(request.Save)]);
        using var scope = torch.NewDisposeScope();
        progress.Step($"loading {request.Model.NameOrPath} ...");
        var (model, load) = Timed(request.Model.LoadForPictures);
        using var ownedModel = model;
        using var predictor = new ImagePredictor(model);
        var report = Segment(request, input, predictor, load, progress, new SegmentPlace(run.Staging, request.Directory));
        if (request.Json is { } json and not "-") WriteText(run.PathFor(json), report.ToJson());
        run.Complete();
        progress.Dispose();
        if (request.Json is "-") context.Output.WriteLine(report.ToJson());
        else Summarise(report);
        return ExitCode.Success;
    }

    /// <summary>Pictures that have nothing to do with each other: one that is damaged, or too small for a prompt, is reported and skipped.</summary>
    private int RunFolder(SegmentRequest request)
    {
        using var progress = new ProgressLine(context);
        var pictures = UnrelatedPictures.In(request.Image);
        var folders = pictures.ToDictionary(name => name, name => FolderFor(name, pictures));
        using var run = RunOutput.Begin(request.Directory, "segment", folders.Values.Select(folder => folder + "/"));
        progress.Step($"loading {request.Model.NameOrPath} ...");
        var (model, load) = Timed(request.Model.LoadForPictures);
        using var ownedModel = model;
        using var predictor = new ImagePredictor(model);
        using var ahead = new PicturesAhead(pictures, name => request.Pictures.ReadImage(context, Path.Combine(request.Image, name)));
        var (reports, skipped) = (new List<SegmentReport>(), new List<string>());
        foreach (var (index, name) in pictures.Index())
        {
            using var scope = torch.NewDisposeScope();
            try
            {
                var input = Prepare(request, Path.Combine(request.Image, name), ahead.Read(index));
                var place = new SegmentPlace(Path.Combine(run.Staging, folders[name]), Path.Combine(request.Directory, folders[name]));
                reports.Add(Segment(request, input, predictor, load, progress, place));
                progress.Dispose();
                if (request.Json is not "-") Summarise(reports[^1], withTimes: false);
            }
            catch (Exception e) when (e is MediaException or CliException)
            {
                skipped.Add(name);
                progress.Dispose();
                context.Error.WriteLine($"sam2 segment: skipped: {name}: {ErrorLine.Of(e)}");
            }
        }

        if (reports.Count > 0)
        {
            var json = SegmentReport.ToJson(reports);
            if (request.Json is { } path and not "-") WriteText(run.PathFor(path), json);
            run.Complete();
            if (request.Json is "-") context.Output.WriteLine(json);
            else context.Output.WriteLine($"{request.Directory}  {reports.Sum(report => report.Masks.Count)} masks on {reports.Count} pictures");
        }

        return skipped.Count == 0 ? ExitCode.Success : throw UnrelatedPictures.Skipped(skipped, pictures.Count, "no picture could be segmented");
    }

    /// <summary>A picture's own folder: its name without ending, unless another picture has the same.</summary>
    private static string FolderFor(string name, IReadOnlyList<string> all)
    {
        var stem = Path.GetFileNameWithoutExtension(name);
        return all.Count(other => Path.GetFileNameWithoutExtension(other).Equals(stem, StringComparison.OrdinalIgnoreCase)) == 1 ? stem : name;
    }

    /// <summary>A picture, and the prompts in its pixels.</summary>
    private static SegmentInput Prepare(SegmentRequest request, string path, RgbImage image)
    {
        var prompts = PromptArguments.Resolve(request.Points, request.Boxes, image.Width, image.Height);
        var mask = request.Mask is { } file ? MaskArgument.Read("--mask ", file, image.Width, image.Height) : null;
        return new SegmentInput(path, image, mask is null ? prompts : [prompts[0] with { Mask = mask }]);
    }

    private SegmentReport Segment(
        SegmentRequest request, SegmentInput input, ImagePredictor predictor, double load, ProgressLine progress, SegmentPlace place)
    {
        progress.Step("encoding the image ...");
        var encode = Timed(() => predictor.SetImage(input.Image));
        progress.Step("predicting masks ...");
        var (masks, predict) = Timed(() => Predict(predictor, input.Prompts, request.Multimask));
        progress.Step("writing ...");
        context.Cancellation.ThrowIfCancellationRequested();
        return new SegmentReport(
            input.Path, input.Image.Width, input.Image.Height, request.Model.NameOrPath, request.Model.Device, new SegmentSeconds(load, encode, predict),
            SegmentResults.Write(request, input, masks, place));
    }

    private (T Result, double Seconds) Timed<T>(Func<T> step)
    {
        T? result = default;
        var seconds = Timed(() => { result = step(); });
        return (result!, seconds);
    }

    private double Timed(Action step)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        return Math.Round(DeviceClock.Seconds(step), 6);
    }

    /// <summary>All masks of all objects, the best first.</summary>
    private static PredictedMask[] Predict(ImagePredictor predictor, IReadOnlyList<ObjectPrompt> prompts, bool multimask)
    {
        using var prediction = predictor.Predict(prompts, multimask);
        using var flat = prediction.Masks.flatten(0, 1);
        using var scores = prediction.Scores.cpu();
        var perObject = (int)prediction.Masks.size(1);
        return [.. BinaryMask.FromTensors(flat)
            .Zip(scores.data<float>().ToArray(), (mask, score) => (mask, score))
            .Select((m, i) => new PredictedMask(i / perObject, m.mask, m.score))
            .OrderByDescending(m => m.Score)];
    }

    private static void WriteText(string path, string text)
    {
        OutputFolder.CreateFor(path);
        AtomicFile.Write(
            path, stream => stream.Write(Encoding.UTF8.GetBytes(text + "\n")), e => new CliException($"{path} can't be written: {e.Message}", e));
    }

    private void Summarise(SegmentReport report, bool withTimes = true)
    {
        foreach (var mask in report.Masks)
        {
            context.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{mask.File ?? (withTimes ? "mask" : report.Image)}  score {mask.Score:0.000}  {mask.Area} pixels in x {mask.Bbox[0]}..{mask.Bbox[0] + mask.Bbox[2]}, y {mask.Bbox[1]}..{mask.Bbox[1] + mask.Bbox[3]}"));
        }

        if (withTimes)
        {
            context.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"load {report.Seconds.Load:0.00} s, encode {report.Seconds.Encode:0.00} s, predict {report.Seconds.Predict:0.00} s"));
        }
    }
}

/// <summary>A picture to segment.</summary>
/// <param name="Path">The file.</param>
/// <param name="Image">The picture.</param>
/// <param name="Prompts">What to segment, in its pixels.</param>
internal sealed record SegmentInput(string Path, RgbImage Image, IReadOnlyList<ObjectPrompt> Prompts);
