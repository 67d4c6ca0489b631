using System.Globalization;
using Sam2.Torch.Data.DemoScene;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Drawn;

/// <summary>A drawn clip. Its scene is invented at the first look; the last frame is kept, because its masks are asked for next.</summary>
internal sealed class ProceduralClip(string name, ulong seed, ProceduralOptions options) : IAnnotatedVideo
{
    private readonly Lazy<Scene> _scene = new(() => SceneGenerator.Create(seed, options));
    private volatile Drawn? _last;

    public string Name { get; } = name;

    public int FrameCount => options.FrameCount;

    public string FrameName(int frame) => Checked(frame).ToString("D5", CultureInfo.InvariantCulture);

    public RgbImage ReadFrame(int frame) => Render(frame).Image.Clone();

    public bool IsAnnotated(int frame) => Checked(frame) >= 0;

    public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame)
    {
        var masks = new Dictionary<int, BinaryMask>();
        var ids = Render(frame).Ids;
        for (int i = 0; i < ids.Length; i++)
        {
            if (ids[i] != 0)
            {
                if (!masks.TryGetValue(ids[i], out var mask))
                {
                    masks[ids[i]] = mask = new BinaryMask(options.Height, options.Width);
                }

                mask.Data[i] = 1;
            }
        }

        return masks;
    }

    private DrawnFrame Render(int frame)
    {
        Checked(frame);
        if (_last is { } last && last.Index == frame)
        {
            return last.Frame;
        }

        var drawn = SceneRenderer.Render(_scene.Value, frame);
        _last = new Drawn(frame, drawn);
        return drawn;
    }

    private int Checked(int frame)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(frame);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frame, FrameCount);
        return frame;
    }

    private sealed record Drawn(int Index, DrawnFrame Frame);
}
