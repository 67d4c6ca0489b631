using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;

namespace Sam2.Torch.Configuration;

/// <summary>
/// The mapping between immutable records of settings and trees of plain values, as YAML files, pickles and JSON have them.
/// Property names in Pascal case are keys in snake case, enumerations are names, nested records are dictionaries, and lists are
/// lists. A record that gains a property needs no change here.
/// </summary>
public class RecordTree
{
    private const int MaxIntegers = 256;

    private readonly ConcurrentDictionary<Type, OrderedDictionary<string, PropertyInfo>> _properties = new();

    /// <summary>The mapping without conventions of its own.</summary>
    public static RecordTree Default { get; } = new();

    /// <summary>A record as a tree of dictionaries, lists, strings, <see cref="long"/>, <see cref="double"/>, bool and null.</summary>
    public PlainDictionary Of(object record)
    {
        var tree = new PlainDictionary();
        AddTo(tree, record);
        foreach (var (name, property) in Properties(record.GetType()))
            tree.Set(name, Plain(property.GetValue(record)));
        return tree;
    }

    /// <summary>Overlays a tree on a record: keys of the tree replace the record's values, the others stay.</summary>
    /// <param name="file">Named in errors.</param>
    /// <param name="tree">The settings.</param>
    /// <param name="start">Where the overlay begins; it stays as it is.</param>
    /// <param name="path">Where in the file the settings stand; named in errors.</param>
    /// <exception cref="ConfigurationException">A key is unknown, or a value has another type. The message names the closest key.</exception>
    public T Overlay<T>(string file, PlainDictionary tree, T start, string path = "") where T : notnull => (T)OverlayRecord(file, tree, start, path);

    /// <summary>Paths at which two trees differ, with both values.</summary>
    public static IEnumerable<(string Path, object? A, object? B)> Differences(PlainDictionary a, PlainDictionary b, string path = "")
    {
        foreach (var key in a.Keys.Union(b.Keys))
        {
            var (x, y) = (a.GetValueOrDefault(key), b.GetValueOrDefault(key));
            var where = Join(path, $"{key}");
            if (x is PlainDictionary nestedX && y is PlainDictionary nestedY)
                foreach (var difference in Differences(nestedX, nestedY, where))
                    yield return difference;
            else if (PlainYaml.Flow(x) != PlainYaml.Flow(y))
                yield return (where, x, y);
        }
    }

    /// <summary>Whether a tree has a value at a path such as <c>image_encoder.trunk.num_heads</c>.</summary>
    public static bool Has(PlainDictionary tree, string path)
    {
        object? node = tree;
        foreach (var key in path.Split('.'))
            if (node is not PlainDictionary dictionary || !dictionary.TryGetValue(key, out node))
                return false;
        return true;
    }

    /// <summary>Whether a property is a setting of its own.</summary>
    protected virtual bool IsSetting(PropertyInfo property) => property.CanWrite;

    /// <summary>The name that a property has in files.</summary>
    protected virtual string NameOf(PropertyInfo property) => Spelling.InFiles(property.Name);

    /// <summary>Adds what a record's tree says besides its properties.</summary>
    protected virtual void AddTo(PlainDictionary tree, object record)
    {
    }

    /// <summary>Handles a setting that doesn't map to a property, or not in the usual way.</summary>
    /// <param name="file">Named in errors.</param>
    /// <param name="record">The record, a copy that may be changed.</param>
    /// <param name="property">The property of that name, if there is one.</param>
    /// <param name="key">The setting.</param>
    /// <param name="value">Its value.</param>
    /// <param name="where">Where it stands in the file.</param>
    /// <returns>Whether it was handled.</returns>
    protected virtual bool Take(string file, object record, PropertyInfo? property, string key, object? value, string where) => false;

    /// <summary>Where the overlay of nested settings begins: at the record that is there, or at the defaults of its type.</summary>
    /// <param name="type">The property's type, or one derived from it.</param>
    /// <param name="current">The record that is there, if there is one.</param>
    /// <param name="tree">The nested settings.</param>
    protected virtual object StartOf(Type type, object? current, PlainDictionary tree) => type.IsInstanceOfType(current) ? current! : Activator.CreateInstance(type)!;

    /// <summary>The record or list that a value other than a dictionary or list stands for; null if there is none.</summary>
    protected virtual object? Shorthand(Type type, object value) => null;

    private object OverlayRecord(string file, PlainDictionary tree, object start, string path)
    {
        var type = start.GetType();
        // Records clone themselves by this method; all properties of the copy may then be set anew.
        var result = type.GetMethod("<Clone>$")!.Invoke(start, null)!;
        var properties = Properties(type);
        foreach (var (rawKey, value) in tree)
        {
            var key = rawKey as string ?? throw new ConfigurationException(file, $"has the key {rawKey} in '{path}'; keys are names");
            var where = Join(path, key);
            var property = properties.GetValueOrDefault(key);
            if (Take(file, result, property, key, value, where))
                continue;
            if (property is null)
                throw new ConfigurationException(file, $"has the unknown setting '{where}'", $"Did you mean '{Spelling.Closest(key, properties.Keys)}'?");
            if (value is null && new NullabilityInfoContext().Create(property).WriteState != NullabilityState.Nullable)
                throw Wrong(file, where, value, "a value");
            property.SetValue(result, value is null ? null : ConvertTo(file, value, property.PropertyType, property.GetValue(start), where));
        }
        return result;
    }

    private object ConvertTo(string file, object value, Type type, object? current, string where)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(PlainDictionary))
            return value as PlainDictionary ?? throw Wrong(file, where, value, "nested settings");
        if (type == typeof(PlainList))
            return value as PlainList ?? throw Wrong(file, where, value, "a list");
        if (type == typeof(int))
            return value is long number and >= int.MinValue and <= int.MaxValue ? (int)number : throw Wrong(file, where, value, "a whole number");
        if (type == typeof(long))
            return value is long ? value : throw Wrong(file, where, value, "a whole number");
        if (type == typeof(ulong))
            return value is long number and >= 0 ? (ulong)number : throw Wrong(file, where, value, "a whole number of 0 or more");
        if (type == typeof(double))
            return value switch
            {
                long number => (double)number,
                double number when double.IsFinite(number) => number,
                // Checkpoints hold numbers with a fraction as text: see Checkpoints.ConfigValues.
                string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => number,
                _ => throw Wrong(file, where, value, "a number"),
            };
        if (type == typeof(bool))
            return value is bool ? value : throw Wrong(file, where, value, "true or false");
        if (type == typeof(string))
            return value as string ?? (value is long number ? number.ToString(CultureInfo.InvariantCulture) : throw Wrong(file, where, value, "text"));
        if (type.IsEnum)
            return Enumeration(file, value, type, where);
        if (type == typeof(IntList))
            return value is PlainList { Count: <= MaxIntegers } list && list.All(item => item is long and >= int.MinValue and <= int.MaxValue)
                ? IntList.Create([.. list.Select(item => (int)(long)item!)])
                : throw Wrong(file, where, value, "a list of whole numbers");
        if (ElementType(type) is { } element)
            return value is PlainList items ? List(file, items, element, where) : Shorthand(type, value) ?? throw Wrong(file, where, value, "a list");
        if (value is PlainDictionary nested)
            return OverlayRecord(file, nested, StartOf(type, current, nested), where);
        return Shorthand(type, value) ?? throw Wrong(file, where, value, "nested settings");
    }

    private static object Enumeration(string file, object value, Type type, string where)
    {
        var names = Enum.GetNames(type);
        var chosen = names.FirstOrDefault(name => value is string text && Spelling.InFiles(name) == text);
        return chosen is not null ? Enum.Parse(type, chosen) : throw Wrong(file, where, value, $"one of {string.Join(", ", names.Select(Spelling.InFiles))}");
    }

    private Array List(string file, PlainList items, Type element, string where)
    {
        var result = Array.CreateInstance(element, items.Count);
        for (var i = 0; i < items.Count; i++)
            result.SetValue(ConvertTo(file, items[i] ?? throw Wrong(file, $"{where}.{i}", null, "a value"), element, null, $"{where}.{i}"), i);
        return result;
    }

    private object? Plain(object? value) => value switch
    {
        null or ValueType or string or PlainDictionary or PlainList => PlainList.Plain(value),
        IEnumerable items => new PlainList(items.Cast<object?>().Select(Plain)),
        _ => Of(value),
    };

    private OrderedDictionary<string, PropertyInfo> Properties(Type type) => _properties.GetOrAdd(type, _ => new(
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(IsSetting).Select(property => KeyValuePair.Create(NameOf(property), property)),
        StringComparer.Ordinal));

    private static Type? ElementType(Type type) =>
        type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) || type.GetGenericTypeDefinition() == typeof(IReadOnlyCollection<>)) ? type.GetGenericArguments()[0] : null;

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    private static ConfigurationException Wrong(string file, string where, object? value, string expected) =>
        new(file, $"has '{where}: {(value is PlainDictionary ? "…" : PlainYaml.Flow(value))}' where {expected} belongs", "Correct the setting");
}
