using System.Collections;
using System.Runtime.CompilerServices;

namespace Sam2.Torch.Configuration;

/// <summary>An immutable list of integers that compares by value, so that configuration records do too.</summary>
/// <example><c>IntList stages = [1, 2, 7, 2];</c></example>
[CollectionBuilder(typeof(IntList), nameof(Create))]
public sealed class IntList : IReadOnlyList<int>, IEquatable<IntList>
{
    private readonly int[] _items;

    private IntList(int[] items) => _items = items;

    /// <summary>Copies <paramref name="items"/> into a list.</summary>
    public static IntList Create(ReadOnlySpan<int> items) => new(items.ToArray());

    /// <inheritdoc/>
    public int this[int index] => _items[index];

    /// <inheritdoc/>
    public int Count => _items.Length;

    /// <inheritdoc/>
    public bool Equals(IntList? other) => other is not null && _items.AsSpan().SequenceEqual(other._items);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as IntList);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in _items) hash.Add(item);
        return hash.ToHashCode();
    }

    /// <summary>The list as YAML writes it, such as <c>[1, 2, 7, 2]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", _items)}]";

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();
}
