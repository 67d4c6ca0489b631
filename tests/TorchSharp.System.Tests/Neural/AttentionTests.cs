using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Neural;

public sealed class AttentionTests : TensorTest
{
    private static readonly (long[] Batch, long Q, long K, long D, long V)[] Sizes =
    [
        ([2, 3], 4, 5, 8, 8), ([1, 1], 1, 1, 1, 1), ([2, 1], 7, 13, 5, 3), ([1, 2], 65, 129, 33, 31), ([3], 6, 4, 4, 4),
        ([2, 2], 3, 200, 16, 64), ([1, 1], 130, 5, 256, 64), ([0, 2], 3, 4, 8, 8), ([2, 2], 0, 4, 8, 8), ([16, 1], 49, 49, 24, 24),
    ];

    [TestCaseSource(nameof(SizeNames))]
    public void Equals_softmax_of_scaled_scores_times_values(int size)
        => Check(size, (q, k, v) => F.scaled_dot_product_attention(q, k, v), null, "plain");

    [TestCaseSource(nameof(SizeNames))]
    public void A_boolean_mask_lets_only_true_positions_through(int size)
    {
        var (batch, nq, nk, _, _) = Sizes[size];
        foreach (var shape in new long[][] { [nq, nk], [.. batch, nq, nk], [1, nk] })
        {
            // The first key stays visible: a row without any is not defined the same way by all versions.
            var mask = Nd.Integers(7, 0, 1, shape);
            foreach (var i in Nd.Indices(shape).Where(i => i[^1] == 0))
                mask[i] = 1;
            Check(size, (q, k, v) => F.scaled_dot_product_attention(q, k, v, mask.ToTensor(ScalarType.Bool)),
                i => mask.At(i) != 0 ? 0 : double.NegativeInfinity, $"mask {Nd.Text(shape)}");
        }
    }

    [TestCaseSource(nameof(SizeNames))]
    public void A_mask_of_numbers_is_added_to_the_scores(int size)
    {
        var (_, nq, nk, _, _) = Sizes[size];
        var mask = Nd.Uniform(8, -3, 3, nq, nk);
        Check(size, (q, k, v) => F.scaled_dot_product_attention(q, k, v, mask.ToTensor(q.dtype)), mask.At, "added mask");
    }

    [TestCaseSource(nameof(SizeNames))]
    public void Causal_attention_sees_no_later_key(int size)
        => Check(size, (q, k, v) => F.scaled_dot_product_attention(q, k, v, is_casual: true),
            i => i[^1] <= i[^2] ? 0 : double.NegativeInfinity, "causal");

    [Test]
    public void Heads_split_from_one_projection_need_no_copy()
    {
        var qkv = Nd.Uniform(1, -1, 1, 2, 9, 3, 4, 8);
        Nd Head(long which) => Nd.Of([2, 4, 9, 8], i => qkv[i[0], i[2], which, i[1], i[3]]);
        var parts = qkv.ToTensor(ScalarType.Float32).permute(2, 0, 3, 1, 4).unbind(0);
        Close(F.scaled_dot_product_attention(parts[0], parts[1], parts[2]), Attention(Head(0), Head(1), Head(2), null), "strided heads");
    }

    [Test]
    public void Large_scores_do_not_overflow()
    {
        var (q, k) = (torch.full([1, 1, 2, 4], 100.0, ScalarType.Float32), torch.tensor(new float[] { 100, -100, 99 }).reshape(1, 1, 3, 1).expand(1, 1, 3, 4).contiguous());
        var v = torch.tensor(new float[] { 1, 2, 3 }).reshape(1, 1, 3, 1);
        Expect.Close(F.scaled_dot_product_attention(q, k, v), Nd.Full(1, 1, 1, 2, 1));
    }

    [Test]
    public void Masked_infinities_do_not_leak()
    {
        var (q, k, v) = (torch.ones(1, 1, 2, 4), torch.ones(1, 1, 3, 4), torch.tensor(new float[] { 5, 7, 1000 }).reshape(1, 1, 3, 1));
        var mask = torch.tensor(new[] { 0, 0, float.NegativeInfinity }).unsqueeze(0);
        Expect.Close(F.scaled_dot_product_attention(q, k, v, mask), Nd.Full(6, 1, 1, 2, 1));
    }

    [Test]
    public void Low_precision_attention_is_as_good_as_its_inputs()
    {
        var (q, k, v) = (Nd.Uniform(1, -1, 1, 1, 2, 17, 16), Nd.Uniform(2, -1, 1, 1, 2, 33, 16), Nd.Uniform(3, -1, 1, 1, 2, 33, 8));
        var result = F.scaled_dot_product_attention(q.ToTensor(ScalarType.BFloat16), k.ToTensor(ScalarType.BFloat16), v.ToTensor(ScalarType.BFloat16));
        Expect.Type(result, ScalarType.BFloat16);
        Expect.Close(result, Attention(q, k, v, null), 2e-2, 2e-2);
    }

    [Test]
    public void Attention_has_the_derivatives_that_finite_differences_give()
    {
        var (q, k, v) = (Nd.Uniform(1, -1, 1, 1, 2, 3, 4), Nd.Uniform(2, -1, 1, 1, 2, 5, 4), Nd.Uniform(3, -1, 1, 1, 2, 5, 2));
        var visible = Nd.Of([3, 5], i => (i[0] + i[1]) % 3 == 1 ? 0 : 1);
        foreach (var layout in Layouts.All)
        {
            GradCheck.Verify(t => F.scaled_dot_product_attention(t[0], t[1], t[2]), layout, 1e-6, q, k, v);
            GradCheck.Verify(t => F.scaled_dot_product_attention(t[0], t[1], t[2], is_casual: true), layout, 1e-6, q, k, v);
        }
        GradCheck.Verify(t => F.scaled_dot_product_attention(t[0], t[1], t[2], visible.ToTensor(ScalarType.Bool)), q, k, v);
        GradCheck.Verify(t => F.scaled_dot_product_attention(t[0], t[1], t[2], t[3]), q, k, v, Nd.Uniform(4, -1, 1, 3, 5));
    }

    [Test]
    public void Dropout_of_weights_keeps_the_expected_value()
    {
        var (q, k, v) = (torch.zeros(1, 1, 2000, 4), torch.zeros(1, 1, 50, 4), torch.ones(1, 1, 50, 1));
        var result = F.scaled_dot_product_attention(q, k, v, p: 0.25);
        Assert.That(result.mean().ToDouble(), Is.EqualTo(1).Within(0.01));
        Assert.That(result.std().ToDouble(), Is.EqualTo(Math.Sqrt(0.25 / 0.75 / 50)).Within(0.01));
    }

    private static IEnumerable<TestCaseData> SizeNames()
        => Sizes.Select((s, i) => new TestCaseData(i).SetArgDisplayNames($"{Nd.Text(s.Batch)} {s.Q} queries {s.K} keys {s.D} wide {s.V} out"));

    private static void Check(int size, Func<Tensor, Tensor, Tensor, Tensor> call, Func<long[], double>? bias, string what)
    {
        var (batch, nq, nk, d, dv) = Sizes[size];
        var (q, k, v) = (Nd.Uniform(1, -2, 2, [.. batch, nq, d]), Nd.Uniform(2, -2, 2, [.. batch, nk, d]), Nd.Uniform(3, -2, 2, [.. batch, nk, dv]));
        var expected = Attention(q, k, v, bias);
        foreach (var dtype in Real)
        foreach (var layout in Layouts.All)
        {
            using var scope = NewDisposeScope();
            Close(call(q.ToTensor(dtype, layout), k.ToTensor(dtype, layout), v.ToTensor(dtype, layout)), expected, $"{what} {dtype} {layout}");
        }
    }

    private static void Close(Tensor actual, Nd expected, string what)
    {
        var tolerance = actual.dtype == ScalarType.Float64 ? 1e-12 : 1e-5;
        Expect.Close(actual, expected, tolerance, tolerance, what);
    }

    private static Nd Attention(Nd q, Nd k, Nd v, Func<long[], double>? bias)
    {
        var d = q.Shape[^1];
        var scores = Reference.MatMul(q, Nd.Of([.. k.Shape[..^2], k.Shape[^1], k.Shape[^2]], i => k[[.. i[..^2], i[^1], i[^2]]]));
        var biased = Nd.Of(scores.Shape, i => scores[i] / Math.Sqrt(d) + (bias?.Invoke(i) ?? 0));
        return Reference.MatMul(biased.Along(-1, Reference.Softmax), v);
    }
}
