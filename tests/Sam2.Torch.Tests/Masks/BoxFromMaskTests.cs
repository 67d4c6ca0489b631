using NUnit.Framework;
using Sam2.Torch.Masks;
using TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Masks;

public class BoxFromMaskTests
{
    [Test]
    public void Agrees_with_the_box_of_each_mask()
    {
        var random = new Random(51);
        for (int i = 0; i < 40; i++)
        {
            using var scope = NewDisposeScope();
            int height = random.Next(1, 30), width = random.Next(1, 30);
            var masks = Enumerable.Range(0, 6).Select(_ => RandomMasks.Create(random, height, width)).ToArray();
            var stack = torch.stack(masks.Select(m => m.ToTensor())).reshape(2, 3, height, width);
            var boxes = BoxFromMask.Compute(stack);
            var inverted = BoxFromMask.ComputeWithEmptyInverted(stack);
            Assert.That(boxes.shape, Is.EqualTo(new long[] { 2, 3, 4 }));
            for (int n = 0; n < 6; n++)
            {
                var (x, y, w, h) = masks[n].BoundingBox;
                bool empty = masks[n].Area == 0;
                long[] expected = empty ? [0, 0, 0, 0] : [x, y, x + w - 1, y + h - 1];
                Assert.That(boxes.reshape(6, 4)[n].data<long>().ToArray(), Is.EqualTo(expected));
                Assert.That(
                    inverted.reshape(6, 4)[n].data<long>().ToArray(),
                    Is.EqualTo(empty ? [width, height, -1, -1] : expected));
            }
        }
    }
}
