using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;
using R = TorchSharp.torch.nn.Reduction;

namespace TorchSharp.Tests.Neural;

public sealed class LossTests : TensorTest
{
    private static readonly Nd X = Nd.Uniform(1, -3, 3, 4, 6);
    private static readonly Nd Y = Nd.Uniform(2, 0.05, 0.95, 4, 6);
    private static readonly R[] Reductions = [R.None, R.Sum, R.Mean];

    [Test]
    public void Binary_cross_entropy_with_logits_stays_finite_for_large_logits()
    {
        Check((x, y, r) => F.binary_cross_entropy_with_logits(x, y, reduction: r), X, Y, (x, y) => Math.Max(x, 0) - x * y + Math.Log(1 + Math.Exp(-Math.Abs(x))));
        Expect.Close(F.binary_cross_entropy_with_logits(torch.tensor(new[] { 1000f, -1000f }), torch.tensor(new[] { 0f, 0f }), reduction: R.None), Nd.Vector(1000, 0));
        var weight = Nd.Uniform(3, 1, 3, 6);
        var expected = Nd.Of(X.Shape, i => -(weight[i[1]] * Y[i] * Math.Log(1 / (1 + Math.Exp(-X[i]))) + (1 - Y[i]) * Math.Log(1 / (1 + Math.Exp(X[i])))));
        Expect.Close(F.binary_cross_entropy_with_logits(X.ToTensor(), Y.ToTensor(), reduction: R.None, pos_weights: weight.ToTensor()), expected);
    }

    [Test]
    public void Binary_cross_entropy_takes_probabilities()
        => Check((x, y, r) => F.binary_cross_entropy(x, y, reduction: r), Nd.Uniform(4, 0.05, 0.95, 4, 6), Y, (x, y) => -(y * Math.Log(x) + (1 - y) * Math.Log(1 - x)));

    [Test]
    public void Squared_absolute_and_smooth_errors()
    {
        Check((x, y, r) => F.mse_loss(x, y, r), X, Y, (x, y) => (x - y) * (x - y));
        Check((x, y, r) => F.l1_loss(x, y, r), X, Y, (x, y) => Math.Abs(x - y));
        Check((x, y, r) => F.smooth_l1_loss(x, y, r), X, Y, (x, y) => Smooth(Math.Abs(x - y), 1));
        Check((x, y, r) => F.smooth_l1_loss(x, y, r, 0.5), X, Y, (x, y) => Smooth(Math.Abs(x - y), 0.5));
        Check((x, y, r) => F.huber_loss(x, y, 1, r), X, Y, (x, y) => Smooth(Math.Abs(x - y), 1));

        static double Smooth(double d, double beta) => d < beta ? 0.5 * d * d / beta : d - 0.5 * beta;
    }

    [Test]
    public void Cross_entropy_is_the_negative_log_likelihood_of_the_softmax()
    {
        var labels = Nd.Vector(2, 0, 5, 1);
        var target = labels.ToTensor(ScalarType.Int64);
        var losses = Nd.Of([4], i => -Math.Log(Reference.Softmax([.. Enumerable.Range(0, 6).Select(k => X[i[0], k])])[(int)labels[i[0]]]));
        foreach (var layout in Layouts.All)
        foreach (var r in Reductions)
        {
            Expect.Close(F.cross_entropy(X.ToTensor(layout: layout), target, reduction: r), Reduced(losses, r), $"{layout} {r}");
        }
        GradCheck.VerifyOne(x => F.cross_entropy(x, target), X);
    }

    [Test]
    public void Cross_entropy_ignores_the_ignored_label()
    {
        var target = torch.tensor(new long[] { 2, -100, 5, -100 });
        var losses = new[] { (0, 2), (2, 5) }.Select(p => -Math.Log(Reference.Softmax([.. Enumerable.Range(0, 6).Select(k => X[p.Item1, k])])[p.Item2]));
        Expect.Close(F.cross_entropy(X.ToTensor(), target), Nd.Scalar(losses.Average()));
    }

    private static void Check(Func<Tensor, Tensor, R, Tensor> loss, Nd x, Nd y, Func<double, double, double> reference)
    {
        foreach (var r in Reductions)
        {
            foreach (var dtype in Real)
            foreach (var layout in Layouts.All)
                Expect.Close(loss(x.ToTensor(dtype, layout), y.ToTensor(dtype, layout), r), Reduced(Nd.Zip(x, y, reference), r), $"{r} {dtype} {layout}");
            GradCheck.VerifyOne(t => loss(t, y.ToTensor(), r), x);
        }
    }

    private static Nd Reduced(Nd losses, R r) => r switch
    {
        R.Sum => losses.Reduce([], false, v => v.Sum()),
        R.Mean => losses.Reduce([], false, v => v.Average()),
        _ => losses,
    };
}
