using NUnit.Framework;
using TorchSharp.Modules;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Tests.Training;

/// <summary>Optimizers against the update rules of their papers, over several steps with different gradients.</summary>
public sealed class OptimizerTests : TensorTest
{
    private const int Steps = 6;
    private static readonly Nd Start = Nd.Uniform(1, -1, 1, 2, 3);

    [Test]
    public void Sgd_follows_the_gradient_with_momentum_and_decay()
    {
        Check(p => optim.SGD(p, 0.1), (x, g, s) => x - 0.1 * g);
        Check(p => optim.SGD(p, 0.1, weight_decay: 0.05), (x, g, s) => x - 0.1 * (g + 0.05 * x));
        Check(p => optim.SGD(p, 0.1, momentum: 0.9), (x, g, s) =>
        {
            s.M = s.Step == 1 ? g : 0.9 * s.M + g;
            return x - 0.1 * s.M;
        });
        Check(p => optim.SGD(p, 0.1, momentum: 0.9, nesterov: true), (x, g, s) =>
        {
            s.M = s.Step == 1 ? g : 0.9 * s.M + g;
            return x - 0.1 * (g + 0.9 * s.M);
        });
    }

    [Test]
    public void Adam_scales_by_bias_corrected_moments_and_adds_decay_to_the_gradient()
    {
        Check(p => optim.Adam(p, 0.01), (x, g, s) => Adam(x, g, s, 0.01, 0.9, 0.999, 1e-8));
        Check(p => optim.Adam(p, 0.02, 0.8, 0.95, 1e-6, 0.1), (x, g, s) => Adam(x, g + 0.1 * x, s, 0.02, 0.8, 0.95, 1e-6));
    }

    [Test]
    public void AdamW_decays_weights_apart_from_the_gradient()
    {
        Check(p => optim.AdamW(p, 0.01), (x, g, s) => Adam(x, g, s, 0.01, 0.9, 0.999, 1e-8));
        Check(p => optim.AdamW(p, 0.02, 0.8, 0.95, 1e-6, 0.1), (x, g, s) => Adam(x * (1 - 0.02 * 0.1), g, s, 0.02, 0.8, 0.95, 1e-6));
        Check(p => optim.AdamW(p, 0.02, weight_decay: 0.1, amsgrad: true), (x, g, s) =>
        {
            x *= 1 - 0.02 * 0.1;
            s.M = 0.9 * s.M + 0.1 * g;
            s.V = 0.999 * s.V + 0.001 * g * g;
            s.MaxV = Math.Max(s.MaxV, s.V);
            return x - 0.02 / (1 - Math.Pow(0.9, s.Step)) * s.M / (Math.Sqrt(s.MaxV / (1 - Math.Pow(0.999, s.Step))) + 1e-8);
        });
    }

    [Test]
    public void Groups_of_parameters_have_their_own_settings()
    {
        using var a = Parameter(torch.ones(2));
        using var b = Parameter(torch.ones(2));
        using var optimizer = optim.AdamW(new[]
        {
            new AdamW.ParamGroup([a], new AdamW.Options { LearningRate = 0.1, weight_decay = 0 }),
            new AdamW.ParamGroup([b], new AdamW.Options { LearningRate = 0.2, weight_decay = 0.5 }),
        });
        (a.sum() + b.sum()).backward();
        optimizer.step();
        Expect.Close(a, Nd.Full(0.9, 2), 1e-5, 1e-5);
        Expect.Close(b, Nd.Full(1 * (1 - 0.2 * 0.5) - 0.2, 2), 1e-5, 1e-5);
        Assert.That(optimizer.ParamGroups.Select(g => g.LearningRate), Is.EqualTo(new[] { 0.1, 0.2 }));
    }

    [Test]
    public void The_learning_rate_can_change_between_steps()
    {
        using var p = Parameter(torch.ones(2));
        using var optimizer = optim.SGD([p], 0.1);
        p.sum().backward();
        optimizer.step();
        foreach (var group in optimizer.ParamGroups)
            group.LearningRate = 0.5;
        optimizer.step();
        Expect.Close(p, Nd.Full(1 - 0.1 - 0.5, 2));
    }

    [Test]
    public void Parameters_without_gradient_are_left_alone()
    {
        using var used = Parameter(torch.ones(2));
        using var unused = Parameter(torch.ones(2));
        using var optimizer = optim.AdamW([used, unused], 0.1, weight_decay: 0.5);
        used.sum().backward();
        optimizer.step();
        Expect.Exact(unused, Nd.Full(1, 2));
        Assert.That(optimizer.parameters().Count(), Is.EqualTo(2));
    }

    [Test]
    public void Zero_grad_starts_the_next_step_afresh()
    {
        using var p = Parameter(torch.ones(2));
        using var optimizer = optim.SGD([p], 1);
        p.sum().backward();
        optimizer.zero_grad();
        (2 * p).sum().backward();
        Expect.Exact(p.grad!, Nd.Full(2, 2));
    }

    [Test]
    public void Gradients_are_clipped_to_a_common_norm()
    {
        using var a = Parameter(torch.zeros(2));
        using var b = Parameter(torch.zeros(2, 2));
        (a * torch.tensor(new float[] { 3, 0 })).sum().backward();
        (b * torch.tensor(new float[,] { { 0, 4 }, { 0, 0 } })).sum().backward();
        var total = nn.utils.clip_grad_norm_([a, b], 1);
        Assert.That(total, Is.EqualTo(5).Within(1e-5));
        Expect.Close(a.grad!, Nd.Vector(0.6, 0));
        Expect.Close(b.grad!, Nd.Vector(0, 0.8, 0, 0).Reshape(2, 2));
        nn.utils.clip_grad_norm_([a, b], 10);
        Expect.Close(a.grad!, Nd.Vector(0.6, 0), "a norm below the limit is kept");
    }

    [Test]
    public void Training_fits_a_line()
    {
        using var model = Linear(1, 1);
        using var optimizer = optim.AdamW(model.parameters(), 0.1, weight_decay: 0);
        var x = torch.linspace(-1, 1, 32).unsqueeze(1);
        var y = 3 * x - 2;
        for (var i = 0; i < 300; i++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            functional.mse_loss(model.call(x), y).backward();
            optimizer.step();
        }
        Assert.That(model.weight!.item<float>(), Is.EqualTo(3).Within(0.02));
        Assert.That(model.bias!.item<float>(), Is.EqualTo(-2).Within(0.02));
    }

    private static double Adam(double x, double g, State s, double lr, double beta1, double beta2, double eps)
    {
        s.M = beta1 * s.M + (1 - beta1) * g;
        s.V = beta2 * s.V + (1 - beta2) * g * g;
        return x - lr * (s.M / (1 - Math.Pow(beta1, s.Step))) / (Math.Sqrt(s.V / (1 - Math.Pow(beta2, s.Step))) + eps);
    }

    private static void Check(Func<IEnumerable<Parameter>, optim.Optimizer> create, Func<double, double, State, double> update)
    {
        using var scope = NewDisposeScope();
        using var p = Parameter(Start.ToTensor());
        using var optimizer = create([p]);
        var expected = Start;
        var states = Start.Data.Select(_ => new State()).ToArray();
        for (var step = 1; step <= Steps; step++)
        {
            var coefficients = Nd.Uniform(100 + step, -2, 2, 2, 3);
            optimizer.zero_grad();
            (p * p * coefficients.ToTensor()).sum().backward();
            optimizer.step();
            expected = new Nd(Start.Shape, [.. expected.Data.Select((x, i) =>
            {
                states[i].Step = step;
                return update(x, 2 * x * coefficients.Data[i], states[i]);
            })]);
            Expect.Close(p, expected, 1e-9, 1e-9, $"step {step}");
        }
    }

    private sealed class State
    {
        public int Step;
        public double M;
        public double V;
        public double MaxV;
    }
}
