using NUnit.Framework;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Lifetime;

/// <summary>The semantics of TorchSharp's dispose scopes, on both stacks.</summary>
public class DisposeScopeTests
{
    [SetUp]
    public void Reset() => DisposeScopeManager.Statistics.Reset();

    [Test]
    public void Disposes_at_its_end_what_was_created_in_it()
    {
        Tensor x;
        using (NewDisposeScope()) x = ones(2);
        Assert.That(x.IsInvalid);
    }

    [Test]
    public void Leaves_what_was_created_before_it()
    {
        using Tensor x = ones(2);
        using (NewDisposeScope()) _ = x + 1;
        Assert.That(x.IsInvalid, Is.False);
    }

    [Test]
    public void Nests_and_each_tensor_belongs_to_the_innermost()
    {
        using DisposeScope outer = NewDisposeScope();
        Tensor a = ones(1), b;
        using (DisposeScope inner = NewDisposeScope())
        {
            b = ones(1);
            Assert.That(inner.Contains(b) && !inner.Contains(a) && outer.Contains(a));
            Assert.That(CurrentDisposeScope, Is.SameAs(inner));
        }
        Assert.That(CurrentDisposeScope, Is.SameAs(outer));
        Assert.That((a.IsInvalid, b.IsInvalid), Is.EqualTo((false, true)));
    }

    [Test]
    public void Moves_a_tensor_to_the_outer_scope()
    {
        Tensor x;
        using (NewDisposeScope())
        {
            using (NewDisposeScope()) x = ones(1).MoveToOuterDisposeScope();
            Assert.That(x.IsInvalid, Is.False);
        }
        Assert.That(x.IsInvalid);
    }

    [Test]
    public void Moving_out_of_the_outermost_scope_detaches()
    {
        Tensor x;
        using (NewDisposeScope()) x = ones(1).MoveToOuterDisposeScope();
        Assert.That(x.IsInvalid, Is.False);
        Assert.That(DisposeScopeManager.Statistics.DetachedFromScopeCount, Is.EqualTo(1));
        x.Dispose();
    }

    [Test]
    public void A_detached_tensor_outlives_every_scope()
    {
        Tensor x;
        using (NewDisposeScope())
        using (NewDisposeScope())
            x = ones(1).DetachFromDisposeScope();
        Assert.That(x.IsInvalid, Is.False);
        x.Dispose();
    }

    [Test]
    public void Moves_to_the_scope_of_another_tensor_and_to_a_given_scope()
    {
        using DisposeScope outer = NewDisposeScope();
        Tensor home = ones(1);
        using DisposeScope inner = NewDisposeScope();
        Tensor a = ones(1).MoveToOtherDisposeScope(home), b = ones(1).MoveToOtherDisposeScope(outer), c = ones(1).DetachFromDisposeScope();
        c.MoveToOtherDisposeScope(inner);
        Assert.That(outer.Contains(a) && outer.Contains(b) && inner.Contains(c));
        Assert.That(inner.DisposablesCount, Is.EqualTo(1));
    }

    [Test]
    public void Several_objects_move_detach_and_attach_at_once()
    {
        using DisposeScope outer = NewDisposeScope();
        using DisposeScope scope = NewDisposeScope();
        Tensor[] t = Enumerable.Range(0, 12).Select(_ => ones(1)).ToArray();
        (Tensor, Tensor) pair = scope.MoveToOuter(t[0], t[1]);
        (Tensor, Tensor, Tensor) triple = scope.MoveToOuter(t[2], t[3], t[4]);
        scope.MoveToOuter(new IDisposable[] { t[5] });
        scope.MoveToOuter(new List<IDisposable> { t[6] });
        Assert.That(scope.MoveToOuter(t[7]), Is.SameAs(t[7]));
        Assert.That(ReferenceEquals(pair.Item1, t[0]) && ReferenceEquals(triple.Item3, t[4]));
        Assert.That(t.Take(8).All(outer.Contains));

        Assert.That(scope.Detach(t[8]), Is.SameAs(t[8]));
        scope.Detach(t[9], t[10]);
        scope.Detach(new List<IDisposable> { t[11] });
        Assert.That(scope.DisposablesCount, Is.Zero);
        scope.Attach(t[8]);
        scope.Attach(t[9], t[10]);
        Assert.That(scope.Attach(new List<IDisposable> { t[11] }), Has.Count.EqualTo(1));
        Assert.That(scope.DisposablesView, Is.EquivalentTo(t.Skip(8)).Using<IDisposable>(ReferenceEquals));

        scope.MoveToOther(outer, t[8]);
        scope.MoveToOther(outer, t[9], t[10]);
        scope.MoveToOther(outer, new IDisposable[] { t[11] });
        scope.MoveToOther(outer, new List<IDisposable>());
        outer.MoveToOther(scope, t[0], t[1], t[2]);
        outer.MoveToOther(null, t[3]);
        outer.Detach(t[4], t[5], t[6]);
        outer.Detach(new IDisposable[] { t[7] });
        Assert.That((scope.DisposablesCount, outer.DisposablesCount), Is.EqualTo((3, 4)));
        foreach (Tensor detached in t[3..8]) detached.Dispose();
    }

    [Test]
    public void Disposes_all_but_what_is_kept()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor a = ones(1), b = ones(1), c = ones(1), d = ones(1);
        scope.DisposeEverythingBut(a, b, c);
        Assert.That(d.IsInvalid && !a.IsInvalid);
        scope.DisposeEverythingBut(a, b);
        scope.DisposeEverythingBut(new List<IDisposable> { a, b });
        Assert.That(c.IsInvalid && !b.IsInvalid);
        Assert.That(scope.DisposeEverythingBut(a), Is.SameAs(a));
        scope.DisposeEverythingBut(new IDisposable[] { a });
        Assert.That(b.IsInvalid && !a.IsInvalid && scope.DisposablesCount == 1);
        scope.DisposeEverything();
        Assert.That(a.IsInvalid && scope.DisposablesCount == 0);
    }

    [Test]
    public void A_disposed_tensor_leaves_its_scope()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = ones(1), y = ones(1);
        x.Dispose();
        scope.MarkAsDisposed(y);
        Assert.That(scope.DisposablesCount, Is.Zero);
        y.Dispose();
    }

    [Test]
    public void A_closed_scope_can_not_be_used()
    {
        DisposeScope scope = NewDisposeScope();
        scope.Dispose();
        scope.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _ = scope.DisposablesCount);
        Assert.Throws<ObjectDisposedException>(() => scope.DisposeEverything());
    }

    [Test]
    public void Scopes_may_close_out_of_order()
    {
        DisposeScope outer = NewDisposeScope(), inner = NewDisposeScope();
        outer.Dispose();
        Assert.That(CurrentDisposeScope, Is.SameAs(inner));
        inner.Dispose();
        Assert.That(CurrentDisposeScope, Is.Null);
    }

    [Test]
    public void An_expression_may_have_a_scope_of_its_own()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor inside = null!;
        Tensor result = WrappedTensorDisposeScope(() =>
        {
            inside = ones(1);
            return inside + 1;
        });
        Assert.That(inside.IsInvalid && !result.IsInvalid && scope.Contains(result));
    }

    [Test]
    public void Scopes_are_of_their_thread()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor? other = null;
        var thread = new Thread(() => other = ones(1));
        thread.Start();
        thread.Join();
        Assert.That(scope.Contains(other!), Is.False);
        other!.Dispose();
    }

    [Test]
    public void Counts_what_is_created_disposed_attached_and_detached()
    {
        ThreadDisposeScopeStatistics statistics = DisposeScopeManager.Statistics;
        Tensor outside = ones(1);
        using (DisposeScope scope = NewDisposeScope())
        {
            Tensor a = ones(1), b = ones(1);
            a.DetachFromDisposeScope();
            scope.Attach(a);
            b.Dispose();
            Assert.That(statistics.ThreadTotalLiveCount, Is.EqualTo(2));
        }
        outside.Dispose();
        LifetimeStatistics tensors = statistics.TensorStatistics;
        Assert.That((statistics.CreatedOutsideScopeCount, statistics.DisposedOutsideScopeCount), Is.EqualTo((1, 1)));
        Assert.That((statistics.CreatedInScopeCount, statistics.DisposedInScopeCount), Is.EqualTo((2, 2)));
        Assert.That((statistics.AttachedToScopeCount, statistics.DetachedFromScopeCount), Is.EqualTo((1, 1)));
        Assert.That((tensors.CreatedOutsideScopeCount, tensors.DisposedOutsideScopeCount, tensors.ThreadTotalLiveCount), Is.EqualTo((1, 1, 0)));
        Assert.That((tensors.CreatedInScopeCount, tensors.DisposedInScopeCount), Is.EqualTo((2, 2)));
        Assert.That((tensors.AttachedToScopeCount, tensors.DetachedFromScopeCount), Is.EqualTo((1, 1)));
        Assert.That(statistics.ToString(), Does.StartWith("ThreadTotalLiveCount: 0; CreatedOutsideScopeCount: 1"));
        tensors.Reset();
        Assert.That(tensors.CreatedInScopeCount, Is.Zero);
    }

    [Test]
    public void A_parameter_takes_the_place_of_its_tensor()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor data = ones(1);
        var parameter = nn.Parameter(data);
        Assert.That(data.IsInvalid && scope.Contains(parameter) && !scope.Contains(data));
    }
}
