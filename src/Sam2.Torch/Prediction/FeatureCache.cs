using Sam2.Torch.Modeling;

namespace Sam2.Torch.Prediction;

/// <summary>Image features of the frames that were used last.</summary>
internal sealed class FeatureCache(int capacity) : IDisposable
{
    private readonly LinkedList<(int Frame, ImageFeatures Features)> _entries = [];

    /// <summary>Indices of the cached frames, the one used last first.</summary>
    public IEnumerable<int> Frames => _entries.Select(e => e.Frame);

    /// <summary>The features of a frame, or null. They belong to the cache, until as many other frames have been added as it holds.</summary>
    public ImageFeatures? Find(int frame)
    {
        for (var node = _entries.First; node is not null; node = node.Next)
        {
            if (node.Value.Frame != frame) continue;
            _entries.Remove(node);
            _entries.AddFirst(node);
            return node.Value.Features;
        }

        return null;
    }

    /// <summary>Adds a frame's features, takes them over, and drops the ones that weren't used for longest.</summary>
    public void Add(int frame, ImageFeatures features)
    {
        _entries.AddFirst((frame, features.DetachFromDisposeScope()));
        while (_entries.Count > capacity)
        {
            _entries.Last!.Value.Features.Dispose();
            _entries.RemoveLast();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, features) in _entries) features.Dispose();
        _entries.Clear();
    }
}
