using NUnit.Framework;
using TorchSharp.Modules;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Training;

/// <summary>Groups, options and state of the optimizers: what a trainer reads, changes, saves and restores.</summary>
public sealed class OptimizerStateTests : TensorTest
{
    private static Parameter P(params float[] values) => nn.Parameter(tensor(values));

    private static IEnumerable<(string, Func<Parameter, OptimizerHelper>)> Kinds()
    {
        yield return ("SGD", p => new SGD([p], 0.1, momentum: 0.9));
        yield return ("Adam", p => new Adam([p], 0.1, amsgrad: true));
        yield return ("AdamW", p => new AdamW([p], 0.1, weight_decay: 0.2));
    }

    private static void Step(OptimizerHelper optimizer, Parameter p)
    {
        optimizer.zero_grad();
        (p * p * p).sum().backward();
        optimizer.step();
    }

    [TestCaseSource(nameof(Kinds))]
    public void A_restored_optimizer_goes_on_as_the_saved_one((string Name, Func<Parameter, OptimizerHelper> Create) kind)
    {
        Parameter a = P(1, 2, 3), b;
        using OptimizerHelper first = kind.Create(a);
        Step(first, a);
        Step(first, a);
        b = nn.Parameter(a.detach().clone());
        using OptimizerHelper second = kind.Create(b);
        second.load_state_dict(first.state_dict());
        second.to(CPU);
        Step(first, a);
        Step(second, b);
        Expect.Exact(b, Nd.From(a));
    }

    [Test]
    public void State_is_listed_by_parameter_and_group()
    {
        Parameter a = P(1), b = P(2), c = P(3);
        using var optimizer = new AdamW([new AdamW.ParamGroup([a, b], lr: 0.5), new AdamW.ParamGroup([c], 0.25, beta1: 0.8)]);
        var state = optimizer.state_dict();
        Assert.That(state.StateIndexRef, Is.EqualTo(new[] { new[] { 0, 1 }, new[] { 2 } }));
        Assert.That(state.State, Has.Count.EqualTo(3).And.All.TypeOf<AdamW.State>());
        Assert.That(state.Options.Select(o => (o.LearningRate, o.InitialLearningRate)), Is.EqualTo(new[] { ((double?)0.5, 0.5), (0.25, 0.25) }));
        c.sum().backward();
        optimizer.step();
        Assert.That(state.State.Cast<AdamW.State>().Select(s => s.step), Is.EqualTo(new[] { 0, 0, 1 }));
    }

    [Test]
    public void Groups_can_be_added_and_take_open_options_from_the_optimizer()
    {
        Parameter a = P(1), b = P(2);
        using var optimizer = optim.SGD([a], 0.1, momentum: 0.5);
        optimizer.add_param_group(new SGD.ParamGroup([b], new SGD.Options { LearningRate = 0.3 }));
        optimizer.add_param_group(new SGD.ParamGroup([P(3)], lr: 0.4, momentum: 0.7));
        Assert.That(optimizer.ParamGroups.Select(g => (g.LearningRate, g.InitialLearningRate)), Is.EqualTo(new[] { (0.1, 0.1), (0.3, 0.3), (0.4, 0.4) }));
        Assert.That(optimizer.ParamGroups.Cast<SGD.ParamGroup>().Select(g => g.Momentum), Is.EqualTo(new[] { 0.5, 0.5, 0.7 }));
        optimizer.Momentum = 0.9;
        optimizer.add_param_group(new SGD.ParamGroup([P(4)], new SGD.Options()));
        Assert.That((optimizer.Momentum, optimizer.ParamGroups.Cast<SGD.ParamGroup>().Last().Momentum), Is.EqualTo((0.9, 0.9)));
        ParamGroup group = optimizer.ParamGroups.Cast<ParamGroup>().First();
        (group.LearningRate, group.InitialLearningRate) = (0.01, 0.02);
        Assert.That((group.LearningRate, group.InitialLearningRate, group.Options.LearningRate, group.Options.InitialLearningRate), Is.EqualTo((0.01, 0.02, (double?)0.01, 0.02)));
        Assert.That(ReferenceEquals(group.Parameters.Single(), a));
        group.Parameters = [a, b];
        group.Options = new SGD.Options { LearningRate = 0.5, InitialLearningRate = 0.6 };
        Assert.That((optimizer.parameters().Count(), ((SGD.ParamGroup)group).Options.LearningRate), Is.EqualTo((5, (double?)0.5)));
        ((SGD.ParamGroup)group).Options = new SGD.Options { momentum = 0.1 };
        ((SGD.ParamGroup)group).Momentum = 0.2;
        Assert.That(((SGD.ParamGroup)group).Options.momentum, Is.EqualTo(0.2));
    }

    [Test]
    public void Options_and_state_copy_and_move()
    {
        using var source = new SGD([new SGD.ParamGroup([P(1)], lr: 0.5)], 0.1);
        OptimizerOptions from = source.state_dict().Options[0], to = new SGD.Options();
        to.LoadStateDict(from);
        Assert.That((to.LearningRate, to.InitialLearningRate), Is.EqualTo((from.LearningRate, from.InitialLearningRate)));
        OptimizerState state = source.state_dict().State[0];
        Assert.DoesNotThrow(() => state.to(CPU));
    }

    [Test]
    public void Decay_rates_are_those_of_the_groups()
    {
        using var adam = new Adam([new Adam.ParamGroup([P(1)], beta2: 0.9), new Adam.ParamGroup([P(2)], new Adam.Options { beta1 = 0.5 })]);
        using var adamW = optim.AdamW([("weight", P(1))], beta1: 0.7);
        Assert.That(adam.ParamGroups.Cast<Adam.ParamGroup>().Select(g => g.Betas), Is.EqualTo(new[] { (0.9, 0.9), (0.5, 0.999) }));
        Assert.That(adamW.Betas, Is.EqualTo((0.7, 0.999)));
        adam.Betas = (0.1, 0.2);
        adamW.Betas = (0.3, 0.4);
        adam.add_param_group(new Adam.ParamGroup([P(3)], new Adam.Options()));
        adamW.add_param_group(new AdamW.ParamGroup([P(4)], new AdamW.Options()));
        Assert.That(adam.ParamGroups.Cast<Adam.ParamGroup>().Last().Betas, Is.EqualTo((0.1, 0.2)).And.EqualTo(adam.Betas));
        Assert.That(adamW.ParamGroups.Cast<AdamW.ParamGroup>().Select(g => g.Betas), Is.EqualTo(new[] { (0.7, 0.999), (0.3, 0.4) }));
        adam.ParamGroups.Cast<Adam.ParamGroup>().First().Betas = (0.6, 0.7);
        adamW.ParamGroups.Cast<AdamW.ParamGroup>().First().Betas = (0.6, 0.7);
        Assert.That(adam.ParamGroups.Cast<Adam.ParamGroup>().First().Betas, Is.EqualTo(adamW.ParamGroups.Cast<AdamW.ParamGroup>().First().Betas));
    }

    [Test]
    public void Every_way_to_name_the_parameters_makes_the_same_step()
    {
        Parameter[] p = [.. Enumerable.Range(0, 9).Select(_ => P(1, -2))];
        OptimizerHelper[] all =
        [
            optim.SGD([p[0]], 0.1), optim.SGD([("p", p[1])], 0.1), optim.SGD([new SGD.ParamGroup([p[2]], new SGD.Options())], 0.1),
            optim.Adam([p[3]], 0.1), optim.Adam([("p", p[4])], 0.1), optim.Adam([new Adam.ParamGroup([p[5]], new Adam.Options())], 0.1),
            optim.AdamW([p[6]], 0.1), optim.AdamW([("p", p[7])], 0.1), optim.AdamW([new AdamW.ParamGroup([p[8]], new AdamW.Options())], 0.1),
        ];
        for (var i = 0; i < 9; i++)
        {
            Step(all[i], p[i]);
            Expect.Exact(p[i], Nd.From(p[i / 3 * 3]));
            all[i].Dispose();
        }
    }

    [Test]
    public void A_state_begins_at_zero()
    {
        Parameter p = P(1, 2);
        using var adam = new Adam.State(p);
        using var adamW = new AdamW.State(p);
        using var sgd = new SGD.State(p);
        adam.Initialize(new Adam.Options { amsgrad = true });
        adamW.Initialize(new AdamW.Options { amsgrad = false });
        sgd.Initialize(new SGD.Options());
        Assert.That((adam.step, adam.exp_avg.abs().sum().item<float>(), adam.max_exp_avg_sq.numel()), Is.EqualTo((0L, 0f, 2L)));
        Assert.That((adamW.exp_avg_sq.abs().sum().item<float>(), adamW.max_exp_avg_sq is null, sgd.momentum_buffer is null), Is.EqualTo((0f, true, true)));
    }

    [Test]
    public void A_step_leaks_nothing()
    {
        Parameter p = P(1, 2);
        using var optimizer = optim.AdamW([p], 0.1, amsgrad: true);
        Step(optimizer, p);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (NewDisposeScope())
            for (var i = 0; i < 10; i++)
                Step(optimizer, p);
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.LessThanOrEqualTo(before));
    }
}
