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
            var generator = new MaskGenerator(model, request.Generator);
            using var ahead = new PicturesAhead(left, name => request.Pictures.ReadImage(context, Path.Combine(request.Input, name)));
            var stems = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < left.Length; i++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var (name, number) = (left[i], i + 1);
                try
                {
                    RequireOwnName(request, name, stems);
                    masks += WriteOne(request, name, ahead.Read(i), generator, run, output, new GeneratorProgress(progress, () => $"picture {number} of {left.Length}, "));
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

    private int WriteOne(
        ImageRequest request, string name, RgbImage image, MaskGenerator generator, RunOutput run, AnnotationOutput output, GeneratorProgress progress)
    {
        var masks = generator.Generate(image, progress, context.Cancellation);

        // The annotation comes last: a picture that has one is done.
        EverythingInImage.WritePictures(request, image, masks, file => Path.Combine(run.Staging, PictureFor(file, name)));
        output.Writer.Write(EverythingInImage.ToAnnotation(name, image, masks, request.Format));
        return masks.Count;
    }

    private static void RequireOwnName(ImageRequest request, string name, HashSet<string> stems)
    {
        if (!stems.Add(Path.GetFileNameWithoutExtension(name)) && !AnnotationFormats.IsOneFile(request.Format))
        {
            throw new CliException($"{name}: its masks would replace those of a picture of the same name with another ending; rename one");
        }
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
