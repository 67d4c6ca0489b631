using NUnit.Framework;
using TorchSharp.Tests.Harness;
using TorchSharp.Tests.Vision;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Tests.Modules;

/// <summary>What the layers compute from their parameters.</summary>
public sealed class LayerTests : TensorTest
{
    [Test]
    public void Linear_multiplies_adds_and_starts_uniform_within_the_inverse_root_of_its_inputs()
    {
        using var layer = Linear(16, 5);
        Assert.Multiple(() =>
        {
            Assert.That(layer.weight!.shape, Is.EqualTo(new long[] { 5, 16 }));
            Assert.That(layer.bias!.shape, Is.EqualTo(new long[] { 5 }));
            Assert.That(layer.weight.abs().max().ToDouble(), Is.InRange(0.15, 0.25));
            Assert.That(layer.bias.abs().max().ToDouble(), Is.LessThanOrEqualTo(0.25));
            Assert.That(layer.weight.requires_grad, Is.True);
        });
        var x = Nd.Uniform(1, -1, 1, 2, 3, 16);
        var expected = Nd.Zip(Reference.MatMul(x, Nd.From(layer.weight!).Permute(1, 0)), Nd.From(layer.bias!), (a, b) => a + b);
        Expect.Close(layer.call(x.ToTensor(ScalarType.Float32)), expected);
        Expect.Close(layer.forward(x.ToTensor(ScalarType.Float32)), expected);

        using var plain = Linear(4, 2, hasBias: false, dtype: ScalarType.Float64);
        Assert.That(plain.bias, Is.Null);
        Expect.Type(plain.weight!, ScalarType.Float64);
    }

    [Test]
    public void Conv2d_holds_a_kernel_per_output_channel()
    {
        using var layer = Conv2d(4, 6, 3, stride: 2, padding: 1, groups: 2, dtype: ScalarType.Float64);
        Assert.That(layer.weight!.shape, Is.EqualTo(new long[] { 6, 2, 3, 3 }));
        Assert.That(layer.weight.abs().max().ToDouble(), Is.LessThanOrEqualTo(1 / Math.Sqrt(18)));
        var x = Nd.Uniform(1, -1, 1, 2, 4, 5, 6);
        var c = new ConvolutionCase("", [], []) { Stride = [2, 2], Padding = [1, 1], Groups = 2 };
        Expect.Close(layer.call(x.ToTensor()), References.Convolve(x, Nd.From(layer.weight), Nd.From(layer.bias!), c));

        using var oblong = Conv2d(3, 2, (3, 2), stride: (1, 2), padding: (1, 0), bias: false, dtype: ScalarType.Float64);
        Assert.That(oblong.bias, Is.Null);
        var y = Nd.Uniform(2, -1, 1, 1, 3, 4, 6);
        Expect.Close(oblong.call(y.ToTensor()), References.Convolve(y, Nd.From(oblong.weight!), Nd.Zeros(2), new ConvolutionCase("", [], []) { Stride = [1, 2], Padding = [1, 0] }));
    }

    [Test]
    public void ConvTranspose2d_doubles_the_size_with_stride_two()
    {
        using var layer = ConvTranspose2d(3, 2, 2, stride: 2, dtype: ScalarType.Float64);
        Assert.That(layer.weight!.shape, Is.EqualTo(new long[] { 3, 2, 2, 2 }));
        var x = Nd.Uniform(1, -1, 1, 1, 3, 4, 5);
        var expected = References.ConvolveTransposed(x, Nd.From(layer.weight), Nd.From(layer.bias!), new ConvolutionCase("", [], []) { Stride = [2, 2] });
        Assert.That(expected.Shape, Is.EqualTo(new long[] { 1, 2, 8, 10 }));
        Expect.Close(layer.call(x.ToTensor()), expected);
    }

    [Test]
    public void LayerNorm_starts_as_plain_standardisation()
    {
        using var layer = LayerNorm(6, eps: 1e-6);
        var x = Nd.Uniform(1, -1, 1, 4, 6);
        var expected = x.Along(1, v =>
        {
            var mean = v.Average();
            var deviation = Math.Sqrt(v.Sum(a => (a - mean) * (a - mean)) / v.Length + 1e-6);
            return Array.ConvertAll(v, a => (a - mean) / deviation);
        });
        Expect.Close(layer.call(x.ToTensor(ScalarType.Float32)), expected);
        Expect.Exact(layer.weight!, Nd.Full(1, 6));
        Expect.Exact(layer.bias!, Nd.Zeros(6));
        using (no_grad())
        {
            layer.weight!.fill_(2);
            layer.bias!.fill_(-1);
        }
        Expect.Close(layer.call(x.ToTensor(ScalarType.Float32)), expected.Map(v => 2 * v - 1));
        using var two = LayerNorm([2, 3], elementwise_affine: false);
        Assert.That(two.parameters(), Is.Empty);
        Expect.Close(two.call(x.Reshape(4, 2, 3).ToTensor(ScalarType.Float32)), expected.Reshape(4, 2, 3), 1e-3, 1e-4);
    }

    [Test]
    public void Embedding_looks_rows_up_and_starts_normal()
    {
        using var layer = Embedding(1000, 40);
        var weight = Nd.From(layer.weight!);
        Expect.Close(layer.call(torch.tensor(new long[,] { { 3, 0 }, { 999, 3 } })), Nd.Of([2, 2, 40],
            i => weight[(i[0], i[1]) switch { (0, 1) => 0, (1, 0) => 999, _ => 3 }, i[2]]));
        Assert.That(layer.weight!.std().ToDouble(), Is.EqualTo(1).Within(0.03));
        layer.call(torch.tensor(new long[] { 5, 5 })).sum().backward();
        Expect.Exact(layer.weight.grad!.sum(1), Nd.Of([1000], i => i[0] == 5 ? 80 : 0));
    }

    [Test]
    public void Dropout_acts_only_in_training()
    {
        using var layer = Dropout(0.4);
        var x = torch.ones(10_000);
        Assert.That(layer.call(x).eq(0).sum().ToDouble() / 10_000, Is.EqualTo(0.4).Within(0.03));
        layer.eval();
        Expect.Exact(layer.call(x), Nd.Full(1, 10_000));
    }

    [Test]
    public void Activations_equal_their_functions()
    {
        var x = Nd.Uniform(1, -3, 3, 3, 4);
        Check(ReLU(), v => Math.Max(v, 0));
        Check(GELU(), v => 0.5 * v * (1 + Pointwise.SpecialFunctions.Erf(v / Math.Sqrt(2))));
        Check(Sigmoid(), Pointwise.SpecialFunctions.Sigmoid);
        Check(SiLU(), v => v * Pointwise.SpecialFunctions.Sigmoid(v));
        Check(Tanh(), Math.Tanh);
        Check(Identity(), v => v);

        void Check(Module<Tensor, Tensor> module, Func<double, double> f)
        {
            using (module)
                Expect.Close(module.call(x.ToTensor(ScalarType.Float32)), x.Map(f), module.GetName());
        }
    }

    [Test]
    public void MaxPool2d_takes_the_largest_value_of_each_window()
    {
        var x = Nd.Shuffled(1, 1, 4, 4, 4).Map(v => v / 10);
        using var max = MaxPool2d(2, 2);
        Expect.Close(max.call(x.ToTensor()), Nd.Of([1, 4, 2, 2], i => Window(i).Max()));

        IEnumerable<double> Window(long[] i)
            => from r in new long[] { 0, 1 } from s in new long[] { 0, 1 } select x[i[0], i[1], 2 * i[2] + r, 2 * i[3] + s];
    }
}
