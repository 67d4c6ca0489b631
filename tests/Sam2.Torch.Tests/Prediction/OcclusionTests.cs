using NUnit.Framework;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>The demo's clip with the embedded checkpoint: a ball disappears behind a box and comes out again.</summary>
[TestFixture]
public class OcclusionTests
{
    private const int Ball = 1, Box = 2, Hidden = 17, Free = 34;

    [Test]
    public void An_object_that_disappears_behind_another_is_found_again()
    {
        var truth = Enumerable.Range(0, Free + 1).Select(t => DrawnScene.Demo(420, 300).Render(t)).ToArray();
        using var model = TestModels.Shipped();
        using var session = new VideoSession(model, new FrameList([.. truth.Select(frame => frame.Image)]));
        foreach (var id in new[] { Ball, Box })
        {
            var (x, y, width, height) = truth[0].Mask((byte)id).BoundingBox;
            session.AddBox(0, id, new BoxPrompt(x, y, x + width, y + height));
        }

        var tracked = session.Propagate().ToDictionary(frame => frame.Frame, frame => frame.Objects.ToDictionary(o => o.ObjectId, o => o.Mask));
        Assert.Multiple(() =>
        {
            Assert.That(truth[Hidden].Mask(Ball).Area, Is.Zero);
            Assert.That(tracked[Hidden][Ball].Area, Is.LessThan(0.02 * truth[0].Mask(Ball).Area));
            Assert.That(tracked[Free][Ball].Iou(truth[Free].Mask(Ball)), Is.GreaterThan(0.8));
            Assert.That(tracked[Free][Box].Iou(truth[Free].Mask(Box)), Is.GreaterThan(0.9));
        });
    }
}
