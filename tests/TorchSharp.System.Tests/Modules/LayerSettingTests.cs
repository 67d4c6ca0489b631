using System.Reflection;
using NUnit.Framework;
using TorchSharp.Modules;
using TorchSharp.Tests.Harness;
using TorchSharp.Tests.Vision;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Tests.Modules;

public sealed class LayerSettingTests : TensorTest
{
    /// <summary>Property accessors that these tests call by reflection; the coverage test counts them.</summary>
    public static IEnumerable<MethodInfo> Called => Layers().SelectMany(l => Properties(l.GetType())).SelectMany(p => p.GetAccessors());

    [TestCaseSource(nameof(LayerNames))]
    public void Settings_can_be_read_and_written(int index)
    {
        using var layer = Layers().ElementAt(index);
        foreach (var property in Properties(layer.GetType()).Where(p => p.CanWrite && !typeof(Tensor).IsAssignableFrom(p.PropertyType)))
        {
            var changed = property.GetValue(layer) switch
            {
                bool b => !b,
                double d => d + 0.25,
                long n => n + 1,
                long[] list => (object)list.Select(v => v + 1).ToArray(),
                PaddingModes => PaddingModes.Reflect,
                var other => other,
            };
            property.SetValue(layer, changed);
            Assert.That(property.GetValue(layer), Is.EqualTo(changed), property.Name);
        }
    }

    [TestCaseSource(nameof(LayerNames))]
    public void Parameters_can_be_replaced(int index)
    {
        using var layer = Layers().ElementAt(index);
        foreach (var property in Properties(layer.GetType()).Where(p => p.CanWrite && p.PropertyType == typeof(Parameter)))
        {
            var old = (Tensor)property.GetValue(layer)!;
            var replacement = Parameter(torch.full(old.shape, 7f));
            property.SetValue(layer, replacement);
            Expect.Exact(layer.get_parameter(property.Name)!, Nd.Full(7, replacement.shape), property.Name);
            Assert.That(layer.parameters().Count(p => p.sum().ToDouble() == 7 * p.numel()), Is.Positive);
        }
    }

    [Test]
    public void Constructors_set_what_the_settings_read()
    {
        using var conv = Conv2d(4, 6, (3, 5), stride: (2, 1), padding: (1, 2), dilation: (1, 3), groups: 2);
        Assert.Multiple(() =>
        {
            Assert.That((conv.in_channels, conv.out_channels, conv.groups), Is.EqualTo((4L, 6L, 2L)));
            Assert.That(conv.kernel_size, Is.EqualTo(new long[] { 3, 5 }));
            Assert.That(conv.stride, Is.EqualTo(new long[] { 2, 1 }));
            Assert.That(conv.padding, Is.EqualTo(new long[] { 1, 2 }));
            Assert.That(conv.dilation, Is.EqualTo(new long[] { 1, 3 }));
            Assert.That(conv.transposed, Is.False);
            Assert.That(conv.padding_mode, Is.EqualTo(PaddingModes.Zeros));
        });
        using var linear = Linear(3, 5);
        Assert.That((linear.in_features, linear.out_features), Is.EqualTo((3L, 5L)));
        using var norm = LayerNorm([2, 3], 0.25);
        Assert.That(norm.normalized_shape, Is.EqualTo(new long[] { 2, 3 }));
        Assert.That((norm.eps, norm.elementwise_affine), Is.EqualTo((0.25, true)));
        using var dropout = Dropout(0.25, inplace: true);
        Assert.That((dropout.p, dropout.inplace), Is.EqualTo((0.25, true)));
    }

    [Test]
    public void Resetting_draws_parameters_anew()
    {
        using var conv = Conv2d(2, 3, 3);
        var before = Nd.From(conv.weight!);
        conv.reset_parameters();
        Assert.That(Nd.From(conv.weight!).Data, Is.Not.EqualTo(before.Data));
        using var norm = LayerNorm(4);
        using (no_grad())
            norm.weight!.fill_(3);
        norm.reset_parameters();
        Expect.Exact(norm.weight!, Nd.Full(1, 4));
    }

    [Test]
    public void Same_padding_keeps_the_size()
    {
        var x = Nd.Uniform(1, -1, 1, 1, 2, 5, 6);
        using var conv = Conv2d(2, 3, 3, Padding.Same, dtype: ScalarType.Float64);
        var c = new ConvolutionCase("", [], []) { Padding = [1, 1] };
        Expect.Close(conv.call(x.ToTensor()), References.Convolve(x, Nd.From(conv.weight!), Nd.From(conv.bias!), c));
        using var oblong = Conv2d(2, 3, (1, 3), Padding.Valid, dtype: ScalarType.Float64);
        Expect.Close(oblong.call(x.ToTensor()), References.Convolve(x, Nd.From(oblong.weight!), Nd.From(oblong.bias!), new ConvolutionCase("", [], [])));
        var w = Nd.Uniform(2, -1, 1, 3, 2, 3, 3);
        Expect.Close(functional.conv2d_padding(x.ToTensor(), w.ToTensor(), padding: Padding.Same), References.Convolve(x, w, Nd.Zeros(3), c));
        Expect.Close(functional.conv2d_padding(x.ToTensor(), w.ToTensor()), References.Convolve(x, w, Nd.Zeros(3), new ConvolutionCase("", [], [])));
    }

    [Test]
    public void Oblong_transposed_convolution_and_pooling()
    {
        var x = Nd.Uniform(1, -1, 1, 1, 2, 4, 6);
        using var conv = ConvTranspose2d(2, 3, (2, 3), stride: (2, 1), padding: (0, 1), dtype: ScalarType.Float64);
        Expect.Close(conv.call(x.ToTensor()), References.ConvolveTransposed(x, Nd.From(conv.weight!), Nd.From(conv.bias!),
            new ConvolutionCase("", [], []) { Stride = [2, 1], Padding = [0, 1] }));
        var pooled = Nd.Of([1, 2, 2, 2], i => (from r in new[] { 0, 1 } from s in new[] { 0, 1, 2 } select x[i[0], i[1], 2 * i[2] + r, 3 * i[3] + s]).Max());
        using var pair = MaxPool2d((2, 3));
        using var list = MaxPool2d([2L, 3L]);
        Expect.Exact(pair.call(x.ToTensor()), pooled);
        Expect.Exact(list.call(x.ToTensor()), pooled);
    }

    [Test]
    public void A_linear_layer_can_be_made_from_parameters()
    {
        using var layer = Linear(Parameter(torch.eye(3) * 2), Parameter(torch.ones(3)));
        Expect.Exact(layer.call(torch.tensor(new float[] { 1, 2, 3 })), Nd.Vector(3, 5, 7));
        Expect.Exact(torch.ones(2).AsParameter(), Nd.Full(1, 2));
        using var frozen = new Parameter(torch.ones(2), requires_grad: false);
        Assert.That(frozen.requires_grad, Is.False);
    }

    [Test]
    public void Activations_can_overwrite_their_input()
    {
        foreach (var module in new Module<Tensor, Tensor>[] { ReLU(true), GELU(true), SiLU(true), Sigmoid(true), Tanh(true) })
            using (module)
            {
                var x = torch.tensor(new[] { -1f, 2 });
                Expect.Exact(module.call(x), Nd.From(x), $"{module.GetName()} in place");
                Assert.That(Nd.From(x).Data, Is.Not.EqualTo(new double[] { -1, 2 }));
            }
    }

    private static IEnumerable<TestCaseData> LayerNames()
        => Layers().Select((l, i) => new TestCaseData(i).SetArgDisplayNames(l.GetName()));

    private static IEnumerable<nn.Module> Layers() =>
    [
        Linear(2, 3), Conv2d(2, 2, 3), ConvTranspose2d(2, 2, 3), LayerNorm(4), Embedding(3, 4), Dropout(), MaxPool2d(2),
        ReLU(), GELU(), SiLU(), Sigmoid(), Tanh(),
    ];

    private static IEnumerable<PropertyInfo> Properties(Type layer)
        => layer.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.DeclaringType!.Namespace == typeof(Linear).Namespace);
}
