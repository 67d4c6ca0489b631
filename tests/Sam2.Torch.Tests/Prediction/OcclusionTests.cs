using NUnit.Framework;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TestSupport;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>The demo's clip: a red ball disappears behind a box and comes out again.</summary>
[TestFixture]
public class OcclusionTests
{
    private const int Width = 840, Height = 600, Ball = 1, Box = 2, BlueBall = 3, Hidden = 17, Free = 34;

    private readonly DrawnFrame[] _truth = [.. Enumerable.Range(0, Free + 1).Select(t => DemoScene.Create(Width, Height).Render(t))];

    [Test]
    public void An_object_that_disappears_behind_another_is_found_again()
    {
        // Weights that the original trained: they keep the ball and what hides it apart throughout.
        using var model = TestModels.Nano();
        var tracked = Track(model, (Ball, []), (Box, []));
        Assert.Multiple(() =>
        {
            AssertBallIsHiddenAndFound(tracked);
            Assert.That(tracked[Free][Box].Iou(_truth[Free].Mask(Box)), Is.GreaterThan(0.9));
        });
    }

    [Test]
    public void The_embedded_checkpoint_follows_the_demo_s_two_balls()
    {
        // As tools/demo.sh prompts them.
        using var model = TestModels.Shipped();
        var tracked = Track(model, (Ball, [new PointPrompt(0.24f * Width, 0.42f * Height)]), (BlueBall, []));
        Assert.Multiple(() =>
        {
            AssertBallIsHiddenAndFound(tracked);
            Assert.That(tracked[Free][BlueBall].Iou(_truth[Free].Mask(BlueBall)), Is.GreaterThan(0.8));
        });
    }

    private void AssertBallIsHiddenAndFound(Dictionary<int, Dictionary<int, BinaryMask>> tracked)
    {
        Assert.That(_truth[Hidden].Mask(Ball).Area, Is.Zero);
        Assert.That(tracked[Hidden][Ball].Area, Is.LessThan(0.02 * _truth[0].Mask(Ball).Area));
        Assert.That(tracked[Free][Ball].Iou(_truth[Free].Mask(Ball)), Is.GreaterThan(0.8));
    }

    /// <summary>Masks by frame and object, from the boxes of the first frame and clicks on it.</summary>
    private Dictionary<int, Dictionary<int, BinaryMask>> Track(Sam2Model model, params (int Id, PointPrompt[] Clicks)[] objects)
    {
        using var session = new VideoSession(model, new FrameList([.. _truth.Select(frame => frame.Image)]));
        foreach (var (id, clicks) in objects)
        {
            var (x, y, width, height) = _truth[0].Mask((byte)id).BoundingBox;
            session.AddPoints(0, id, clicks, new BoxPrompt(x, y, x + width, y + height));
        }

        return session.Propagate().ToDictionary(frame => frame.Frame, frame => frame.Objects.ToDictionary(o => o.ObjectId, o => o.Mask));
    }
}
