using Sam2.Torch.Data;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace TestSupport;

/// <summary>The demo's scene as an annotated video. Objects can be declared to appear later than they do.</summary>
public sealed class DrawnAnnotatedVideo(string name, int frames, int stride = 1, IReadOnlyDictionary<int, int>? firstFrames = null, bool overlap = false) : IAnnotatedVideo
{
    private readonly DemoScene _scene = DemoScene.Create(210, 150);

    public string Name => name;

    public int FrameCount => frames;

    public bool ObjectsOverlap => overlap;

    public string FrameName(int frame) => $"{frame:00000}";

    public RgbImage ReadFrame(int frame) => _scene.Render(2 * frame).Image;

    public bool IsAnnotated(int frame) => frame % stride == 0;

    public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame) => IsAnnotated(frame)
        ? _scene.Objects.Where(o => frame >= (firstFrames?.GetValueOrDefault(o.Id) ?? 0)).ToDictionary(o => (int)o.Id, o => _scene.Render(2 * frame).Mask(o.Id))
        : new Dictionary<int, BinaryMask>();
}
