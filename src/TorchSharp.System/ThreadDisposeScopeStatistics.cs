namespace TorchSharp;

/// <summary>A thread's <see cref="LifetimeStatistics"/>. Tensors are the only objects that it counts here.</summary>
public class ThreadDisposeScopeStatistics
{
    internal ThreadDisposeScopeStatistics()
    {
    }

    /// <summary>The counts of tensors.</summary>
    public LifetimeStatistics TensorStatistics { get; } = new();

    /// <inheritdoc cref="LifetimeStatistics.CreatedOutsideScopeCount"/>
    public long CreatedOutsideScopeCount => TensorStatistics.CreatedOutsideScopeCount;

    /// <inheritdoc cref="LifetimeStatistics.DisposedOutsideScopeCount"/>
    public long DisposedOutsideScopeCount => TensorStatistics.DisposedOutsideScopeCount;

    /// <inheritdoc cref="LifetimeStatistics.CreatedInScopeCount"/>
    public long CreatedInScopeCount => TensorStatistics.CreatedInScopeCount;

    /// <inheritdoc cref="LifetimeStatistics.DisposedInScopeCount"/>
    public long DisposedInScopeCount => TensorStatistics.DisposedInScopeCount;

    /// <inheritdoc cref="LifetimeStatistics.AttachedToScopeCount"/>
    public long AttachedToScopeCount => TensorStatistics.AttachedToScopeCount;

    /// <inheritdoc cref="LifetimeStatistics.DetachedFromScopeCount"/>
    public long DetachedFromScopeCount => TensorStatistics.DetachedFromScopeCount;

    /// <inheritdoc cref="LifetimeStatistics.ThreadTotalLiveCount"/>
    public long ThreadTotalLiveCount => TensorStatistics.ThreadTotalLiveCount;

    /// <summary>Starts counting anew.</summary>
    public void Reset() => TensorStatistics.Reset();

    /// <inheritdoc/>
    public override string ToString() => TensorStatistics.ToString();
}
