using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TestSupport;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>What tests of sessions share: a small model, a drawn video of 24 frames, and prompts for its objects.</summary>
public abstract class VideoSessionFixture
{
    private protected static VideoSessionOptions Logits => new() { ReturnLogits = true };

    private protected Sam2Model Model { get; private set; } = null!;

    private protected DrawnVideo Video { get; private set; } = null!;

    [OneTimeSetUp]
    public void Load()
    {
        // Half the resolution of the small architecture: a quarter of the work.
        Model = TestModels.Nano(config: Sam2Presets.Nano with { ImageSize = 64 });
        Video = new DrawnVideo(24);
    }

    [OneTimeTearDown]
    public void Free() => Model.Dispose();

    private protected static void AssertEqual(List<FrameMasks> actual, List<FrameMasks> expected)
    {
        Assert.That(actual.Select(m => m.Frame), Is.EqualTo(expected.Select(m => m.Frame)));
        foreach (var (a, e) in actual.Zip(expected))
        {
            Assert.That(a.Objects.Select(o => o.ObjectId), Is.EqualTo(e.Objects.Select(o => o.ObjectId)), $"frame {e.Frame}");
            foreach (var (x, y) in a.Objects.Zip(e.Objects))
                Assert.That(x.Logits!.Cast<float>().Zip(y.Logits!.Cast<float>(), (p, q) => Math.Abs(p - q)).Max(), Is.LessThan(1e-5), $"frame {e.Frame}");
        }
    }

    private protected PointPrompt ClickOn(byte id, int frame)
    {
        var (x, y, width, height) = Video.Drawn(frame).Mask(id).BoundingBox;
        return new PointPrompt(x + width / 2f, y + height / 2f);
    }

    private protected BoxPrompt BoxAround(byte id, int frame)
    {
        var (x, y, width, height) = Video.Drawn(frame).Mask(id).BoundingBox;
        return new BoxPrompt(x, y, x + width, y + height);
    }

    /// <summary>A video that tells its length when its end was reached, as long files do.</summary>
    private protected sealed class UnknownLength(IFrameSource video) : IFrameSource
    {
        public int? FrameCount { get; private set; }

        public int Width => video.Width;

        public int Height => video.Height;

        public RgbImage? Read(int frame)
        {
            var image = video.Read(frame);
            if (image is null) FrameCount = video.FrameCount;
            return image;
        }
    }
}
