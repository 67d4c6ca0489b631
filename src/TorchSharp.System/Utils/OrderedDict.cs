using System.Collections;

namespace TorchSharp.Utils;

#nullable disable

/// <summary>A dictionary that enumerates in the order of insertion.</summary>
public class OrderedDict<TKey, TValue> : IDictionary<TKey, TValue>, IList<(TKey, TValue)>
{
    private readonly List<(TKey, TValue)> list = [];
    private readonly Dictionary<TKey, TValue> dictionary = [];

    /// <summary>The number of entries.</summary>
    public int Count => list.Count;

    /// <summary>False.</summary>
    public bool IsReadOnly => false;

    /// <summary>The keys, in order.</summary>
    public ICollection<TKey> Keys => list.Select(entry => entry.Item1).ToList();

    /// <summary>The values, in order.</summary>
    public ICollection<TValue> Values => list.Select(entry => entry.Item2).ToList();

    /// <summary>The value of a key. Setting an existing key keeps its place.</summary>
    public TValue this[TKey key]
    {
        get => dictionary[key];
        set
        {
            if (!dictionary.ContainsKey(key))
            {
                Add(key, value);
                return;
            }
            list[PlaceOf(key)] = (key, value);
            dictionary[key] = value;
        }
    }

    /// <summary>The entry at a place.</summary>
    public (TKey, TValue) this[int index]
    {
        get => list[index];
        set
        {
            dictionary.Remove(list[index].Item1);
            dictionary.Add(value.Item1, value.Item2);
            list[index] = value;
        }
    }

    private int PlaceOf(TKey key) => list.FindIndex(entry => EqualityComparer<TKey>.Default.Equals(entry.Item1, key));

    /// <summary>The entries, in order.</summary>
    public IEnumerator<(TKey, TValue)> items() => list.GetEnumerator();

    /// <summary>The keys, in order.</summary>
    public IEnumerable<TKey> keys() => list.Select(entry => entry.Item1);

    /// <summary>The values, in order.</summary>
    public IEnumerable<TValue> values() => list.Select(entry => entry.Item2);

    /// <summary>Removes all entries.</summary>
    public void clear() => Clear();

    /// <summary>Adds an entry at the end. Throws where the key exists.</summary>
    public void Add(TKey key, TValue value)
    {
        dictionary.Add(key, value);
        list.Add((key, value));
    }

    /// <summary>Adds an entry at the end. Throws where the key exists.</summary>
    public void Add((TKey, TValue) item) => Add(item.Item1, item.Item2);

    /// <summary>Adds an entry at the end. Throws where the key exists.</summary>
    public void Add(KeyValuePair<TKey, TValue> item) => Add(item.Key, item.Value);

    /// <summary>Removes all entries.</summary>
    public void Clear()
    {
        list.Clear();
        dictionary.Clear();
    }

    /// <summary>Whether there is an entry of the key.</summary>
    public bool ContainsKey(TKey key) => dictionary.ContainsKey(key);

    /// <summary>Whether there is the entry.</summary>
    public bool Contains((TKey, TValue) item) => list.Contains(item);

    /// <summary>Whether there is the entry.</summary>
    public bool Contains(KeyValuePair<TKey, TValue> item) => list.Contains((item.Key, item.Value));

    /// <summary>Copies the entries to an array.</summary>
    public void CopyTo((TKey, TValue)[] array, int arrayIndex) => list.CopyTo(array, arrayIndex);

    /// <summary>Copies the entries to an array.</summary>
    public void CopyTo(KeyValuePair<TKey, TValue>[] array, int arrayIndex)
    {
        foreach ((TKey key, TValue value) in list) array[arrayIndex++] = new(key, value);
    }

    /// <summary>The entries, in order.</summary>
    public IEnumerator<(TKey, TValue)> GetEnumerator() => list.GetEnumerator();

    IEnumerator<KeyValuePair<TKey, TValue>> IEnumerable<KeyValuePair<TKey, TValue>>.GetEnumerator() =>
        list.Select(entry => new KeyValuePair<TKey, TValue>(entry.Item1, entry.Item2)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The place of an entry, or -1.</summary>
    public int IndexOf((TKey, TValue) item) => list.IndexOf(item);

    /// <summary>Adds an entry at a place. Throws where the key exists.</summary>
    public void Insert(int index, (TKey, TValue) item)
    {
        dictionary.Add(item.Item1, item.Item2);
        list.Insert(index, item);
    }

    /// <summary>Removes the entry of a key.</summary>
    public bool Remove(TKey key)
    {
        if (!dictionary.Remove(key)) return false;
        list.RemoveAt(PlaceOf(key));
        return true;
    }

    /// <summary>Removes an entry.</summary>
    public bool Remove((TKey, TValue) item) => list.Contains(item) && Remove(item.Item1);

    /// <summary>Removes an entry.</summary>
    public bool Remove(KeyValuePair<TKey, TValue> item) => Remove((item.Key, item.Value));

    /// <summary>Removes the entry at a place.</summary>
    public void RemoveAt(int index)
    {
        dictionary.Remove(list[index].Item1);
        list.RemoveAt(index);
    }

    /// <summary>The value of a key, where there is one.</summary>
    public bool TryGetValue(TKey key, out TValue value) => dictionary.TryGetValue(key, out value);

    internal bool TryAdd(TKey key, TValue value)
    {
        if (!dictionary.TryAdd(key, value)) return false;
        list.Add((key, value));
        return true;
    }
}
