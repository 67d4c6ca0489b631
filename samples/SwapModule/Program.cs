// Other modules in the place of the model's own: what happens to tracking if the memory attention has fewer layers, or a gate?
//
//   dotnet run -c Release --project samples/SwapModule -- [OUT]
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TorchSharp.Modules;
using static TorchSharp.torch;

var output = args.ElementAtOrDefault(0) ?? "out/SwapModule";
Directory.CreateDirectory(output);

DrawnFrame[] drawn = [.. Enumerable.Range(0, 10).Select(time => DemoScene.Create(420, 300).Render(time))];
Track("as it is", Sam2Parts.Standard);
Track("one layer", new() { MemoryAttention = config => new MemoryAttention(config.MemoryAttention with { NumLayers = 1 }) });
Track("gate open", new() { MemoryAttention = config => new GatedMemoryAttention(config.MemoryAttention, gate: 1) });
Track("gate shut", new() { MemoryAttention = config => new GatedMemoryAttention(config.MemoryAttention, gate: 0) });

void Track(string name, Sam2Parts parts)
{
    // Names in the state dict stay, so the checkpoint fills all modules that are in it; a new one keeps its initial values.
    using var model = ModelLoader.Load("sam2.1_hiera_micro", parts: parts);
    var weights = model.state_dict();
    var replaced = weights.Where(weight => weight.Key.StartsWith("memory_attention.", StringComparison.Ordinal)).ToList();

    using var session = new VideoSession(model, new FrameList([.. drawn.Select(frame => frame.Image)]));
    session.AddPoints(0, 1, new PointPrompt(0.24f * 420, 0.42f * 300));
    var masks = session.Propagate().Select(result => result[1].Mask).ToList();
    var iou = masks.Zip(drawn, (mask, frame) => mask.Iou(frame.Mask(1))).Average();
    Console.WriteLine($"{name}: {weights.Count} weights, {replaced.Count} of them in the memory attention; mean IoU {iou:0.000}");
    ImageFile.Write(Path.Combine(output, $"{name.Replace(' ', '-')}.png"), Overlay.Draw(drawn[^1].Image, [new OverlayObject(1, masks[^1])]));
}

/// <summary>The usual memory attention behind a gate, which could be trained: 0 for a frame's own features, 1 for conditioned ones.</summary>
internal sealed class GatedMemoryAttention(MemoryAttentionConfig config, float gate) : MemoryAttention(config)
{
    // It is "memory_attention.gate" in the state dict. Set where it is declared: the base class registers the fields.
    private readonly Parameter gate = new(tensor(gate));

    public override Tensor forward(Tensor current, Tensor currentPosition, Tensor memory, Tensor memoryPosition, long numObjPtrTokens = 0)
    {
        using var scope = NewDisposeScope();
        var conditioned = base.forward(current, currentPosition, memory, memoryPosition, numObjPtrTokens);
        return (current + gate * (conditioned - current)).MoveToOuterDisposeScope();
    }
}
