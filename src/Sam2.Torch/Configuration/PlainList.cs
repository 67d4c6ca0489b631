using System.Collections;
using Sam2.Torch.Checkpoints;

namespace Sam2.Torch.Configuration;

/// <summary>
/// A list of a settings file, or a Python list or tuple of a checkpoint. Elements are null, <see cref="bool"/>, <see cref="long"/>,
/// <see cref="System.Numerics.BigInteger"/>, <see cref="double"/>, <see cref="string"/>, <see cref="ReadOnlyMemory{T}"/> of bytes,
/// <see cref="PlainList"/>, <see cref="PlainDictionary"/> or, in what was read, <see cref="Checkpoints.TensorEntry"/>.
/// </summary>
public sealed class PlainList : IReadOnlyList<object?>
{
    private readonly List<object?> _items;

    /// <summary>Copies <paramref name="items"/>.</summary>
    public PlainList(IEnumerable<object?> items, bool isTuple = false)
    {
        _items = [.. items];
        IsTuple = isTuple;
    }

    /// <summary>Whether it is a tuple.</summary>
    public bool IsTuple { get; }

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <inheritdoc/>
    public object? this[int index] => _items[index];

    /// <inheritdoc/>
    public IEnumerator<object?> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Appends while the list is being read; nobody else sees it yet.</summary>
    internal void Add(object? item) => _items.Add(item);
}
