using System.Globalization;
using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Kernels;

/// <summary>The fused attention (native/kernels/attention.cpp) against the plain formula in double precision.</summary>
public sealed class AttentionKernelTests : TensorTest
{
    private static readonly long[] Queries = [1, 7, 8, 9, 16, 17, 31, 32, 33, 100], Keys = [1, 2, 11, 13, 143, 145, 239, 241, 300];

    [TestCase(1, 1)]
    [TestCase(3, 5)]
    [TestCase(16, 16)]
    [TestCase(96, 96)]
    [TestCase(64, 17)]
    [TestCase(17, 256)]
    public void Equals_the_plain_formula_around_every_block_size(long d, long dv)
    {
        foreach (var n in Queries)
        foreach (var m in Keys)
        {
            using var scope = NewDisposeScope();
            Check(Randn(2, 2, n, d) * 2, Randn(2, 2, m, d) * 2, Randn(2, 2, m, dv), 1e-5, $"{n} on {m}, {d} and {dv} wide");
        }
    }

    [Test]
    public void Every_width_up_to_256_is_right()
    {
        for (long d = 1; d <= 256; d += d < 40 ? 1 : 27)
        {
            using var scope = NewDisposeScope();
            Check(Randn(1, 2, 33, d), Randn(1, 2, 50, d), Randn(1, 2, 50, 257 - d), 1e-5, $"width {d}");
        }
    }

    [Test]
    public void Leading_dimensions_may_be_none_many_or_broadcast()
    {
        Check(Randn(40, 24), Randn(50, 24), Randn(50, 24), 1e-5, "2-D");
        Check(Randn(2, 40, 24), Randn(2, 50, 24), Randn(2, 50, 24), 1e-5, "3-D");
        Check(Randn(2, 2, 3, 40, 24), Randn(2, 2, 3, 50, 24), Randn(2, 2, 3, 50, 24), 1e-5, "5-D");
        Check(Randn(3, 1, 40, 24), Randn(1, 2, 50, 24), Randn(50, 24), 1e-5, "broadcast");
    }

    [TestCase(77)]
    [TestCase(300)]
    public void Slices_of_a_fused_projection_are_read_in_place(long n)
    {
        var parts = Randn(2, n, 3, 4, 32).permute(2, 0, 3, 1, 4).unbind(0);
        Check(parts[0], parts[1], parts[2], 1e-5, "slices");
    }

    [Test]
    public void A_last_dimension_with_gaps_is_read_right()
        => Check(
            Randn(2, 3, 24, 40).transpose(2, 3), Randn(2, 3, 50, 24, 2).select(-1, 1), Randn(2, 3, 20, 50).transpose(2, 3), 1e-5, "gaps");

    [Test]
    public void The_result_merges_its_heads_without_a_copy()
    {
        var (q, k, v) = (Randn(2, 4, 33, 8), Randn(2, 4, 20, 8), Randn(2, 4, 20, 8));
        Assert.That(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).is_contiguous(), Is.True);
    }

    [Test]
    public void No_queries_give_no_rows_and_no_keys_give_zeros()
    {
        Assert.That(F.scaled_dot_product_attention(Randn(2, 3, 0, 8), Randn(2, 3, 5, 8), Randn(2, 3, 5, 4)).shape, Is.EqualTo(new long[] { 2, 3, 0, 4 }));
        Expect.Exact(F.scaled_dot_product_attention(Randn(2, 3, 6, 8), Randn(2, 3, 0, 8), Randn(2, 3, 0, 4)), Nd.Zeros(2, 3, 6, 4));
    }

    [Test]
    public void Sharp_scores_pick_their_key_over_many_blocks()
        // Scores reach about 150, where float32 is spaced 1.5e-5 apart; that error enters the exponent.
        => Check(Randn(1, 2, 40, 24) * 5, Randn(1, 2, 700, 24) * 5, Randn(1, 2, 700, 24), 1e-4, "sharp");

    [Test]
    public void NaN_stays_in_its_row()
    {
        var q = Randn(1, 1, 20, 8);
        q[0, 0, 3, 2] = float.NaN;
        var rows = F.scaled_dot_product_attention(q, Randn(1, 1, 9, 8), Randn(1, 1, 9, 8)).isnan().any(-1);
        Assert.That(rows.sum().item<long>(), Is.EqualTo(1));
        Assert.That(rows[0, 0, 3].item<bool>(), Is.True);
    }

    [Test]
    public void BFloat16_is_computed_in_float32()
    {
        foreach (var (n, m, d, dv) in new (long, long, long, long)[] { (64, 64, 96, 96), (33, 300, 17, 5), (8, 1000, 16, 16), (300, 50, 40, 40) })
        {
            using var scope = NewDisposeScope();
            // Half a unit in the last of eight bits is up to 2⁻⁸ of the value.
            Check(Randn(2, 3, n, d).bfloat16(), Randn(2, 3, m, d).bfloat16(), torch.rand(2, 3, m, dv).bfloat16(), 4e-3, $"{n} on {m}");
        }
    }

    [Test]
    public void One_thread_and_two_give_the_same_numbers()
    {
        var (q, k, v) = (Randn(2, 4, 200, 24), Randn(2, 4, 300, 24), Randn(2, 4, 300, 24));
        var threads = torch.get_num_threads();
        try
        {
            torch.set_num_threads(1);
            var one = F.scaled_dot_product_attention(q, k, v);
            torch.set_num_threads(2);
            Expect.Close(F.scaled_dot_product_attention(q, k, v), Nd.From(one), 1e-5, 1e-6);
        }
        finally
        {
            torch.set_num_threads(threads);
        }
    }

    [Test]
    public void Memory_grows_with_the_sequence_not_with_its_square()
    {
        // The scores would take 1 GB; queries, keys, values and result take 4 MB.
        var (q, k, v) = (Randn(1, 1, 16384, 16), Randn(1, 1, 16384, 16), Randn(1, 1, 16384, 16));
        using (F.scaled_dot_product_attention(q, k, v)) { }
        File.WriteAllText("/proc/self/clear_refs", "5");  // resets the peak
        var before = PeakKilobytes();
        using (F.scaled_dot_product_attention(q, k, v)) { }
        Assert.That(PeakKilobytes() - before, Is.LessThan(64 * 1024));
    }

    [Test]
    public void Gradients_are_those_of_the_plain_formula()
        => GradCheck.Verify(
            t => F.scaled_dot_product_attention(t[0], t[1], t[2]), Nd.Uniform(1, -1, 1, 1, 2, 5, 4), Nd.Uniform(2, -1, 1, 1, 2, 6, 4), Nd.Uniform(3, -1, 1, 1, 2, 6, 3));

    private static Tensor Randn(params long[] shape) => torch.randn(shape);

    private static long PeakKilobytes()
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    // The largest error must be `tolerance` times the largest value.
    private static void Check(Tensor query, Tensor key, Tensor value, double tolerance, string what)
    {
        var (q, k, v) = (query.to(ScalarType.Float64), key.to(ScalarType.Float64), value.to(ScalarType.Float64));
        var expected = (q / Math.Sqrt(q.shape[^1])).matmul(k.transpose(-2, -1)).softmax(-1).matmul(v);
        using var noGradients = torch.no_grad();
        var actual = F.scaled_dot_product_attention(query, key, value);
        Assert.That(actual.dtype, Is.EqualTo(query.dtype));
        Expect.Close(actual, Nd.From(expected), 0, tolerance * expected.abs().max().item<double>(), what);
    }
}
