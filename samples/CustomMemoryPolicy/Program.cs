// A memory of one's own: of the frames behind it, a frame attends to those on which the model was surest of the object, whenever they
// were, instead of to the last six. SAM 2's memory forgets how a hidden object looked; this one doesn't.
//
//   dotnet run -c Release --project samples/CustomMemoryPolicy -- [OUT]
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking;

var output = args.ElementAtOrDefault(0) ?? "out/CustomMemoryPolicy";
Directory.CreateDirectory(output);

// The red ball disappears behind a box around frame 17 and is free again from frame 32 on.
DrawnFrame[] drawn = [.. Enumerable.Range(0, 40).Select(time => DemoScene.Create(420, 300).Render(time))];
using var model = ModelLoader.Load("sam2.1_hiera_micro");
var last = drawn[^1].Image;
SurestFrames? surest = null;
var usual = Track("SAM 2's memory", memory: null);
var own = Track("the surest frames", _ => surest = new SurestFrames(model.Config));
ImageFile.Write(Path.Combine(output, "last-frame.png"), Overlay.SideBySide(
    Overlay.Draw(last, [new OverlayObject(1, usual)]), Overlay.Draw(last, [new OverlayObject(1, own)])));

BinaryMask Track(string name, Func<int, IMemoryPolicy>? memory)
{
    using var session = new VideoSession(model, new FrameList([.. drawn.Select(frame => frame.Image)]), new() { Memory = memory });
    session.AddPoints(0, 1, new PointPrompt(0.24f * 420, 0.42f * 300));
    var masks = session.Propagate().Select(result => result[1].Mask).ToList();
    Console.WriteLine($"{name}: mean IoU {masks.Zip(drawn, (mask, frame) => mask.Iou(frame.Mask(1))).Average():0.000}");
    if (surest is not null)
        Console.WriteLine($"remembered at the end: frames {string.Join(", ", surest.OtherFrames)}");
    return masks[^1];
}

/// <summary>Keeps the frame before, and those with the highest object scores. Everything else is as in SAM 2.</summary>
internal sealed class SurestFrames(Sam2Config config) : MemoryBank(capacity: int.MaxValue)
{
    public override void Add(int frame, FrameOutput output, bool conditioning)
    {
        base.Add(frame, output, conditioning);
        if (OtherFrames.Count < config.NumMaskmem) return;
        var leastSure = OtherFrames.Where(other => other != frame).MinBy(other => Find(other)!.ObjectScore.item<float>());
        ForgetOthers(leastSure, leastSure);
    }

    public override MemorySelection Select(Sam2Config config, FramePosition at, bool training)
    {
        var others = OtherFrames.Where(other => other != at.Frame).ToList();
        var conditioning = ConditioningFrames.Select(frame => new MemoryReference(frame, Conditioning: true, Offset: 0));
        // The model knows six temporal positions, the last one for the frame before.
        var kept = others.Select((frame, i) => new MemoryReference(frame, Conditioning: false, config.NumMaskmem - others.Count + i));
        return base.Select(config, at, training) with { Memories = [.. conditioning, .. kept] };
    }
}
