// Masks for frames that arrive one by one, such as a camera's. Of the past, only the model's bounded memory is kept, so a stream may
// run for ever. What follows OUT is ffmpeg's input, here a camera for ten seconds:
//
//   dotnet run -c Release --project samples/LiveCamera -- [OUT] [-t 10 -f v4l2 -i /dev/video0]
using System.Diagnostics;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

const int Width = 420, Height = 300;
var output = args.ElementAtOrDefault(0) ?? "out/LiveCamera";
Directory.CreateDirectory(output);

var scene = args.Length > 1 ? null : DemoScene.Create(Width, Height);
using var model = ModelLoader.Load("sam2.1_hiera_micro");
using var session = VideoSession.Live(model);
using var video = new VideoWriter(Path.Combine(output, "live.mp4"), Width, Height, new FrameRate(25, 1));
var (clock, ious, early) = (Stopwatch.StartNew(), new List<double>(), 0L);
foreach (var image in scene is null ? Camera(args[1..]) : Drawn(scene))
{
    var result = session.PushFrame(image);
    // Objects may be added at any time: what is in the middle at the start, and of the drawn stream a ball later.
    if (result.Frame == 0)
        result = session.AddPoints(0, 2, new PointPrompt(Width / 2f, Height / 2f));
    if (result.Frame == 20 && scene is not null)
        result = session.AddPoints(20, 3, new PointPrompt(0.85f * Width, 0.73f * Height));

    video.Write(Overlay.Draw(image, [.. result.Objects.Select(o => new OverlayObject(o.ObjectId, o.Mask))]));
    if (scene is not null)
        ious.AddRange(result.Objects.Select(o => o.Mask.Iou(scene.Render(result.Frame).Mask((byte)o.ObjectId))));
    if (result.Frame % 10 == 0)
        Console.WriteLine($"frame {result.Frame}: {string.Join(", ", result.Objects.Select(o => $"object {o.ObjectId} {o.Mask.Area} pixels"))}");
    if (result.Frame == 25)
        early = Environment.WorkingSet;
}
video.Complete();

Console.WriteLine($"{video.FrameCount} frames, {video.FrameCount / clock.Elapsed.TotalSeconds:0.0} per second");
if (early > 0)
    Console.WriteLine($"memory after frame 25: {early >> 20} MB, at the end: {Environment.WorkingSet >> 20} MB");
if (scene is not null)
    Console.WriteLine($"mean IoU {ious.Average():0.000}");

static IEnumerable<RgbImage> Drawn(DemoScene scene) => Enumerable.Range(0, 50).Select(time => scene.Render(time).Image);

// Whatever ffmpeg opens (a device, a file, a network stream), as raw pictures of one size.
static IEnumerable<RgbImage> Camera(string[] input)
{
    string[] raw = ["-vf", $"scale={Width}:{Height}", "-f", "rawvideo", "-pix_fmt", "rgb24", "-loglevel", "error", "-"];
    using var ffmpeg = Process.Start(new ProcessStartInfo("ffmpeg", [.. input, .. raw]) { RedirectStandardOutput = true })!;
    for (var image = Next(); image is not null; image = Next())
        yield return image;

    RgbImage? Next()
    {
        var pixels = new byte[Width * Height * 3];
        return ffmpeg.StandardOutput.BaseStream.ReadAtLeast(pixels, pixels.Length, throwOnEndOfStream: false) < pixels.Length ? null : new(Width, Height, pixels);
    }
}
