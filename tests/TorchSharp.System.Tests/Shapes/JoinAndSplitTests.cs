using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Shapes;

public sealed class JoinAndSplitTests : TensorTest
{
    private static readonly Nd A = Nd.Range(2, 3);
    private static readonly Nd B = Nd.Range(2, 3).Map(v => v + 100);

    [Test]
    public void Cat_joins_along_an_existing_dimension()
    {
        foreach (var layout in Layouts.All)
        {
            var (a, b) = (A.ToTensor(layout: layout), B.ToTensor(layout: layout));
            Expect.Exact(torch.cat([a, b], 0), Nd.Of([4, 3], i => i[0] < 2 ? A[i] : B[i[0] - 2, i[1]]));
            Expect.Exact(torch.cat([a, b], 1), Nd.Of([2, 6], i => i[1] < 3 ? A[i] : B[i[0], i[1] - 3]));
            Expect.Exact(torch.cat([a, b], -1), Nd.Of([2, 6], i => i[1] < 3 ? A[i] : B[i[0], i[1] - 3]));
            IList<Tensor> list = [a, b];
            Expect.Exact(torch.cat(list), Nd.Of([4, 3], i => i[0] < 2 ? A[i] : B[i[0] - 2, i[1]]));
            Expect.Exact(torch.cat([a, torch.zeros(0, 3, dtype: ScalarType.Float64)], 0), A);
        }
    }

    [Test]
    public void Stack_joins_along_a_new_dimension()
    {
        foreach (var layout in Layouts.All)
        {
            var (a, b) = (A.ToTensor(layout: layout), B.ToTensor(layout: layout));
            Expect.Exact(torch.stack([a, b]), Nd.Of([2, 2, 3], i => (i[0] == 0 ? A : B)[i[1], i[2]]));
            Expect.Exact(torch.stack([a, b], -1), Nd.Of([2, 3, 2], i => (i[2] == 0 ? A : B)[i[0], i[1]]));
            IEnumerable<Tensor> list = new List<Tensor> { a, b };
            Expect.Exact(torch.stack(list, 1), Nd.Of([2, 2, 3], i => (i[1] == 0 ? A : B)[i[0], i[2]]));
        }
    }

    [Test]
    public void Split_chunk_and_unbind_cut_a_dimension()
    {
        var values = Nd.Range(2, 7);
        foreach (var layout in Layouts.All)
        {
            var x = values.ToTensor(layout: layout);
            Check(values, x.split(3, 1), 3, 3, 1);
            Check(values, x.split([2L, 4L, 1L], 1), 2, 4, 1);
            Check(values, torch.split(x, [5L, 2L], -1), 5, 2);
            Check(values, x.chunk(3, 1), 3, 3, 1);
            Check(values, torch.chunk(x, 2, 1), 4, 3);
            var rows = x.unbind(0);
            Assert.That(rows, Has.Length.EqualTo(2));
            Expect.Exact(rows[1], Nd.Of([7], i => values[1, i[0]]));
        }

        static void Check(Nd values, Tensor[] parts, params long[] sizes)
        {
            Assert.That(parts, Has.Length.EqualTo(sizes.Length));
            long start = 0;
            foreach (var (part, size) in parts.Zip(sizes))
            {
                var from = start;
                Expect.Exact(part, Nd.Of([2, size], i => values[i[0], from + i[1]]));
                start += size;
            }
        }
    }

    [Test]
    public void Meshgrid_spreads_coordinates()
    {
        var (y, x) = (torch.arange(3), torch.arange(4));
        var ij = torch.meshgrid([y, x], "ij");
        Expect.Exact(ij[0], Nd.Of([3, 4], i => i[0]));
        Expect.Exact(ij[1], Nd.Of([3, 4], i => i[1]));
        var xy = torch.meshgrid([y, x], "xy");
        Expect.Exact(xy[0], Nd.Of([4, 3], i => i[1]));
        Expect.Exact(xy[1], Nd.Of([4, 3], i => i[0]));
    }

    [Test]
    public void Constant_padding_surrounds_and_negative_padding_crops()
    {
        var values = Nd.Range(1, 2, 3, 4);
        foreach (var layout in Layouts.All)
        {
            var x = values.ToTensor(ScalarType.Float32, layout);
            Expect.Exact(F.pad(x, [1L, 2L, 0L, 3L], value: 9), Padded(values, 1, 2, 0, 3, 9));
            Expect.Exact(F.pad(x, (1, 2, 0, 3)), Padded(values, 1, 2, 0, 3, 0));
            Expect.Exact(F.pad(x, (1L, 0L)), Padded(values, 1, 0, 0, 0, 0));
            Expect.Exact(F.pad(x, [-1L, 1L, -1L, 0L], PaddingModes.Constant, 5), Padded(values, -1, 1, -1, 0, 5));
        }
        GradCheck.VerifyOne(x => F.pad(x, [1L, 2L, 0L, 1L]), Nd.Uniform(1, -1, 1, 1, 1, 2, 3));
    }

    [Test]
    public void Reflecting_and_replicating_padding_reuse_the_border()
    {
        var values = Nd.Range(1, 2, 3, 4);
        var x = values.ToTensor(ScalarType.Float32);
        Expect.Exact(F.pad(x, [2L, 1L, 1L, 2L], PaddingModes.Reflect), Nd.Of([1, 2, 6, 7],
            i => values[0, i[1], Reflect(i[2] - 1, 3), Reflect(i[3] - 2, 4)]));
        Expect.Exact(F.pad(x, [2L, 1L, 1L, 2L], PaddingModes.Replicate), Nd.Of([1, 2, 6, 7],
            i => values[0, i[1], Math.Clamp(i[2] - 1, 0, 2), Math.Clamp(i[3] - 2, 0, 3)]));
        GradCheck.VerifyOne(t => F.pad(t, [1L, 1L, 1L, 1L], PaddingModes.Reflect), Nd.Uniform(1, -1, 1, 1, 1, 2, 3));
        GradCheck.VerifyOne(t => F.pad(t, [1L, 1L, 1L, 1L], PaddingModes.Replicate), Nd.Uniform(1, -1, 1, 1, 1, 2, 3));
    }

    [Test]
    public void Pixel_shuffle_trades_channels_for_resolution()
    {
        var values = Nd.Range(1, 8, 2, 3);
        var shuffled = Nd.Of([1, 2, 4, 6], i => values[0, i[1] * 4 + i[2] % 2 * 2 + i[3] % 2, i[2] / 2, i[3] / 2]);
        Expect.Exact(F.pixel_shuffle(values.ToTensor(layout: Layout.Transposed), 2), shuffled);
        Expect.Exact(F.pixel_unshuffle(shuffled.ToTensor(layout: Layout.Gapped), 2), values);
    }

    private static long Reflect(long i, long n) => i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i;

    private static Nd Padded(Nd x, int left, int right, int top, int bottom, double value)
    {
        var (h, w) = (x.Shape[2], x.Shape[3]);
        return Nd.Of([x.Shape[0], x.Shape[1], h + top + bottom, w + left + right], i =>
        {
            var (r, c) = (i[2] - top, i[3] - left);
            return r >= 0 && r < h && c >= 0 && c < w ? x[i[0], i[1], r, c] : value;
        });
    }
}
