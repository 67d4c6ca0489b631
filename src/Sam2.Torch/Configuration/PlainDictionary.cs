using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Sam2.Torch.Configuration;

/// <summary>
/// A mapping of a settings file or a Python dictionary of a checkpoint, in its order. Keys are <see cref="string"/>, <see cref="long"/>, <see cref="double"/>
/// or <see cref="bool"/>; values as <see cref="PlainList"/> describes.
/// </summary>
/// <example>
/// What <c>{kind: affine, degrees: 25, image_interpolation: [bilinear, nearest]}</c> is in YAML:
/// <code>
/// new PlainDictionary { ["kind"] = "affine", ["degrees"] = 25, ["image_interpolation"] = new[] { "bilinear", "nearest" } }
/// </code>
/// </example>
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
            _items.Add(Key(key), PlainList.Plain(value));
    }

    /// <summary>Copies <paramref name="items"/>.</summary>
    /// <exception cref="ArgumentException">A key occurs twice.</exception>
    public PlainDictionary(IEnumerable<KeyValuePair<string, object?>> items)
    {
        foreach (var (key, value) in items)
            _items.Add(key, PlainList.Plain(value));
    }

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <inheritdoc/>
    public IEnumerable<object> Keys => _items.Keys;

    /// <inheritdoc/>
    public IEnumerable<object?> Values => _items.Values;

    /// <summary>The value of a key; set while the dictionary is created.</summary>
    /// <exception cref="KeyNotFoundException">There is no such key.</exception>
    /// <exception cref="ArgumentException">A key that is set is of another type.</exception>
    public object? this[object key]
    {
        get => _items[PlainList.Plain(key)!];
        init => Set(key, value);
    }

    /// <inheritdoc/>
    public bool ContainsKey(object key) => _items.ContainsKey(PlainList.Plain(key)!);

    /// <inheritdoc/>
    public bool TryGetValue(object key, [MaybeNullWhen(false)] out object? value) => _items.TryGetValue(PlainList.Plain(key)!, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<object, object?>> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal static bool IsKey(object? key) => key is string or long or double or bool;

    /// <summary>Sets an entry. For code that builds a dictionary: once others have it, it doesn't change any more.</summary>
    /// <exception cref="ArgumentException">The key is of another type.</exception>
    public void Set(object key, object? value) => _items[Key(key)] = PlainList.Plain(value);

    private static object Key(object key) => PlainList.Plain(key) is { } plain && IsKey(plain)
        ? plain
        : throw new ArgumentException($"A key must be a string, a long, a double or a bool, not {key?.GetType().Name ?? "null"}.", nameof(key));

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
/// <see cref="PlainList"/>, <see cref="PlainDictionary"/> or, in a checkpoint that was read, a tensor's description. Whole numbers of other
/// types become <see cref="long"/>, <see cref="float"/> becomes <see cref="double"/>, the value of an enumeration its name in files, such as
/// <c>one_at_a_time</c>, and an array or another list a <see cref="PlainList"/>.
/// </summary>
/// <example><code>PlainList rates = [1e-5, 1e-4, 1e-3];</code></example>
[CollectionBuilder(typeof(PlainList), nameof(Create))]
public sealed class PlainList : IReadOnlyList<object?>
{
    private readonly List<object?> _items;

    /// <summary>Copies <paramref name="items"/>.</summary>
    public PlainList(IEnumerable<object?> items, bool isTuple = false)
    {
        _items = [.. items.Select(Plain)];
        IsTuple = isTuple;
    }

    /// <summary>A list of <paramref name="items"/>, as C# writes it in brackets.</summary>
    public static PlainList Create(ReadOnlySpan<object?> items) => new([.. items]);

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

    /// <summary>What a value of C# is among plain values; a value of another type as it is.</summary>
    internal static object? Plain(object? value) => value switch
    {
        null or string or long or double or bool or PlainDictionary or PlainList => value,
        int or short or sbyte or byte or ushort or uint => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        ulong and <= long.MaxValue => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        ulong number => (System.Numerics.BigInteger)number,
        float number => (double)number,
        Enum name => Spelling.InFiles(name.ToString()),
        byte[] => value,
        IList or IntList => new PlainList(((IEnumerable)value).Cast<object?>()),
        _ => value,
    };
}
