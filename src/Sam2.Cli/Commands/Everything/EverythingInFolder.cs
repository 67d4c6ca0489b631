using System.Diagnostics;
using System.Globalization;
using Sam2.Cli.Output;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Commands.Everything;

/// <summary>
/// Finds every object in each picture of a folder, where the pictures are no frames of a video. A damaged one is reported and skipped, and
/// a run that was interrupted goes on where it ended.
/// </summary>
internal sealed class EverythingInFolder(CommandContext context)
{
    public int Run(ImageRequest request)
    {
        using var progress = new ProgressLine(context);
        var pictures = UnrelatedPictures.In(request.Input);
        using var run = RunOutput.Continue(request.Directory, "everything", Settings(request), request.Restart, Planned(request, pictures));
        using var output = new AnnotationOutput(run, request.Format, EverythingInImage.Categories);
        string[] left = [.. pictures.Where(name => !output.Contains(name))];
        var (watch, masks, skipped) = (Stopwatch.StartNew(), 0L, new List<string>());
        if (left.Length > 0)
        {
            progress.Step($"loading {request.Model.NameOrPath} ...");
            using var model = request.Model.LoadForPictures();
            var taken = UnrelatedPictures.WithTakenNames(left, request.Format);
            string[] worked = [.. left.Where(name => !taken.Contains(name))];
            var states = new string?[worked.Length];
            using var results = new PicturesAtOnce<(RgbImage Image, IReadOnlyList<GeneratedMask> Masks)>(
                worked, AtOnceOption.Resolve(request.AtOnce, model.Device), name => request.Pictures.ReadImage(context, Path.Combine(request.Input, name)),
                (i, image, stop) => (image, new MaskGenerator(model, request.Generator).Generate(image, new GeneratorState(text => states[i] = text), stop)),
                context.Cancellation);
            var next = 0;
            foreach (var name in left)
            {
                try
                {
                    if (taken.Contains(name)) throw new CliException($"{name}: its masks would replace those of a picture of the same name with another ending; rename one");
                    var i = next++;
                    var (image, found) = results.Next(() => progress.Update(() => $"picture {i + 1} of {worked.Length}, {states[i] ?? "reading"}"));
                    masks += found.Count;
                    // The annotation comes last: a picture that has one is done.
                    EverythingInImage.WritePictures(request, image, found, file => Path.Combine(run.Staging, PictureFor(file, name)));
                    output.Writer.Write(EverythingInImage.ToAnnotation(name, image, found, request.Format));
                }
                catch (Exception e) when (e is MediaException or AnnotationException or CliException)
                {
                    skipped.Add(name);
                    progress.Dispose();
                    context.Error.WriteLine($"sam2 everything: skipped: {ErrorLine.Of(e)}");
                }
            }
        }

        progress.Step("writing ...");
        output.Writer.Complete();
        if (skipped.Count == pictures.Count) run.Discard();
        else run.Complete();
        progress.Dispose();
        context.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{request.Directory}  {masks} masks on {left.Length - skipped.Count} pictures in {watch.Elapsed.TotalSeconds:0.0} s, written as {request.Format} ({AnnotationFormats.Describe(request.Format)})")
            + (left.Length < pictures.Count ? $"; {pictures.Count - left.Length} done before (--restart does them again)" : "")
            + (skipped.Count > 0 ? $"; {skipped.Count} skipped" : ""));
        return skipped.Count == 0 ? ExitCode.Success : throw UnrelatedPictures.Skipped(skipped, pictures.Count, "no picture could be segmented");
    }

    /// <summary>Each kind of pictures has a folder: <c>overlay.png</c> of <c>truck.jpg</c> is <c>overlay/truck.png</c>.</summary>
    private static string PictureFor(string file, string name)
    {
        var stem = Path.GetFileNameWithoutExtension(name);
        return file.Split('/') is [var kind, var number] ? $"{kind}/{stem}/{number}" : $"{Path.GetFileNameWithoutExtension(file)}/{stem}.png";
    }

    private static IEnumerable<string> Planned(ImageRequest request, IReadOnlyList<string> pictures) => AnnotationFormats.FilesFor(request.Format, pictures)
        .Concat(request.Save.SelectMany(kind => pictures.Select(name => kind == "cutout" ? PictureFor("cutout/", name) : PictureFor(kind + ".png", name))));

    private static object Settings(ImageRequest request) => new
    {
        Input = Path.GetFullPath(request.Input), Model = request.Model with { Threads = null }, request.Generator, request.Format, Save = request.Save.Order().ToArray(), request.Pictures,
    };
}
