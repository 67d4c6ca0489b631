using System.Globalization;
using Sam2.Cli.Commands;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Output;

/// <summary>Writes what <c>sam2 track</c> was asked to save, one frame after the other, in tracking order.</summary>
internal sealed class TrackOutput : IDisposable
{
    private readonly TrackRequest _request;
    private readonly VideoFrames _frames;
    private readonly RunOutput _run;
    private readonly VideoPictures _pictures;
    private readonly IReadOnlyDictionary<int, OverlayPrompts> _prompts;
    private readonly MaskletWriter? _masklets;
    private readonly Dictionary<int, int> _visible;

    /// <summary>Begins the files.</summary>
    /// <param name="run">Where they are written.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="objects">The objects' numbers.</param>
    /// <param name="frames">The video.</param>
    /// <param name="prompts">Prompts to show, by frame.</param>
    public TrackOutput(
        RunOutput run, TrackRequest request, IReadOnlyList<int> objects, VideoFrames frames, IReadOnlyDictionary<int, OverlayPrompts> prompts)
    {
        (_run, _request, _frames, _prompts) = (run, request with { Directory = run.Staging }, frames, prompts);
        request = _request;
        _pictures = new VideoPictures(request.Directory, request.Save, request.Pictures, frames.Reader.Info);
        _visible = objects.ToDictionary(id => id, _ => 0);
        if (request.Save.Contains("davis") && objects.Any(id => id is < 1 or > DavisFile.LargestId))
            throw new CliException($"object {objects.First(id => id is < 1 or > DavisFile.LargestId)} can't be saved as davis, which numbers objects from 1 to 255");

        if (request.Save.Contains("masks"))
        {
            foreach (var id in objects) OutputFolder.Create(FolderOf(id));
        }

        if (request.Save.Contains("davis")) OutputFolder.Create(Path.Combine(request.Directory, "davis"));
        try
        {
            if (request.Save.Contains("json"))
            {
                var name = Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(request.Video));
                _masklets = new MaskletWriter(Path.Combine(request.Directory, "masklets.json"), name, frames.Width, frames.Height, objects);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What is written, relative to the output folder.</summary>
    public static IEnumerable<string> Planned(TrackRequest request) => request.Save.Where(kind => kind is "masks" or "davis").Select(kind => kind + "/")
        .Concat(request.Save.Contains("json") ? ["masklets.json"] : []).Concat(VideoPictures.Planned(request.Save));

    /// <summary>Frames written so far.</summary>
    public int FrameCount { get; private set; }

    /// <summary>On how many frames each object has a mask.</summary>
    public IReadOnlyDictionary<int, int> VisibleFrames => _visible;

    /// <summary>Writes a frame.</summary>
    /// <param name="masks">Its masks.</param>
    /// <param name="image">The picture.</param>
    /// <param name="time">When it is shown, or null.</param>
    public void Write(FrameMasks masks, RgbImage image, TimeSpan? time)
    {
        foreach (var o in masks.Objects)
        {
            if (o.Mask.Area > 0) _visible[o.ObjectId]++;
            if (_request.Save.Contains("masks")) MaskFile.WritePng(Path.Combine(FolderOf(o.ObjectId), NameOf(masks.Frame)), o.Mask);
        }

        if (_request.Save.Contains("davis")) DavisPicture(masks).Write(Path.Combine(_request.Directory, "davis", NameOf(masks.Frame)));
        _pictures.Write(NameOf(masks.Frame), image, [.. masks.Objects.Select(o => (o.ObjectId, o.Mask))], time, _prompts.GetValueOrDefault(masks.Frame));
        _masklets?.Write(masks.Frame, [.. masks.Objects.Select(o => new MaskletMask(o.ObjectId, CocoRle.Encode(o.Mask), o.ObjectScore))]);
        FrameCount++;
    }

    /// <summary>Finishes the files; without it they don't appear.</summary>
    /// <param name="isWhole">Whether all frames were tracked; the results of an earlier run stay if not.</param>
    /// <returns>Where they are.</returns>
    public string Complete(bool isWhole)
    {
        _pictures.Complete();
        _masklets?.Complete();
        if (!isWhole) return _run.CompletePartly();
        _run.Complete();
        return _run.Folder;
    }

    public void Dispose()
    {
        _pictures.Dispose();
        _masklets?.Dispose();
    }

    /// <summary>Where objects overlap, the lower number is on top.</summary>
    private static IndexedImage DavisPicture(FrameMasks masks) => DavisFile.Compose(
        masks.Objects[0].Mask.Width, masks.Objects[0].Mask.Height, [.. masks.Objects.OrderBy(o => o.ObjectId).Select(o => (o.ObjectId, o.Mask))]);

    private string FolderOf(int objectId) =>
        Path.Combine(_request.Directory, "masks", objectId.ToString(CultureInfo.InvariantCulture));

    private string NameOf(int frame) => VideoPictures.NameOf(_frames, frame);
}
