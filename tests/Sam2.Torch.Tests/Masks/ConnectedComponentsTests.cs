using NUnit.Framework;
using Sam2.Torch.Masks;
using TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Masks;

public class ConnectedComponentsTests
{
    [Test]
    public void Agrees_with_flood_filling()
    {
        foreach (var mask in RandomMasks.Many(seed: 31, count: 400, largest: 40))
        {
            var (labels, areas) = ConnectedComponents.Label(mask);
            var (expectedLabels, expectedAreas) = FloodFill(mask);
            Assert.That(labels.SequenceEqual(expectedLabels));
            Assert.That(areas, Is.EqualTo(expectedAreas));
        }
    }

    [Test]
    public void Corners_connect_and_rows_do_not_wrap()
    {
        var diagonal = new BinaryMask(3, 3, [1, 0, 0, 0, 1, 0, 0, 0, 1]);
        var wrapped = new BinaryMask(2, 3, [0, 0, 1, 1, 0, 0]);
        Assert.That(ConnectedComponents.Label(diagonal).Areas, Is.EqualTo(new long[] { 3 }));
        Assert.That(ConnectedComponents.Label(wrapped).Areas, Is.EqualTo(new long[] { 1, 1 }));
    }

    [Test]
    public void A_comb_is_one_component_either_way_up()
    {
        // The teeth meet only in the last row, so a hundred labels must be joined there.
        const int n = 201;
        var mask = new BinaryMask(n, n);
        for (int y = 0; y < n; y++)
        {
            for (int x = 0; x < n; x++)
            {
                mask[y, x] = x % 2 == 0 || y == n - 1;
            }
        }

        var turned = new BinaryMask(n, n, [.. mask.Data.Reverse()]);
        Assert.That(ConnectedComponents.Label(mask).Areas, Is.EqualTo(new[] { mask.Area }));
        Assert.That(ConnectedComponents.Label(turned).Areas, Is.EqualTo(new[] { mask.Area }));
    }

    [Test]
    public void Tensors_are_labelled_mask_by_mask()
    {
        using var scope = NewDisposeScope();
        var masks = RandomMasks.Many(seed: 32, count: 1, largest: 30).Select(m => m.ToTensor().unsqueeze(0)).ToList();
        masks.Add(masks[0].logical_not());
        var stack = torch.stack(masks);
        var (labels, areas) = ConnectedComponents.Label(stack);
        Assert.That(labels.shape, Is.EqualTo(stack.shape));
        for (int n = 0; n < 2; n++)
        {
            var (expected, expectedAreas) = ConnectedComponents.Label(BinaryMask.FromTensor(stack[n]));
            Assert.That(labels[n].contiguous().data<int>().ToArray(), Is.EqualTo(expected));
            Assert.That(
                areas[n].contiguous().data<int>().ToArray(),
                Is.EqualTo(expected.Select(label => label == 0 ? 0 : (int)expectedAreas[label - 1])));
        }
    }

    [Test]
    public void A_large_mask_takes_milliseconds()
    {
        var mask = RandomMasks.Blobs(4000, 4000, seed: 33);
        ConnectedComponents.Label(new BinaryMask(64, 64));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var (_, areas) = ConnectedComponents.Label(mask);
        double milliseconds = watch.Elapsed.TotalMilliseconds;
        TestContext.Out.WriteLine($"4000×4000: {milliseconds:0.0} ms, {areas.Length} components");
        Assert.That(areas.Sum(), Is.EqualTo(mask.Area));
        Assert.That(milliseconds, Is.LessThan(2000), "generous for a busy machine");
    }

    internal static (int[] Labels, long[] Areas) FloodFill(BinaryMask mask)
    {
        var labels = new int[mask.Data.Length];
        var areas = new List<long>();
        for (int start = 0; start < labels.Length; start++)
        {
            if (mask.Data[start] == 0 || labels[start] != 0)
            {
                continue;
            }

            areas.Add(0);
            var open = new Stack<int>([start]);
            labels[start] = areas.Count;
            while (open.TryPop(out int at))
            {
                areas[^1]++;
                for (int dy = -1; dy <= 1; dy++)
                {
                    for (int dx = -1; dx <= 1; dx++)
                    {
                        int y = (at / mask.Width) + dy, x = (at % mask.Width) + dx;
                        int next = (y * mask.Width) + x;
                        if (y >= 0 && y < mask.Height && x >= 0 && x < mask.Width && mask.Data[next] != 0 && labels[next] == 0)
                        {
                            labels[next] = areas.Count;
                            open.Push(next);
                        }
                    }
                }
            }
        }

        return (labels, [.. areas]);
    }
}
