using System.Globalization;
using Sam2.Cli.Commands;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Output;

/// <summary>Writes the pictures of <c>sam2 track</c>: videos with the masks drawn in, and objects cut out.</summary>
internal sealed class TrackPictures(TrackRequest request, FrameRate rate, IReadOnlyDictionary<int, OverlayPrompts> prompts) : IDisposable
{
    private VideoWriter? _overlay;
    private VideoWriter? _sideBySide;

    /// <summary>Writes a frame.</summary>
    public void Write(FrameMasks masks, RgbImage image)
    {
        if (request.Save.Contains("cutout"))
        {
            foreach (var o in masks.Objects)
            {
                string id = o.ObjectId.ToString(CultureInfo.InvariantCulture);
                string path = Path.Combine(request.Directory, "cutout", id, string.Create(CultureInfo.InvariantCulture, $"{masks.Frame:00000}.png"));
                OutputFolder.CreateFor(path);
                ImageFile.Write(path, Overlay.CutOut(image, o.Mask));
            }
        }

        bool wantsOverlay = request.Save.Contains("overlay"), wantsBoth = request.Save.Contains("side-by-side");
        if (wantsOverlay || wantsBoth)
        {
            var drawn = Draw(masks, image);
            if (wantsOverlay) Add(ref _overlay, "overlay.mp4", drawn);
            if (wantsBoth) Add(ref _sideBySide, "side-by-side.mp4", Overlay.SideBySide(image, drawn));
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

    private RgbImage Draw(FrameMasks masks, RgbImage image) => Overlay.Draw(
        image,
        [.. masks.Objects.Select(o => new OverlayObject(
            o.ObjectId, o.Mask, request.Pictures.Labels ? o.ObjectId.ToString(CultureInfo.InvariantCulture) : null))],
        prompts.GetValueOrDefault(masks.Frame),
        request.Pictures.Style);

    private void Add(ref VideoWriter? video, string name, RgbImage image)
    {
        video ??= new VideoWriter(Path.Combine(request.Directory, name), image.Width, image.Height, rate);
        video.Write(image);
    }
}
