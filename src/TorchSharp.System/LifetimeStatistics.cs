namespace TorchSharp;

/// <summary>How many objects a thread created, disposed and moved between dispose scopes.</summary>
public class LifetimeStatistics
{
    internal LifetimeStatistics()
    {
    }

    /// <summary>Created while no scope was open.</summary>
    public long CreatedOutsideScopeCount { get; internal set; }

    /// <summary>Disposed while in no scope.</summary>
    public long DisposedOutsideScopeCount { get; internal set; }

    /// <summary>Created in a scope.</summary>
    public long CreatedInScopeCount { get; internal set; }

    /// <summary>Disposed while in a scope, or by it.</summary>
    public long DisposedInScopeCount { get; internal set; }

    /// <summary>Attached to a scope after their creation.</summary>
    public long AttachedToScopeCount { get; internal set; }

    /// <summary>Detached from a scope.</summary>
    public long DetachedFromScopeCount { get; internal set; }

    /// <summary>Created less disposed.</summary>
    public long ThreadTotalLiveCount => CreatedInScopeCount - DisposedInScopeCount + CreatedOutsideScopeCount - DisposedOutsideScopeCount;

    /// <summary>Starts counting anew.</summary>
    public void Reset()
    {
        CreatedOutsideScopeCount = DisposedOutsideScopeCount = 0;
        CreatedInScopeCount = DisposedInScopeCount = 0;
        AttachedToScopeCount = DetachedFromScopeCount = 0;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"ThreadTotalLiveCount: {ThreadTotalLiveCount}; CreatedOutsideScopeCount: {CreatedOutsideScopeCount}; " +
        $"DisposedOutsideScopeCount: {DisposedOutsideScopeCount}; CreatedInScopeCount: {CreatedInScopeCount}; " +
        $"DisposedInScopeCount: {DisposedInScopeCount}; AttachedToScopeCount: {AttachedToScopeCount}; DetachedFromScopeCount: {DetachedFromScopeCount}";
}
