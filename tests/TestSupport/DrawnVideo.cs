using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

namespace TestSupport;

/// <summary>The demo's scene as a video of any length: it plays back and forth.</summary>
public sealed class DrawnVideo(int frames, int width = 120, int height = 90) : IFrameSource
{
    private readonly Dictionary<int, DrawnFrame> _drawn = [];
    private readonly DemoScene _scene = DemoScene.Create(width, height);

    public int? FrameCount => frames;

    public int Width => width;

    public int Height => height;

    /// <summary>How often a frame was read.</summary>
    public int Reads { get; private set; }

    /// <summary>A frame with its truth; ids are 1 (red ball), 2 (box) and 3 (blue ball).</summary>
    public DrawnFrame Drawn(int frame)
    {
        var time = frame % 40 < 20 ? frame % 20 : 20 - frame % 20;
        if (!_drawn.TryGetValue(time, out var drawn)) _drawn[time] = drawn = _scene.Render(time);
        return drawn;
    }

    public RgbImage? Read(int frame)
    {
        if (frame < 0 || frame >= frames) return null;
        Reads++;
        return Drawn(frame).Image;
    }
}
