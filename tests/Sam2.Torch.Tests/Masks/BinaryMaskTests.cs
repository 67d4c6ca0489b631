using NUnit.Framework;
using Sam2.Torch.Masks;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Masks;

public class BinaryMaskTests
{
    [Test]
    public void Area_and_box_agree_with_counting()
    {
        foreach (var mask in RandomMasks.Many(seed: 1, count: 300))
        {
            var inside = (from y in Enumerable.Range(0, mask.Height) from x in Enumerable.Range(0, mask.Width) where mask[y, x] select (x, y)).ToList();
            var box = inside.Count == 0
                ? (0, 0, 0, 0)
                : (inside.Min(p => p.x), inside.Min(p => p.y),
                    inside.Max(p => p.x) - inside.Min(p => p.x) + 1, inside.Max(p => p.y) - inside.Min(p => p.y) + 1);
            Assert.That(mask.Area, Is.EqualTo(inside.Count));
            Assert.That(mask.BoundingBox, Is.EqualTo(box));
        }
    }

    [Test]
    public void Iou_agrees_with_counting()
    {
        var random = new Random(2);
        for (int i = 0; i < 100; i++)
        {
            int h = random.Next(1, 60), w = random.Next(1, 60);
            var a = RandomMasks.Create(random, h, w);
            var b = RandomMasks.Create(random, h, w);
            int both = a.Data.Zip(b.Data, (p, q) => p & q).Sum();
            int either = a.Data.Zip(b.Data, (p, q) => p | q).Sum();
            Assert.That(a.Iou(b), Is.EqualTo(either == 0 ? 1 : (double)both / either));
        }
    }

    [Test]
    public void Large_areas_do_not_overflow()
    {
        var mask = new BinaryMask(4000, 4001);
        mask.Data.AsSpan().Fill(1);
        Assert.That(mask.Area, Is.EqualTo(4000L * 4001));
    }

    [Test]
    public void Round_trips_through_tensors_of_any_type_and_stride()
    {
        foreach (var mask in RandomMasks.Many(seed: 3, count: 20))
        {
            using var scope = NewDisposeScope();
            var tensor = mask.ToTensor();
            Assert.That(tensor.dtype, Is.EqualTo(ScalarType.Bool));
            Assert.That(BinaryMask.FromTensor(tensor), Is.EqualTo(mask));
            Assert.That(BinaryMask.FromTensor(tensor.to_type(ScalarType.Float32) * -2.5f), Is.EqualTo(mask));
            Assert.That(BinaryMask.FromTensor(tensor.to_type(ScalarType.Byte) * 255), Is.EqualTo(mask));
            Assert.That(BinaryMask.FromTensor(tensor.t().contiguous().t()), Is.EqualTo(mask));
            Assert.That(BinaryMask.FromTensor(tensor.unsqueeze(0).unsqueeze(0)), Is.EqualTo(mask));
        }
    }

    [Test]
    public void A_stack_becomes_masks_in_order_and_leaves_no_tensor_behind()
    {
        using var stack = zeros(2, 3, 4, 5, dtype: ScalarType.Bool);
        using (var scope = NewDisposeScope())
        {
            stack[1, 2, 3, 4] = tensor(true);
        }

        using (var scope = NewDisposeScope())
        {
            var masks = BinaryMask.FromTensors(stack);
            Assert.That(masks.Select(m => m.Area), Is.EqualTo(new long[] { 0, 0, 0, 0, 0, 1 }));
            Assert.That(scope.DisposablesCount, Is.Zero);
        }
    }

    [Test]
    public void Values_are_normalised_and_sizes_checked()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(new BinaryMask(1, 3, [0, 7, 255]).Data, Is.EqualTo(new byte[] { 0, 1, 1 }));
            Assert.That(() => new BinaryMask(2, 2, new byte[3]), Throws.ArgumentException);
            Assert.That(() => new BinaryMask(0, 2), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => new BinaryMask(2, 2).Iou(new BinaryMask(2, 3)), Throws.ArgumentException);
            Assert.That(() => new BinaryMask(2, 2)[0, 2], Throws.InstanceOf<ArgumentOutOfRangeException>());
        }
    }
}
