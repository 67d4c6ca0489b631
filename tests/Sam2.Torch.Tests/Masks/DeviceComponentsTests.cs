using NUnit.Framework;
using Sam2.Torch.Masks;
using TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Masks;

/// <summary>What runs on devices other than the CPU, by the components that are found on the CPU.</summary>
public class DeviceComponentsTests
{
    [Test]
    public void Small_components_are_those_that_a_flood_fill_finds([Values(0, 1, 2, 8, 30, 1000)] int maxArea)
    {
        foreach (var mask in RandomMasks.Many(seed: 51 + maxArea, count: 25, largest: 24)) AssertMarked(mask, maxArea);
    }

    [Test]
    public void A_long_component_is_large_however_thin_it_is([Values(3, 8, 40)] int maxArea)
    {
        // A line that turns at every end, and two that just fit or just don't.
        var snake = new BinaryMask(13, 17);
        for (var y = 0; y < 13; y++)
        {
            if (y % 2 == 0) snake.Row(y).Fill(1);
            else snake[y, y % 4 == 1 ? 16 : 0] = true;
        }

        AssertMarked(snake, maxArea);
        var lines = new BinaryMask(5, 60);
        lines.Row(0)[..maxArea].Fill(1);
        lines.Row(2)[..(maxArea + 1)].Fill(1);
        AssertMarked(lines, maxArea);
        Assert.That(Marked(lines, maxArea).Area, Is.EqualTo(maxArea));
    }

    [Test]
    public void Each_mask_of_a_batch_is_on_its_own()
    {
        using var scope = NewDisposeScope();
        var masks = zeros([2, 1, 4, 5], dtype: ScalarType.Bool);
        masks[0, 0, 1, 1] = tensor(true);
        masks[1].fill_(Scalars.Of(true));
        var marked = DeviceComponents.Mark(masks, 3);
        Assert.That(BinaryMask.FromTensors(marked).Select(mask => mask.Area), Is.EqualTo(new long[] { 1, 0 }));
    }

    [Test]
    public void Holes_are_filled_without_reading_the_masks()
    {
        using var scope = NewDisposeScope();
        // Tensors of this device have no values: reading them fails.
        var filled = MaskCleanup.FillHolesInMaskScores(zeros([2, 1, 16, 16], device: new Device(DeviceType.META)), 8);
        Assert.That(filled.shape, Is.EqualTo(new long[] { 2, 1, 16, 16 }));
    }

    private static BinaryMask Marked(BinaryMask mask, int maxArea)
    {
        using var scope = NewDisposeScope();
        return BinaryMask.FromTensor(DeviceComponents.Mark(mask.ToTensor(), maxArea));
    }

    private static void AssertMarked(BinaryMask mask, int maxArea)
    {
        var (labels, areas) = ConnectedComponents.Label(mask);
        var expected = new BinaryMask(mask.Height, mask.Width, [.. labels.Select(label => (byte)(label > 0 && areas[label - 1] <= maxArea ? 1 : 0))]);
        Assert.That(Marked(mask, maxArea), Is.EqualTo(expected), $"{mask.Height}x{mask.Width}");
    }
}
