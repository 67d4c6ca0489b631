// Follows objects through a video from a click or a box.
//
//   dotnet run -c Release --project samples/Track -- [OUT] [VIDEO X Y]
using System.Globalization;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

var output = args.ElementAtOrDefault(0) ?? "out/Track";
Directory.CreateDirectory(output);

// A video of yours, or one that is drawn here: a red ball (1) disappears behind a box, a blue one (3) rolls by.
DrawnFrame[]? drawn = args.Length > 1 ? null : [.. Enumerable.Range(0, 20).Select(time => DemoScene.Create(420, 300).Render(time))];
IFrameSource frames = drawn is null ? VideoFrames.Open(args[1]) : new FrameList([.. drawn.Select(frame => frame.Image)]);

using var model = ModelLoader.Load("sam2.1_hiera_micro");
using var session = new VideoSession(model, frames);
if (drawn is null)
{
    session.AddPoints(0, 1, new PointPrompt(float.Parse(args[2], CultureInfo.InvariantCulture), float.Parse(args[3], CultureInfo.InvariantCulture)));
}
else
{
    session.AddPoints(0, 1, new PointPrompt(0.24f * frames.Width, 0.42f * frames.Height));
    session.AddBox(0, 3, new BoxPrompt(0.71f * frames.Width, 0.53f * frames.Height, 0.91f * frames.Width, 0.81f * frames.Height));
}

// Masks come frame by frame and are not kept, so a video may have any length.
var ious = new Dictionary<int, List<double>>();
using var video = new VideoWriter(Path.Combine(output, "track.mp4"), frames.Width, frames.Height, new FrameRate(25, 1));
foreach (var result in session.Propagate())
{
    video.Write(Overlay.Draw(frames.Read(result.Frame)!, [.. result.Objects.Select(o => new OverlayObject(o.ObjectId, o.Mask))]));
    foreach (var found in result.Objects)
    {
        if (result.Frame % 6 == 0)
            Console.WriteLine($"frame {result.Frame}, object {found.ObjectId}: {found.Mask.Area} pixels, {(found.ObjectScore > 0 ? "visible" : "hidden")}");
        if (drawn is not null)
            (ious.TryGetValue(found.ObjectId, out var list) ? list : ious[found.ObjectId] = []).Add(found.Mask.Iou(drawn[result.Frame].Mask((byte)found.ObjectId)));
    }
}
video.Complete();

foreach (var (id, values) in ious)
    Console.WriteLine($"object {id}: mean IoU {values.Average():0.000} over {values.Count} frames");
