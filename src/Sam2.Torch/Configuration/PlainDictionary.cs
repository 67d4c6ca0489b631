using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Sam2.Torch.Configuration;

/// <summary>
/// A mapping of a settings file or a Python dictionary of a checkpoint, in its order. Keys are <see cref="string"/>, <see cref="long"/>, <see cref="double"/>
/// or <see cref="bool"/>; values as <see cref="PlainList"/> describes.
/// </summary>
public sealed class PlainDictionary : IReadOnlyDictionary<object, object?>
{
    /// <summary>A dictionary without entries.</summary>
    public static PlainDictionary Empty { get; } = new();

    private readonly OrderedDictionary<object, object?> _items = new(KeyComparer.Instance);

    /// <summary>Creates a dictionary without entries.</summary>
    public PlainDictionary()
    {
    }

    /// <summary>Copies <paramref name="items"/>.</summary>
    /// <exception cref="ArgumentException">A key is of another type, or occurs twice.</exception>
    public PlainDictionary(IEnumerable<KeyValuePair<object, object?>> items)
    {
        foreach (var (key, value) in items)
        {
            if (!IsKey(key))
                throw new ArgumentException($"A key must be a string, a long, a double or a bool, not {key.GetType().Name}.", nameof(items));
            _items.Add(key, value);
        }
    }

    /// <summary>Copies <paramref name="items"/>.</summary>
    /// <exception cref="ArgumentException">A key occurs twice.</exception>
    public PlainDictionary(IEnumerable<KeyValuePair<string, object?>> items)
    {
        foreach (var (key, value) in items)
            _items.Add(key, value);
    }

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <inheritdoc/>
    public IEnumerable<object> Keys => _items.Keys;

    /// <inheritdoc/>
    public IEnumerable<object?> Values => _items.Values;

    /// <inheritdoc/>
    public object? this[object key] => _items[key];

    /// <inheritdoc/>
    public bool ContainsKey(object key) => _items.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(object key, [MaybeNullWhen(false)] out object? value) => _items.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<object, object?>> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal static bool IsKey(object? key) => key is string or long or double or bool;

    /// <summary>Sets an entry. For code that builds a dictionary: once others have it, it doesn't change any more.</summary>
    public void Set(object key, object? value) => _items[key] = value;

    /// <summary>Seeded hashes, also of numbers: a file can't choose keys that collide.</summary>
    private sealed class KeyComparer : IEqualityComparer<object>
    {
        public static readonly KeyComparer Instance = new();

        public new bool Equals(object? x, object? y) => object.Equals(x, y);

        public int GetHashCode(object key) => key switch
        {
            long number => HashCode.Combine((int)number, (int)(number >> 32)),
            double number => GetHashCode(BitConverter.DoubleToInt64Bits(number + 0.0)),
            _ => key.GetHashCode(),
        };
    }
}

/// <summary>
/// A list of a settings file, or a Python list or tuple of a checkpoint. Elements are null, <see cref="bool"/>, <see cref="long"/>,
/// <see cref="System.Numerics.BigInteger"/>, <see cref="double"/>, <see cref="string"/>, <see cref="ReadOnlyMemory{T}"/> of bytes,
/// <see cref="PlainList"/>, <see cref="PlainDictionary"/> or, in a checkpoint that was read, a tensor's description.
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

    /// <summary>Appends an item, while the list is being read and nothing else refers to it.</summary>
    internal void Add(object? item) => _items.Add(item);
}
