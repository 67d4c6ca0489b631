using NUnit.Framework;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Harness;

/// <summary>Compares the gradients of autograd with central differences in float64.</summary>
public static class GradCheck
{
    private const double Step = 1e-5;

    /// <summary>
    /// Checks the gradient of <c>sum(f(inputs) · w)</c>, w random, with respect to every element of every input.
    /// Inputs must keep a distance of more than 1e-5 from points where f isn't smooth.
    /// </summary>
    public static void Verify(Func<Tensor[], Tensor> f, params Nd[] inputs)
        => Verify(f, Layout.Contiguous, 1e-6, inputs);

    public static void VerifyOne(Func<Tensor, Tensor> f, Nd input) => Verify(x => f(x[0]), input);

    public static void Verify(Func<Tensor[], Tensor> f, Layout layout, double tolerance, params Nd[] inputs)
    {
        using var scope = NewDisposeScope();
        var leaves = inputs.Select(x => x.ToTensor(ScalarType.Float64, layout).detach().requires_grad_()).ToArray();
        var output = f(leaves);
        Assert.That(output.requires_grad, Is.True, "the output takes part in autograd");
        var weights = Nd.Uniform(99, 0.5, 1.5, output.shape);
        (output * weights.ToTensor()).sum().backward();

        for (var k = 0; k < inputs.Length; k++)
        {
            var gradient = leaves[k].grad;
            Assert.That(gradient, Is.Not.Null, $"input {k} has a gradient");
            var expected = Nd.Zeros(inputs[k].Shape);
            for (var i = 0; i < expected.Data.Length; i++)
                expected.Data[i] = (Loss(f, weights, inputs, k, i, Step) - Loss(f, weights, inputs, k, i, -Step)) / (2 * Step);
            Expect.Close(gradient!, expected, tolerance, tolerance, $"gradient of input {k}");
        }
    }

    private static double Loss(Func<Tensor[], Tensor> f, Nd weights, Nd[] inputs, int k, int i, double step)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var moved = inputs.Select((x, j) => j == k ? Shift(x, i, step) : x).Select(x => x.ToTensor()).ToArray();
        var output = Nd.From(f(moved));
        return output.Data.Zip(weights.Data, (a, b) => a * b).Sum();
    }

    private static Nd Shift(Nd x, int i, double step)
    {
        var data = (double[])x.Data.Clone();
        data[i] += step;
        return new Nd(x.Shape, data);
    }
}
