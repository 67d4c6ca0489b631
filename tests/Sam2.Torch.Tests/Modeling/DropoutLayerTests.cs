using NUnit.Framework;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Tests.Modeling;

/// <summary>Dropout, whose random numbers on a CPU are our own.</summary>
[NonParallelizable]
public class DropoutLayerTests
{
    [TestCase(0.05)]
    [TestCase(0.1)]
    [TestCase(0.5)]
    [TestCase(0.97)]
    public void Drops_as_often_as_asked_and_keeps_the_mean(double probability)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        const long count = 3_000_001; // several seeds, and a rest that fills no vector
        var dropped = DropoutLayer.Drop(ones(count), probability);
        var zeros = dropped.eq(0).to(float64).mean().item<double>();
        Assert.That(zeros, Is.EqualTo(probability).Within(5 * Math.Sqrt(probability * (1 - probability) / count) + 1.0 / 65536));
        Assert.That(dropped.amax().item<float>(), Is.EqualTo(1 / (1 - probability)).Within(0.1).Percent);
        Assert.That(dropped.unique().output.NumberOfElements, Is.EqualTo(2), "an element is dropped or kept");
        Assert.That(dropped.to(float64).mean().item<double>(), Is.EqualTo(1).Within(5 * Math.Sqrt(probability / (1 - probability) / count)));
    }

    [Test]
    public void Whether_an_element_is_dropped_tells_nothing_about_others()
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        const long count = 2_000_000;
        const double probability = 0.3;
        var first = DropoutLayer.Drop(ones(count), probability).eq(0).to(float64).sub(probability);
        // Lanes of a vector, vectors, and the part that one seed serves.
        foreach (var distance in new long[] { 1, 2, 4, 8, 16, 32, 64, 1 << 18, (1 << 18) + 1 })
            Assert.That(Correlation(first.narrow(0, 0, count - distance), first.narrow(0, distance, count - distance)), Is.EqualTo(0).Within(5 / Math.Sqrt(count)), $"{distance} apart");
        var second = DropoutLayer.Drop(ones(count), probability).eq(0).to(float64).sub(probability);
        Assert.That(Correlation(first, second), Is.EqualTo(0).Within(5 / Math.Sqrt(count)), "from one call to the next");

        double Correlation(Tensor x, Tensor y) => (x * y).mean().item<double>() / (probability * (1 - probability));
    }

    [Test]
    public void Each_place_of_a_vector_is_dropped_equally_often()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        const long vectors = 100_000;
        var byPlace = DropoutLayer.Drop(ones(vectors, 32), 0.1).eq(0).to(float64).mean([0]);
        Assert.That((byPlace - 0.1).abs().max().item<double>(), Is.LessThan(5 * Math.Sqrt(0.09 / vectors)));
    }

    [Test]
    public void The_seed_decides_what_is_dropped_and_the_number_of_threads_does_not()
    {
        using var scope = NewDisposeScope();
        var threads = get_num_threads();
        Tensor Drop(long seed)
        {
            manual_seed(seed);
            return DropoutLayer.Drop(ones(1000, 1000), 0.1);
        }
        var expected = Drop(4);
        try
        {
            set_num_threads(1);
            Assert.That(Drop(4).Equals(expected));
        }
        finally
        {
            set_num_threads(threads);
        }
        Assert.That(Drop(5).Equals(expected), Is.False);
    }

    [TestCase(ScalarType.Float32)]
    [TestCase(ScalarType.BFloat16)]
    public void Gradients_go_where_elements_were_kept(ScalarType type)
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        var x = randn([40, 50], dtype: type).requires_grad_();
        var y = DropoutLayer.Drop(x, 0.25);
        y.sum().backward();
        Assert.That(y.dtype, Is.EqualTo(type));
        Assert.That((x.grad! * x).allclose(y, rtol: 1e-2, atol: 1e-3));
    }

    [Test]
    public void Changes_nothing_in_evaluation_mode_or_with_probability_0()
    {
        using var scope = NewDisposeScope();
        var x = randn(3, 4, 5);
        using var layer = new DropoutLayer(0.5);
        Assert.That(layer.call(x).Equals(x), Is.False, "in training");
        layer.eval();
        Assert.That(layer.call(x).Equals(x));
        Assert.That(DropoutLayer.Drop(x, 0).Equals(x));
        Assert.That(layer.state_dict(), Is.Empty);
    }

    [TestCase(1)]
    [TestCase(-0.1)]
    [TestCase(double.NaN)]
    public void A_probability_that_is_none_is_refused(double probability)
    {
        Assert.That(() => new DropoutLayer(probability), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("must be in [0, 1)"));
        using var x = ones(2);
        Assert.That(() => DropoutLayer.Drop(x, probability), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Attention_drops_weights_after_the_softmax([Values] bool biased)
    {
        using var scope = NewDisposeScope();
        manual_seed(7);
        var (q, k) = (randn(1, 2, 6, 8), randn(1, 2, 9, 8));
        var bias = biased ? randn(1, 1, 6, 9) : null;
        // With the unit matrix for values, the result is the weights.
        var weights = DropoutLayer.Attend(q, k, eye(9).expand(1, 2, -1, -1), 0.25, bias);
        var expected = F.scaled_dot_product_attention(q, k, eye(9).expand(1, 2, -1, -1), attn_mask: bias);
        var kept = weights.ne(0);
        Assert.That(kept.to(float32).mean().item<float>(), Is.InRange(0.5f, 0.95f));
        Assert.That((weights * 0.75).allclose(expected * kept, rtol: 1e-5, atol: 1e-7));
    }

    [Test]
    public void Attention_has_the_mean_of_attention_that_drops_nothing()
    {
        using var scope = NewDisposeScope();
        manual_seed(8);
        var (q, k, v) = (randn(1, 1, 5, 8), randn(1, 1, 30, 8), randn(1, 1, 30, 8));
        const int repeats = 4000;
        var many = DropoutLayer.Attend(q.expand(repeats, -1, -1, -1), k.expand(repeats, -1, -1, -1), v.expand(repeats, -1, -1, -1), 0.1);
        var (mean, spread) = (many.mean([0]), many.std(0));
        var expected = F.scaled_dot_product_attention(q, k, v)[0];
        Assert.That(((mean - expected).abs() / (spread / Math.Sqrt(repeats))).max().item<float>(), Is.LessThan(5));
    }
}
