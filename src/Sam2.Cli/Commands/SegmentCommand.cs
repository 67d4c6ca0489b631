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
        var mask = new Option<string?>("--mask") { Description = "A mask to start from: a picture of the image's size or proportions, white on the object.", HelpName = "PNG" };
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
    public int Run(SegmentRequest request)
    {
        using var progress = new ProgressLine(context);
        progress.Step($"reading {request.Image} ...");
        var image = ImageFile.Read(request.Image, cancellationToken: context.Cancellation);
        var prompts = PromptArguments.Resolve(request.Points, request.Boxes, image.Width, image.Height);
        var mask = request.Mask is { } path ? MaskArgument.Read("--mask ", path, image.Width, image.Height) : null;

        using var scope = torch.NewDisposeScope();
        progress.Step($"loading {request.Model.NameOrPath} ...");
        var (model, load) = Timed(request.Model.Load);
        using var ownedModel = model;
        if (mask is not null) prompts = [prompts[0] with { Mask = mask }];

        using var predictor = new ImagePredictor(model);
        progress.Step("encoding the image ...");
        var encode = Timed(() => predictor.SetImage(image));
        progress.Step("predicting masks ...");
        var (masks, predict) = Timed(() => Predict(predictor, prompts, request.Multimask));

        progress.Step("writing ...");
        var report = new SegmentReport(
            request.Image, image.Width, image.Height, request.Model.NameOrPath, request.Model.Device, new SegmentSeconds(load, encode, predict),
            Write(request, image, prompts, masks));
        if (request.Json is "-")
        {
            context.Output.WriteLine(report.ToJson());
        }
        else
        {
            WriteText(request.Json, report.ToJson());
            progress.Dispose();
            Summarise(report);
        }

        return ExitCode.Success;
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
        var perObject = (int)prediction.Masks.shape[1];
        return [.. BinaryMask.FromTensors(flat)
            .Zip(scores.data<float>().ToArray(), (mask, score) => (mask, score))
            .Select((m, i) => new PredictedMask(i / perObject, m.mask, m.score))
            .OrderByDescending(m => m.Score)];
    }

    private MaskReport[] Write(SegmentRequest request, RgbImage image, IReadOnlyList<ObjectPrompt> prompts, PredictedMask[] masks)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        OutputFolder.Create(request.Directory);
        var reports = new MaskReport[masks.Length];
        for (var i = 0; i < masks.Length; i++)
        {
            var mask = masks[i];
            string? file = null;
            if (request.Save.Contains("masks"))
            {
                file = Path.Combine(request.Directory, $"mask_{i}.png");
                MaskFile.WritePng(file, mask.Mask);
            }

            if (request.Save.Contains("cutout"))
            {
                ImageFile.Write(Path.Combine(request.Directory, $"cutout_{i}.png"), Overlay.CutOut(image, mask.Mask, crop: true));
            }

            var rle = CocoRle.Encode(mask.Mask);
            var box = mask.Mask.BoundingBox;
            reports[i] = new MaskReport(
                file, mask.Score, mask.Mask.Area, [box.X, box.Y, box.Width, box.Height],
                new RleReport([rle.Height, rle.Width], rle.ToCompressedString()), prompts.Count > 1 ? mask.Object : null);
        }

        WriteOverlays(request, image, prompts, masks);
        return reports;
    }

    /// <summary>Writes the picture with the best mask of each object, and what was asked.</summary>
    private static void WriteOverlays(SegmentRequest request, RgbImage image, IReadOnlyList<ObjectPrompt> prompts, PredictedMask[] masks)
    {
        if (!request.Save.Overlaps(["overlay", "side-by-side"]))
        {
            return;
        }

        string Label(PredictedMask mask) => string.Create(CultureInfo.InvariantCulture, $"{mask.Object + 1}: {mask.Score:0.00}");
        var drawn = Overlay.Draw(
            image,
            [.. masks.DistinctBy(mask => mask.Object).Select(mask => new OverlayObject(mask.Object + 1, mask.Mask, request.Pictures.Labels ? Label(mask) : null))],
            ShownPrompts.Of(prompts.Select((prompt, i) => (i + 1L, prompt.Points, prompt.Box))),
            request.Pictures.Style);
        if (request.Save.Contains("overlay"))
        {
            ImageFile.Write(Path.Combine(request.Directory, "overlay.png"), drawn);
        }

        if (request.Save.Contains("side-by-side"))
        {
            ImageFile.Write(Path.Combine(request.Directory, "side-by-side.png"), Overlay.SideBySide(image, drawn));
        }
    }

    private static void WriteText(string? path, string text)
    {
        if (path is null)
        {
            return;
        }

        OutputFolder.CreateFor(path);
        AtomicFile.Write(
            path, stream => stream.Write(Encoding.UTF8.GetBytes(text + "\n")), e => new CliException($"{path} can't be written: {e.Message}", e));
    }

    private void Summarise(SegmentReport report)
    {
        foreach (var mask in report.Masks)
        {
            context.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{mask.File ?? "mask"}  score {mask.Score:0.000}  {mask.Area} pixels in x {mask.Bbox[0]}..{mask.Bbox[0] + mask.Bbox[2]}, y {mask.Bbox[1]}..{mask.Bbox[1] + mask.Bbox[3]}"));
        }

        context.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"load {report.Seconds.Load:0.00} s, encode {report.Seconds.Encode:0.00} s, predict {report.Seconds.Predict:0.00} s"));
    }

    private sealed record PredictedMask(int Object, BinaryMask Mask, float Score);
}
