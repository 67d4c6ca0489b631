using System.Globalization;
using Sam2.Cli.Commands;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Output;

/// <summary>Writes pictures of the masks of a video: videos with the masks drawn in, and objects cut out.</summary>
/// <param name="directory">Where they are written.</param>
/// <param name="save">Which of them: <c>overlay</c>, <c>side-by-side</c>, <c>cutout</c>; other words are ignored.</param>
/// <param name="pictures">How masks are drawn.</param>
/// <param name="source">The video that they are of, whose times and shape of pixels they get.</param>
internal sealed class VideoPictures(string directory, IReadOnlySet<string> save, PictureRequest pictures, VideoInfo source) : IDisposable
{
    private static readonly FrameRate DefaultRate = new(25, 1);

    private VideoWriter? _overlay;
    private VideoWriter? _sideBySide;

    /// <summary>What is written, relative to the directory.</summary>
    /// <param name="save">As given to the constructor.</param>
    public static IEnumerable<string> Planned(IEnumerable<string> save) => save.Where(kind => kind is "overlay" or "side-by-side" or "cutout")
        .Select(kind => kind == "cutout" ? "cutout/" : kind + ".mp4");

    /// <summary>The name of the pictures of a frame: its own in a folder of pictures, and its number in a video.</summary>
    public static string NameOf(VideoFrames frames, int frame) =>
        frames.NameOf(frame) is { } name ? name + ".png" : string.Create(CultureInfo.InvariantCulture, $"{frame:00000}.png");

    /// <summary>Writes a frame.</summary>
    /// <param name="name">The name of its pictures.</param>
    /// <param name="image">The picture.</param>
    /// <param name="objects">The objects' numbers and masks, later ones above earlier ones.</param>
    /// <param name="time">When it is shown; null if as long after the one before as the video's rate says.</param>
    /// <param name="prompts">Prompts to show, if any.</param>
    public void Write(
        string name, RgbImage image, IReadOnlyList<(int Id, BinaryMask Mask)> objects, TimeSpan? time, OverlayPrompts? prompts = null)
    {
        if (save.Contains("cutout"))
        {
            foreach (var (id, mask) in objects)
            {
                string path = Path.Combine(directory, "cutout", id.ToString(CultureInfo.InvariantCulture), name);
                OutputFolder.CreateFor(path);
                ImageFile.Write(path, Overlay.CutOut(image, mask));
            }
        }

        bool wantsOverlay = save.Contains("overlay"), wantsBoth = save.Contains("side-by-side");
        if (wantsOverlay || wantsBoth)
        {
            var drawn = Overlay.Draw(
                image,
                [.. objects.Select(o => new OverlayObject(o.Id, o.Mask, pictures.Labels ? o.Id.ToString(CultureInfo.InvariantCulture) : null))],
                prompts,
                pictures.Style);
            if (wantsOverlay) Add(ref _overlay, "overlay.mp4", drawn, time);
            if (wantsBoth) Add(ref _sideBySide, "side-by-side.mp4", Overlay.SideBySide(image, drawn), time);
        }
    }

    /// <summary>Finishes the videos; without it they don't appear.</summary>
    public void Complete()
    {
        _overlay?.Complete();
        _sideBySide?.Complete();
    }

    public void Dispose()
    {
        _overlay?.Dispose();
        _sideBySide?.Dispose();
    }

    private void Add(ref VideoWriter? video, string name, RgbImage image, TimeSpan? time)
    {
        video ??= new VideoWriter(
            Path.Combine(directory, name), image.Width, image.Height, source.FrameRate ?? DefaultRate,
            new VideoWriteOptions { PixelAspect = source.PixelAspect, TimeBase = source.TimeBase });
        if (time is { } shown && source.TimeBase is not null) video.Write(image, shown);
        else video.Write(image);
    }
}
