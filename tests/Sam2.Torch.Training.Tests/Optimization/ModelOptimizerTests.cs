using NUnit.Framework;
using Sam2.Torch.Training.Optimization;
using TestSupport;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Tests.Optimization;

public sealed class ModelOptimizerTests
{
    private DisposeScope _scope = null!;

    private static OptimizerSettings Plain => new()
    {
        Lr = [new() { Scheduler = ScheduleKind.Linear, StartValue = 0.1, EndValue = 0.05 }],
        WeightDecay = [new() { Value = 0.2 }],
        LayerDecay = null,
        MaxGradientNorm = 0.5,
    };

    [SetUp]
    public void Open() => _scope = NewDisposeScope();

    [TearDown]
    public void Close() => _scope.Dispose();

    [Test]
    public void Steps_are_those_of_pytorch_with_clipping_and_schedules()
    {
        using var model = Filled();
        using var optimizer = new ModelOptimizer(model, Plain);
        for (var step = 0; step < 3; step++)
        {
            optimizer.Backward(Loss(model, 0.5f), 0.5);
            optimizer.Backward(Loss(model, -1.5f), 0.5);
            optimizer.Step(step / 3.0);
        }
        var ours = model.weight!.data<float>().ToArray();
        var theirs = PythonTorch.Run("""
            import torch
            model = torch.nn.Linear(3, 2, bias=False)
            with torch.no_grad():
                model.weight.copy_(torch.arange(6.).view(2, 3) / 10)
            optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.2)
            loss = lambda x: (model(torch.full((1, 3), x)) ** 2).sum()
            for step in range(3):
                optimizer.param_groups[0]['lr'] = 0.1 - 0.05 * step / 3
                (0.5 * loss(0.5) + 0.5 * loss(-1.5)).backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
                optimizer.step()
                optimizer.zero_grad()
            print(*model.weight.flatten().tolist())
            """).Split(' ').Select(float.Parse).ToArray();
        Assert.That(ours, Is.EqualTo(theirs).Within(1e-6));
    }

    [TestCase(ScalarType.BFloat16)]
    [TestCase(ScalarType.Float16)]
    public void Small_steps_add_up_in_float32_though_the_model_is_in_half_precision(ScalarType precision)
    {
        using var model = Filled();
        var settings = Plain with { Lr = [new() { Value = 1e-5 }], WeightDecay = [new() { Value = 0 }] };
        using var optimizer = new ModelOptimizer(model, settings, precision);
        Assert.That(model.weight!.dtype, Is.EqualTo(precision));
        var before = model.weight[1, 2].to(float32).item<float>();
        for (var step = 0; step < 300; step++)
        {
            optimizer.Backward(Loss(model, 1));
            optimizer.Step(0);
        }
        // A single step of 1e-5 is lost in the rounding of 0.5; 300 of them are not.
        Assert.That(before - model.weight[1, 2].to(float32).item<float>(), Is.InRange(0.002f, 0.005f));
        Assert.That(optimizer.Weights.StateDict()["weight"].dtype, Is.EqualTo(ScalarType.Float32));
    }

    [Test]
    public void What_is_not_trained_is_not_rounded()
    {
        using var model = Filled();
        model.weight!.requires_grad = false;
        using var inner = nn.Linear(2, 1);
        using var both = nn.Sequential(("frozen", model), ("trained", inner));
        var exact = model.weight.data<float>().ToArray();
        using var optimizer = new ModelOptimizer(both, Plain, ScalarType.BFloat16);
        Assert.That(optimizer.Weights.StateDict()["frozen.weight"].data<float>().ToArray(), Is.EqualTo(exact));
        Assert.That(optimizer.Groups.SelectMany(g => g.Names), Is.EquivalentTo(new[] { "trained.weight", "trained.bias" }));
    }

    [Test]
    public void An_overflow_in_float16_skips_the_step_and_halves_the_scale()
    {
        using var model = Filled();
        using var optimizer = new ModelOptimizer(model, Plain, ScalarType.Float16);
        var before = optimizer.Weights.StateDict()["weight"].data<float>().ToArray();
        optimizer.Backward(Loss(model, 200)); // finite, but 65536 times it is not
        var (norm, taken) = optimizer.Step(0);
        Assert.That((double.IsFinite(norm), taken, optimizer.Scaler.Scale), Is.EqualTo((false, false, 32768.0)));
        Assert.That(optimizer.Weights.StateDict()["weight"].data<float>().ToArray(), Is.EqualTo(before));
        Assert.That(optimizer.States["weight"].step, Is.Zero);
    }

    [Test]
    public void The_scale_grows_after_two_thousand_good_steps()
    {
        var scaler = new LossScaler(enabled: true);
        for (var step = 0; step < 2000; step++)
            Assert.That(scaler.Update(finite: true));
        Assert.That((scaler.Scale, scaler.GoodSteps), Is.EqualTo((131072.0, 0)));
        for (var i = 0; i < 40; i++)
            Assert.That(scaler.Update(finite: false), Is.False);
        Assert.That(scaler.Exhausted);
    }

    [Test]
    public void The_average_follows_the_weights_and_forgets_the_beginning()
    {
        using var model = Filled();
        using var optimizer = new ModelOptimizer(model, Plain);
        using var average = new ExponentialMovingAverage(0.9, optimizer.Weights);
        var expected = model.weight!.data<float>().ToArray();
        for (var step = 1; step <= 50; step++)
        {
            optimizer.Backward(Loss(model, 1));
            optimizer.Step(0);
            average.Update(optimizer.Weights, step);
            var decay = Math.Min(0.9, (1.0 + step) / (10.0 + step));
            var now = model.weight.data<float>().ToArray();
            expected = [.. expected.Zip(now, (e, n) => (float)(decay * e + (1 - decay) * n))];
        }
        Assert.That(average.Averages["weight"].data<float>().ToArray(), Is.EqualTo(expected).Within(1e-5));
    }

    /// <summary>That of the layer's output for inputs of x, without a matrix product, which the CPU doesn't have in float16.</summary>
    private static Tensor Loss(Linear model, float x) => (model.weight! * x).to(float32).sum(1).square().sum();

    private static Linear Filled()
    {
        var model = nn.Linear(3, 2, hasBias: false);
        using var mode = no_grad();
        model.weight!.copy_(arange(6).to(float32).view(2, 3) / 10);
        return model;
    }
}
