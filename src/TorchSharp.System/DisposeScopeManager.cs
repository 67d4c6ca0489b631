namespace TorchSharp;

/// <summary>The dispose scopes of a thread. See <see cref="torch.NewDisposeScope"/>.</summary>
public class DisposeScopeManager
{
    internal DisposeScopeManager()
    {
    }

    [ThreadStatic] private static DisposeScopeManager? threadSingleton;

    internal static DisposeScopeManager ThreadSingleton => threadSingleton ??= new DisposeScopeManager();

    internal ThreadDisposeScopeStatistics ThreadStatistics { get; } = new();

    /// <summary>The innermost open scope of the thread.</summary>
    internal DisposeScope? CurrentDisposeScope { get; private set; }

    /// <summary>What was created and disposed on this thread.</summary>
    public static ThreadDisposeScopeStatistics Statistics => ThreadSingleton.ThreadStatistics;

    internal DisposeScope NewDisposeScope() => CurrentDisposeScope = new DisposeScope(this, CurrentDisposeScope);

    internal DisposeScope? RegisterOnCurrentDisposeScope(torch.Tensor tensor)
    {
        LifetimeStatistics statistics = ThreadStatistics.TensorStatistics;
        if (CurrentDisposeScope is null)
        {
            statistics.CreatedOutsideScopeCount++;
            return null;
        }
        statistics.CreatedInScopeCount++;
        CurrentDisposeScope.Members.Add(tensor);
        return CurrentDisposeScope;
    }

    internal void DisposingOnCurrentScope(torch.Tensor tensor)
    {
        if (tensor.OwningDisposeScope is null) ThreadStatistics.TensorStatistics.DisposedOutsideScopeCount++;
        else ThreadStatistics.TensorStatistics.DisposedInScopeCount++;
    }

    /// <summary>Takes a scope off the stack, wherever in it the scope is.</summary>
    internal void RemoveDisposeScope(DisposeScope closing)
    {
        if (CurrentDisposeScope == closing)
        {
            CurrentDisposeScope = closing.OuterScope;
            return;
        }
        for (DisposeScope? inner = CurrentDisposeScope; inner is not null; inner = inner.OuterScope)
        {
            if (inner.OuterScope != closing) continue;
            inner.OuterScope = closing.OuterScope;
            return;
        }
    }
}
