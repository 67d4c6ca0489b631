using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Kernels;

/// <summary>
/// Attention with gradients and dropout in float32 (native/kernels/attention_training.cpp) against the plain formula in
/// double precision.
/// </summary>
public sealed class AttentionTrainingKernelTests : TensorTest
{
    [TestCase(new long[] { 2, 3 }, 17, 17, 8, 8, Description = "several batch entries and heads at a time")]
    [TestCase(new long[] { 5, 1 }, 64, 49, 16, 24, Description = "several batch entries of one head")]
    [TestCase(new long[] { 300, 1 }, 64, 64, 4, 4, Description = "more batch entries than are taken at a time")]
    [TestCase(new long[] { 1, 1 }, 333, 5000, 16, 8, Description = "several pieces of one head")]
    [TestCase(new long[] { 2, 2 }, 900, 800, 8, 8, Description = "a head at a time")]
    [TestCase(new long[] { 1, 2 }, 1, 3, 4, 1)]
    [TestCase(new long[] { }, 7, 5, 4, 4)]
    [TestCase(new long[] { 2 }, 7, 5, 4, 4)]
    [TestCase(new long[] { 2, 2, 3 }, 7, 5, 4, 4)]
    public void Results_and_gradients_equal_the_plain_formula(long[] batch, long n, long m, long d, long dv)
    {
        manual_seed(1);
        Check(randn([.. batch, n, d]) * 2, randn([.. batch, m, d]), randn([.. batch, m, dv]));
    }

    [Test]
    public void Slices_of_a_fused_projection_get_their_gradients()
    {
        manual_seed(2);
        var fused = randn([3, 40, 3, 2, 16]);
        Tensor Attend(Tensor x)
        {
            var parts = x.unbind(2);
            return F.scaled_dot_product_attention(parts[0].transpose(1, 2), parts[1].transpose(1, 2), parts[2].transpose(1, 2));
        }

        var (single, twice) = (fused.clone().requires_grad_(), fused.to(float64).requires_grad_());
        var weights = randn([3, 2, 40, 16]);
        (Attend(single) * weights).sum().backward();
        (Attend(twice) * weights).sum().backward();
        Close(single.grad!, twice.grad!, "gradient");
    }

    [Test]
    public void Leading_dimensions_that_are_broadcast_get_the_sum_of_their_gradients()
    {
        manual_seed(3);
        Check(randn([3, 1, 20, 8]), randn([1, 2, 30, 8]), randn([30, 4]));
        Check(randn([1, 2, 20, 8]).expand(4, -1, -1, -1), randn([4, 2, 30, 8]), randn([4, 2, 30, 4]));
    }

    [Test]
    public void Gradients_of_gradients_are_those_of_the_plain_formula()
    {
        manual_seed(4);
        var inputs = new[] { randn([1, 2, 5, 4]), randn([1, 2, 6, 4]), randn([1, 2, 6, 3]) };
        Tensor[] SecondGradients(ScalarType type)
        {
            var leaves = inputs.Select(x => x.to(type, copy: true).requires_grad_()).ToArray();
            var first = autograd.grad([F.scaled_dot_product_attention(leaves[0], leaves[1], leaves[2]).sin().sum()], leaves, create_graph: true);
            first.Select(g => g.square().sum()).Aggregate((a, b) => a + b).backward();
            return leaves.Select(x => x.grad!).ToArray();
        }

        foreach (var (single, twice) in SecondGradients(float32).Zip(SecondGradients(float64))) Close(single, twice, "second gradient");
    }

    [Test]
    public void Dropout_is_the_same_forward_and_backward([Values(50, 5000)] long keys)
    {
        // With the seed fixed, the result is a smooth function of queries and keys, and linear in the values.
        var (q, k, v) = (randn([1, 2, 70, 8]), randn([1, 2, keys, 8]), randn([1, 2, keys, 8]));
        var weights = randn([1, 2, 70, 8]);
        Tensor Loss()
        {
            manual_seed(7);
            return (F.scaled_dot_product_attention(q, k, v, p: 0.3).to(float64) * weights).sum();
        }

        foreach (var x in new[] { q, k, v }) x.requires_grad_();
        Loss().backward();
        using var quiet = no_grad();
        foreach (var x in new[] { q, k, v })
        {
            var gradient = x.grad!.clone();
            var norm = gradient.norm().ToDouble();
            var step = gradient * (0.02 / norm);
            x.add_(step);
            var above = Loss().ToDouble();
            x.sub_(step * 2);
            var below = Loss().ToDouble();
            x.add_(step);
            Assert.That((above - below) / 0.04, Is.EqualTo(norm).Within(1).Percent);
        }
    }

    [Test]
    public void Dropout_drops_each_weight_with_the_given_probability_and_anew_each_time()
    {
        manual_seed(9);
        var (q, k, v) = (zeros(1, 1, 500, 4), zeros(1, 1, 64, 4), eye(64).view(1, 1, 64, 64));
        // Values are unit vectors, so the results are the weights.
        var first = F.scaled_dot_product_attention(q, k, v, p: 0.2).ne(0).to(float64);
        var second = F.scaled_dot_product_attention(q, k, v, p: 0.2).ne(0).to(float64);
        Assert.That(first.mean().ToDouble(), Is.EqualTo(0.8).Within(0.01));
        Assert.That(first.mean([3]).std().ToDouble(), Is.EqualTo(Math.Sqrt(0.16 / 64)).Within(0.006), "rows are independent");
        Assert.That(first.mean([2]).std().ToDouble(), Is.EqualTo(Math.Sqrt(0.16 / 500)).Within(0.006), "columns are independent");
        Assert.That((first * second).mean().ToDouble(), Is.EqualTo(0.64).Within(0.01), "calls are independent");
    }

    [Test]
    public void The_weights_are_not_kept()
    {
        // 4096 × 4096 weights would be 67 MB, and the plain formula keeps three such tensors.
        var (q, k, v) = (randn([1, 1, 4096, 8]).requires_grad_(), randn([1, 1, 4096, 8]), randn([1, 1, 4096, 8]));
        var before = ResidentMegabytes();
        using var result = F.scaled_dot_product_attention(q, k, v, p: 0.1);
        result.sum().backward();
        Assert.That(ResidentMegabytes() - before, Is.LessThan(48));
    }

    private static double ResidentMegabytes() =>
        File.Exists("/proc/self/statm") ? long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]) * 4096 / 1e6 : 0;

    private static void Check(Tensor q, Tensor k, Tensor v)
    {
        var weights = randn(F.scaled_dot_product_attention(q, k, v).shape);
        Tensor[] Run(ScalarType type)
        {
            var leaves = new[] { q, k, v }.Select(x => x.to(type, copy: true).requires_grad_()).ToArray();
            var result = F.scaled_dot_product_attention(leaves[0], leaves[1], leaves[2]);
            (result * weights).sum().backward();
            return [result.detach(), .. leaves.Select(x => x.grad!)];
        }

        string[] names = ["result", "gradient of queries", "gradient of keys", "gradient of values"];
        foreach (var ((single, twice), name) in Run(float32).Zip(Run(float64)).Zip(names)) Close(single, twice, name);
    }

    private static void Close(Tensor single, Tensor twice, string name)
    {
        Assert.That(single.shape, Is.EqualTo(twice.shape), name);
        var error = (single.to(float64) - twice).norm().ToDouble() / Math.Max(twice.norm().ToDouble(), 1e-9);
        Assert.That(error, Is.LessThan(3e-6), name);
    }
}
