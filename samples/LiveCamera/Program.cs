// Masks for frames that arrive one by one, such as a camera's. Nothing of the past is needed but what the model remembers, so memory
// stays as it is however long the stream runs. What follows OUT is ffmpeg's input, here a camera for ten seconds:
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

using var model = ModelLoader.Load("sam2.1_hiera_micro");
using var session = VideoSession.Live(model);
using var video = new VideoWriter(Path.Combine(output, "live.mp4"), Width, Height, new FrameRate(25, 1));
var scene = DemoScene.Create(Width, Height);
var (clock, ious, memory) = (Stopwatch.StartNew(), new List<double>(), 0L);
foreach (var image in args.Length > 1 ? Camera(args[1..]) : Drawn())
{
    var result = session.PushFrame(image);
    // Objects may be added at any time: here one at the start, another while the stream runs.
    if (result.Frame == 0)
        result = session.AddPoints(0, 1, args.Length > 1 ? new PointPrompt(Width / 2f, Height / 2f) : new PointPrompt(0.24f * Width, 0.42f * Height));
    if (result.Frame == 10 && args.Length == 1)
        result = session.AddPoints(10, 3, new PointPrompt(0.83f * Width, 0.7f * Height));

    video.Write(Overlay.Draw(image, [.. result.Objects.Select(o => new OverlayObject(o.ObjectId, o.Mask))]));
    if (args.Length <= 1)
        ious.AddRange(result.Objects.Select(o => o.Mask.Iou(scene.Render(result.Frame).Mask((byte)o.ObjectId))));
    if (result.Frame == 20)
        memory = Environment.WorkingSet;
    if (result.Frame % 10 == 0)
        Console.WriteLine($"frame {result.Frame}: {string.Join(", ", result.Objects.Select(o => $"object {o.ObjectId} {o.Mask.Area} pixels"))}");
}
video.Complete();

Console.WriteLine($"{video.FrameCount} frames, {video.FrameCount / clock.Elapsed.TotalSeconds:0.0} per second");
Console.WriteLine($"memory grew by {(Environment.WorkingSet - memory) >> 20} MB after frame 20");
if (ious.Count > 0)
    Console.WriteLine($"mean IoU {ious.Average():0.000}");

IEnumerable<RgbImage> Drawn() => Enumerable.Range(0, 80).Select(time => scene.Render(time).Image);

// Any device, file or network stream that ffmpeg opens, as raw pictures of one size.
static IEnumerable<RgbImage> Camera(string[] input)
{
    string[] raw = ["-vf", $"scale={Width}:{Height}", "-f", "rawvideo", "-pix_fmt", "rgb24", "-loglevel", "error", "-"];
    using var ffmpeg = Process.Start(new ProcessStartInfo("ffmpeg", [.. input, .. raw]) { RedirectStandardOutput = true })!;
    for (var pixels = new byte[Width * Height * 3]; ffmpeg.StandardOutput.BaseStream.ReadAtLeast(pixels, pixels.Length, throwOnEndOfStream: false) == pixels.Length; pixels = new byte[pixels.Length])
        yield return new RgbImage(Width, Height, pixels);
}
