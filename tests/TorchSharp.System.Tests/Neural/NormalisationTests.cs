using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Neural;

public sealed class NormalisationTests : TensorTest
{
    private static readonly Nd X = Nd.Uniform(1, -2, 2, 2, 6, 4, 5);

    [Test]
    public void Layer_norm_standardises_the_last_dimensions()
    {
        var (w, b) = (Nd.Uniform(2, 0.5, 1.5, 4, 5), Nd.Uniform(3, -1, 1, 4, 5));
        var plain = Standardised(X, [2, 3], 1e-5);
        var affine = Nd.Zip(Nd.Zip(plain, w, (p, q) => p * q), b, (p, q) => p + q);
        ForEach((x, dtype, what) =>
        {
            Expect.Close(F.layer_norm(x, [4, 5]), plain, what);
            Expect.Close(F.layer_norm(x, [4, 5], w.ToTensor(dtype), b.ToTensor(dtype)), affine, what);
            Expect.Close(F.layer_norm(x, [5], eps: 0.1), Standardised(X, [3], 0.1), what);
        });
        GradCheck.Verify(t => F.layer_norm(t[0], [4], t[1], t[2]), Nd.Uniform(4, -1, 1, 3, 4), Nd.Uniform(5, -1, 1, 4), Nd.Uniform(6, -1, 1, 4));
    }

    [Test]
    public void Group_norm_standardises_channels_in_groups()
    {
        var (w, b) = (Nd.Uniform(2, 0.5, 1.5, 6), Nd.Uniform(3, -1, 1, 6));
        var plain = Standardised(X.Reshape(2, 3, 2, 4, 5), [2, 3, 4], 1e-5).Reshape(2, 6, 4, 5);
        var affine = Nd.Of(X.Shape, i => plain[i] * w[i[1]] + b[i[1]]);
        ForEach((x, dtype, what) =>
        {
            Expect.Close(F.group_norm(x, 3), plain, what);
            Expect.Close(F.group_norm(x, 3, w.ToTensor(dtype), b.ToTensor(dtype)), affine, what);
        });
        GradCheck.Verify(t => F.group_norm(t[0], 2, t[1], t[2]), Nd.Uniform(4, -1, 1, 2, 4, 3), Nd.Uniform(5, -1, 1, 4), Nd.Uniform(6, -1, 1, 4));
    }

    [Test]
    public void Batch_norm_standardises_channels_over_the_batch_and_updates_its_statistics()
    {
        var (w, b) = (Nd.Uniform(2, 0.5, 1.5, 6), Nd.Uniform(3, -1, 1, 6));
        var mean = X.Reduce([0, 2, 3], false, v => v.Average());
        var variance = X.Reduce([0, 2, 3], false, v => v.Sum(a => Math.Pow(a - v.Average(), 2)) / v.Length);
        ForEach((x, dtype, what) =>
        {
            var (runningMean, runningVar) = (torch.zeros([6], dtype), torch.ones([6], dtype));
            var trained = F.batch_norm(x, runningMean, runningVar, w.ToTensor(dtype), b.ToTensor(dtype), training: true, momentum: 0.1);
            Expect.Close(trained, Nd.Of(X.Shape, i => (X[i] - mean[i[1]]) / Math.Sqrt(variance[i[1]] + 1e-5) * w[i[1]] + b[i[1]]), what);
            Expect.Close(runningMean, mean.Map(m => 0.1 * m), what);
            Expect.Close(runningVar, variance.Map(v => 0.9 + 0.1 * v * 40 / 39), what);
            Expect.Close(F.batch_norm(x, mean.ToTensor(dtype), variance.ToTensor(dtype)),
                Nd.Of(X.Shape, i => (X[i] - mean[i[1]]) / Math.Sqrt(variance[i[1]] + 1e-5)), what);
        });
        GradCheck.Verify(t => F.batch_norm(t[0], null, null, t[1], t[2], training: true), Nd.Uniform(4, -1, 1, 3, 2, 3), Nd.Uniform(5, -1, 1, 2), Nd.Uniform(6, -1, 1, 2));
    }

    [Test]
    public void Normalize_scales_vectors_to_unit_length()
    {
        var expected = X.Along(1, v => Array.ConvertAll(v, a => a / Math.Sqrt(v.Sum(b => b * b))));
        ForEach((x, _, what) => Expect.Close(F.normalize(x), expected, what));
        Expect.Close(F.normalize(torch.zeros(2, 3), dim: -1), Nd.Zeros(2, 3));
        GradCheck.VerifyOne(t => F.normalize(t, dim: -1), Nd.Uniform(4, -1, 1, 3, 4));
    }

    [Test]
    public void Dropout_keeps_the_expected_value_and_does_nothing_outside_training()
    {
        var x = torch.ones(100_000);
        Expect.Exact(F.dropout(x, 0.3, training: false), Nd.Full(1, 100_000));
        var dropped = Nd.From(F.dropout(x, 0.3, training: true)).Data;
        Assert.Multiple(() =>
        {
            Assert.That(dropped.All(v => v == 0 || Math.Abs(v - 1 / 0.7) < 1e-6), Is.True);
            Assert.That(dropped.Count(v => v == 0) / 100_000.0, Is.EqualTo(0.3).Within(0.01));
            Assert.That(F.dropout(x, 1, training: true).sum().ToDouble(), Is.Zero);
        });
        Expect.Exact(F.dropout(x, 0, training: true), Nd.Full(1, 100_000));
    }

    private static Nd Standardised(Nd x, int[] dims, double eps)
    {
        var mean = x.Reduce(dims, true, v => v.Average());
        var variance = x.Reduce(dims, true, v => v.Sum(a => (a - v.Average()) * (a - v.Average())) / v.Length);
        return Nd.Of(x.Shape, i => (x[i] - mean.At(i)) / Math.Sqrt(variance.At(i) + eps));
    }

    private static void ForEach(Action<Tensor, ScalarType, string> check)
    {
        foreach (var dtype in Real)
        foreach (var layout in Layouts.All)
        {
            using var scope = NewDisposeScope();
            check(X.ToTensor(dtype, layout), dtype, $"{dtype} {layout}");
        }
    }
}
