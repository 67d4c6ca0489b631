using System.Diagnostics;
using System.Globalization;
using Sam2.Cli.Output;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Data.Annotation.Boxes;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Cli.Commands.Annotate;

/// <summary>
/// Does what <c>sam2 annotate</c> asks for, picture by picture: a damaged one is reported and skipped, and a run that was
/// interrupted goes on where it ended.
/// </summary>
internal sealed class Annotation(CommandContext context)
{
    public int Run(AnnotateRequest request)
    {
        using var progress = new ProgressLine(context);
        var pictures = Pictures(request.Folder);
        progress.Step("reading the boxes ...");
        using var boxes = OpenBoxes(request);
        OutputFolder.Create(request.Directory);
        using var writer = AnnotationFormats.Create(request.Format, request.Directory, boxes.Categories);
        var left = request.Overwrite ? pictures : [.. pictures.Where(name => !writer.Contains(name))];
        var count = new Counts { Before = pictures.Count - left.Count };
        if (left.Count > 0)
        {
            progress.Step($"loading {request.Model.NameOrPath} ...");
            using var model = request.Model.Load();
            using var segmenter = new BoxSegmenter(model);
            AnnotateAll(request, left, boxes, segmenter, writer, count, progress);
        }

        progress.Step("writing ...");
        writer.Complete();
        progress.Dispose();
        return Summarise(request, pictures.Count, count);
    }

    private void AnnotateAll(
        AnnotateRequest request, IReadOnlyList<string> pictures, IBoxSource boxes, BoxSegmenter segmenter, IAnnotationWriter writer,
        Counts count, ProgressLine progress)
    {
        var watch = Stopwatch.StartNew();
        var stems = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < pictures.Count; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            progress.Update(() => Status(i, pictures.Count, watch.Elapsed));
            try
            {
                if (!stems.Add(Path.GetFileNameWithoutExtension(pictures[i])) && !request.Format.StartsWith("coco", StringComparison.Ordinal))
                {
                    throw new CliException($"{pictures[i]}: its annotation would replace that of a picture of the same name with another ending; rename one");
                }

                Annotate(request, pictures[i], boxes, segmenter, writer, count);
            }
            catch (Exception e) when (e is MediaException or AnnotationException or CliException)
            {
                count.Skipped++;
                progress.Dispose();
                context.Error.WriteLine($"sam2 annotate: skipped: {ErrorLine.Of(e)}");
            }
        }
    }

    private void Annotate(
        AnnotateRequest request, string picture, IBoxSource boxes, BoxSegmenter segmenter, IAnnotationWriter writer, Counts count)
    {
        var image = ImageFile.Read(Path.Combine(request.Folder, picture), cancellationToken: context.Cancellation);
        var found = boxes.Find(picture, image);
        if (found is null)
        {
            count.Unknown++;
            return;
        }

        var wanted = found.Where(box => request.Detection.Classes?.Contains(box.Category) ?? true).ToList();
        var objects = segmenter.Segment(image, wanted, context.Cancellation);
        writer.Write(new AnnotatedImage(picture, image.Width, image.Height, objects));
        count.Done++;
        count.Boxes += wanted.Count;
        count.Masks += objects.Count;
        if (request.Overlay is { } pictures)
        {
            var path = Path.Combine(request.Directory, "overlays", Path.ChangeExtension(picture, ".jpg"));
            OutputFolder.CreateFor(path);
            ImageFile.Write(path, DrawOverlay(pictures, image, objects, wanted, boxes.Categories));
        }
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
        if (request.Detector is { } detector)
        {
            return new Detector(detector, request.Detection, request.Model.ApplyDevice(), names is null ? null : [.. names.Select(c => c.Name)]);
        }

        return Directory.Exists(request.Boxes) ? new FolderBoxes(request.Boxes, names) : new CocoBoxes(request.Boxes!);
    }

    private static List<string> Pictures(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new CliException(File.Exists(folder) ? $"{folder} is a file; give the folder of pictures" : $"the folder {folder} does not exist");
        }

        List<string> names =
        [
            .. Directory.EnumerateFiles(folder)
                .Select(Path.GetFileName)
                .OfType<string>()
                .Where(name => name[0] != '.' && ImageFile.Extensions.Contains(Path.GetExtension(name).ToLowerInvariant()))
                .Order(StringComparer.Ordinal),
        ];
        return names.Count > 0 ? names : throw new CliException($"{folder} holds no pictures ({string.Join(", ", ImageFile.Extensions)})");
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

        if (count.Skipped > 0)
        {
            text += $"; {count.Skipped} skipped";
        }

        context.Output.WriteLine(text);
        if (count.Skipped == pictures)
        {
            throw new CliException("no picture could be annotated");
        }

        return count.Done == 0 && count.Unknown > 0 && count.Before == 0
            ? throw new CliException($"{request.Boxes} knows none of the pictures in {request.Folder}; their names must be equal")
            : ExitCode.Success;
    }

    private static string Many(int count, string thing) => $"{count} {thing}{(count == 1 ? "" : thing.EndsWith('x') ? "es" : "s")}";

    /// <summary>What became of the pictures.</summary>
    private sealed class Counts
    {
        public int Before { get; init; }

        public int Done { get; set; }

        public int Unknown { get; set; }

        public int Skipped { get; set; }

        public int Boxes { get; set; }

        public int Masks { get; set; }
    }
}
