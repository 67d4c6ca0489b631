using System.Globalization;
using Sam2.Cli.Benchmarking;
using Sam2.Cli.Output;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Commands.Everything;

/// <summary>Finds every object in a picture: masks in the format asked for, and pictures of them.</summary>
internal sealed class EverythingInImage(CommandContext context)
{
    /// <summary>Masks that are decoded at a time to be drawn, in bytes.</summary>
    private const long DrawnBytes = 256 << 20;

    public static readonly AnnotationCategory[] Categories = [new(1, "object")];

    public int Run(ImageRequest request)
    {
        using var progress = new ProgressLine(context);
        progress.Step($"reading {request.Input} ...");
        var image = request.Pictures.ReadImage(context, request.Input);
        using var run = RunOutput.Begin(request.Directory, "everything", Planned(request));
        progress.Step($"loading {request.Model.NameOrPath} ...");
        using var model = request.Model.LoadForPictures();
        var generator = new MaskGenerator(model, request.Generator);
        progress.Step("encoding the image ...");
        IReadOnlyList<GeneratedMask> masks = [];
        var seconds = DeviceClock.Seconds(() => masks = generator.Generate(image, new GeneratorState(text => progress.Update(() => text)), context.Cancellation));

        progress.Step("writing ...");
        using (var writer = AnnotationFormats.Create(request.Format, run.Staging, Categories))
        {
            writer.Write(ToAnnotation(Path.GetFileName(request.Input), image, masks, request.Format));
            writer.Complete();
        }

        WritePictures(request, image, masks, name => Path.Combine(run.Staging, name));
        run.Complete();
        progress.Dispose();
        context.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{request.Directory}  {masks.Count} masks in {seconds:0.0} s, written as {request.Format} ({AnnotationFormats.Describe(request.Format)})"));
        return ExitCode.Success;
    }

    private static IEnumerable<string> Planned(ImageRequest request) =>
        AnnotationFormats.FilesFor(request.Format, [Path.GetFileName(request.Input)])
            .Concat(request.Save.Select(kind => kind == "cutout" ? "cutout/" : kind + ".png"));

    /// <summary>The masks as a format has them.</summary>
    public static AnnotatedImage ToAnnotation(string name, RgbImage image, IReadOnlyList<GeneratedMask> masks, string format) =>
        new(name, image.Width, image.Height, [.. masks.Select(mask => ToObject(mask, format))]);

    private static AnnotatedObject ToObject(GeneratedMask mask, string format)
    {
        var item = AnnotatedObject.FromMask(mask.Segmentation, Categories[0].Id, mask.PredictedIou) with
        {
            StabilityScore = mask.StabilityScore,
            Point = (mask.PointCoordinates.X, mask.PointCoordinates.Y),
            CropBox = new AnnotationBox(mask.Crop.X, mask.Crop.Y, mask.Crop.Width, mask.Crop.Height),
        };
        // SA-1B's boxes end at the last pixel, as the generator's do; in all other formats they end one pixel further.
        return format == "sa1b" ? item with { Box = new AnnotationBox(mask.Box.X, mask.Box.Y, mask.Box.Width, mask.Box.Height) } : item;
    }

    /// <summary>Writes what was asked; objects are numbered from 1, as their labels and colours are.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="image">The picture.</param>
    /// <param name="masks">Its masks.</param>
    /// <param name="pathOf">Where <c>overlay.png</c>, <c>side-by-side.png</c> and <c>cutout/1.png</c> … go.</param>
    public static void WritePictures(ImageRequest request, RgbImage image, IReadOnlyList<GeneratedMask> masks, Func<string, string> pathOf)
    {
        void Write(string name, Action<string> write)
        {
            string path = pathOf(name);
            OutputFolder.CreateFor(path);
            write(path);
        }

        if (request.Save.Contains("cutout"))
        {
            for (var i = 0; i < masks.Count; i++)
            {
                var cutOut = Overlay.CutOut(image, masks[i].Segmentation.Decode(), crop: true);
                Write(string.Create(CultureInfo.InvariantCulture, $"cutout/{i + 1}.png"), path => ImageFile.Write(path, cutOut));
            }
        }

        bool wantsOverlay = request.Save.Contains("overlay"), wantsBoth = request.Save.Contains("side-by-side");
        if (wantsOverlay || wantsBoth)
        {
            var drawn = DrawOverlay(image, masks, request.Pictures);
            if (wantsOverlay) Write("overlay.png", path => ImageFile.Write(path, drawn));
            if (wantsBoth) Write("side-by-side.png", path => ImageFile.Write(path, Overlay.SideBySide(image, drawn)));
        }
    }

    /// <summary>All masks on the picture, large ones below small ones.</summary>
    private static RgbImage DrawOverlay(RgbImage image, IReadOnlyList<GeneratedMask> masks, PictureRequest pictures)
    {
        var style = pictures.Style;
        if (style.BackgroundBrightness < 1 && masks.Count > 0)
        {
            // What belongs to no object is darkened once; the objects, some at a time, must not darken each other.
            var any = CocoRle.Merge([.. masks.Select(mask => mask.Segmentation)]).Decode();
            image = Overlay.Draw(image, [new OverlayObject(0, any)], style: style with { Opacity = 0, LineWidth = 0 });
            style = style with { BackgroundBrightness = 1 };
        }

        var largestFirst = masks.Select((mask, i) => (Id: i + 1L, mask.Segmentation, mask.Area)).OrderByDescending(mask => mask.Area);
        foreach (var some in largestFirst.Chunk((int)Math.Max(1, DrawnBytes / ((long)image.Width * image.Height))))
        {
            image = Overlay.Draw(image, [.. some.Select(mask => new OverlayObject(
                mask.Id, mask.Segmentation.Decode(), pictures.Labels ? mask.Id.ToString(CultureInfo.InvariantCulture) : null))], style: style);
        }

        return image;
    }
}

/// <summary>What <c>sam2 everything</c> was asked for, of a picture.</summary>
/// <param name="Input">The picture.</param>
/// <param name="Model">Which model, where and how.</param>
/// <param name="Generator">How masks are looked for.</param>
/// <param name="Directory">Where results are written.</param>
/// <param name="Format">The format of the masks.</param>
/// <param name="Save">Which pictures: <c>overlay</c>, <c>side-by-side</c>, <c>cutout</c>.</param>
/// <param name="Pictures">How overlays are drawn.</param>
/// <param name="Restart">Of a folder of pictures: whether those that an earlier run has done are done again.</param>
/// <param name="AtOnce">Of a folder of pictures: how many are worked on at a time; null to leave it to the machine.</param>
internal sealed record ImageRequest(
    string Input, ModelRequest Model, MaskGeneratorOptions Generator, string Directory, string Format, IReadOnlySet<string> Save, PictureRequest Pictures,
    bool Restart = false, int? AtOnce = null);

/// <summary>Says how far the mask generator has come.</summary>
/// <param name="show">Gets the text of each state.</param>
internal sealed class GeneratorState(Action<string> show) : IProgress<MaskGeneratorProgress>
{
    public void Report(MaskGeneratorProgress value) => show($"finding masks: point {value.PointsDone} of {value.Points}, {value.Candidates} candidates in this crop");
}
