using System.Globalization;
using Sam2.Cli.Output;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Commands.Everything;

/// <summary>Writes the masklets that are worth keeping, numbered from 1 in the order in which they were found, and pictures of them.</summary>
/// <param name="request">What was asked for.</param>
/// <param name="frames">The video.</param>
/// <param name="kept">The generator's numbers of the masklets to keep.</param>
internal sealed class MaskletResults(VideoRequest request, VideoFrames frames, IReadOnlyList<int> kept)
{
    /// <summary>The format of the SA-V data set.</summary>
    public const string SaV = "sav";

    private static readonly AnnotationCategory[] Categories = [new(1, "object")];

    /// <summary>What is written, as far as it is known before.</summary>
    public static IEnumerable<string> Planned(VideoRequest request) => (request.Format switch
    {
        SaV => ["masklets.json"],
        "png" => ["masks/"],
        "davis" => ["davis/"],
        var format when AnnotationFormats.IsOneFile(format) => [AnnotationFormats.FileFor(format, "")],
        _ => Array.Empty<string>(),
    }).Concat(VideoPictures.Planned(request.Save));

    /// <summary>Writes everything.</summary>
    /// <param name="store">The masks.</param>
    /// <param name="cancellation">Stops between two frames.</param>
    public void Write(MaskletStore store, CancellationToken cancellation)
    {
        using var format = CreateFormat();
        using var pictures = new VideoPictures(request.Directory, request.Save, request.Pictures, frames.Reader.Info);
        var numbers = kept.Select((id, i) => (Id: id, Number: i + 1)).ToDictionary(pair => pair.Id, pair => pair.Number);
        foreach (var (frame, masks) in store.Read(frames.Width, frames.Height))
        {
            cancellation.ThrowIfCancellationRequested();
            MaskletMask[] objects = [.. masks.Where(mask => numbers.ContainsKey(mask.ObjectId)).Select(mask => mask with { ObjectId = numbers[mask.ObjectId] })];
            format.Write(frame, objects);
            var image = frames.Read(frame)!;
            pictures.Write(
                NameOf(frame), image, [.. objects.OrderByDescending(mask => mask.Mask!.Area).Select(mask => (mask.ObjectId, mask.Mask!.Decode()))], frames.TimeOf(frame));
        }

        format.Complete();
        pictures.Complete();
    }

    private FrameFormat CreateFormat() => request.Format switch
    {
        SaV => FrameFormat.Of(new MaskletWriter(
            Path.Combine(request.Directory, "masklets.json"), Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(request.Input)),
            frames.Width, frames.Height, [.. Enumerable.Range(1, kept.Count)])),
        "png" => new FrameFormat(WritePictures, () => { }, null),
        "davis" when kept.Count > DavisFile.LargestId =>
            throw new CliException($"{kept.Count} objects can't be written as davis, which numbers them from 1 to {DavisFile.LargestId}; use --format png or {SaV}"),
        "davis" => new FrameFormat(WriteDavis, () => { }, null),
        _ => FrameFormat.Of(AnnotationFormats.Create(request.Format, request.Directory, Categories), ToImage),
    };

    private AnnotatedImage ToImage(int frame, IReadOnlyList<MaskletMask> objects) => new(
        NameOf(frame), frames.Width, frames.Height, [.. objects.Select(mask =>
            AnnotatedObject.FromMask(mask.Mask!, Categories[0].Id) with { Id = mask.ObjectId, Track = mask.ObjectId })]);

    private void WritePictures(int frame, IReadOnlyList<MaskletMask> objects)
    {
        foreach (var mask in objects)
        {
            var folder = Path.Combine(request.Directory, "masks", mask.ObjectId.ToString(CultureInfo.InvariantCulture));
            OutputFolder.Create(folder);
            MaskFile.WritePng(Path.Combine(folder, NameOf(frame)), mask.Mask!.Decode());
        }
    }

    /// <summary>Where objects overlap, the smaller one is on top.</summary>
    private void WriteDavis(int frame, IReadOnlyList<MaskletMask> objects)
    {
        var folder = Path.Combine(request.Directory, "davis");
        OutputFolder.Create(folder);
        DavisFile.Compose(frames.Width, frames.Height, [.. objects.OrderBy(mask => mask.Mask!.Area).Select(mask => (mask.ObjectId, mask.Mask!.Decode()))])
            .Write(Path.Combine(folder, NameOf(frame)));
    }

    private string NameOf(int frame) => VideoPictures.NameOf(frames, frame);

    /// <summary>A format in which the masks of frames are written.</summary>
    /// <param name="Write">Writes a frame.</param>
    /// <param name="Complete">Finishes the files.</param>
    /// <param name="Owned">What is disposed in the end.</param>
    private sealed record FrameFormat(Action<int, IReadOnlyList<MaskletMask>> Write, Action Complete, IDisposable? Owned) : IDisposable
    {
        public static FrameFormat Of(MaskletWriter writer) => new(writer.Write, writer.Complete, writer);

        public static FrameFormat Of(IAnnotationWriter writer, Func<int, IReadOnlyList<MaskletMask>, AnnotatedImage> toImage) =>
            new((frame, masks) => writer.Write(toImage(frame, masks)), writer.Complete, writer);

        public void Dispose() => Owned?.Dispose();
    }
}
