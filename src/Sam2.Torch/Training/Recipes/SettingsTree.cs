using System.Collections;
using System.Globalization;
using System.Reflection;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Training.Optimization;

namespace Sam2.Torch.Training.Recipes;

/// <summary>
/// The mapping between a recipe's records and nested dictionaries as YAML has them: property names in Pascal case are keys in
/// snake case, enumerations are names, lists of records are lists of dictionaries. Records that gain a property need no change here.
/// </summary>
internal static class SettingsTree
{
    /// <summary>A record as a tree of dictionaries, lists, strings, <see cref="long"/>, <see cref="double"/>, bool and null.</summary>
    public static PlainDictionary Of(object record)
    {
        var tree = new PlainDictionary();
        foreach (var (name, property) in Properties(record.GetType()))
            tree.Set(name, Plain(property.GetValue(record)));
        return tree;
    }

    /// <summary>Overlays a tree on a record: keys of the tree replace the record's values, the others stay.</summary>
    /// <param name="file">Named in errors.</param>
    /// <param name="tree">The settings.</param>
    /// <param name="start">Where the overlay begins.</param>
    /// <param name="path">Where in the file the settings stand; named in errors.</param>
    /// <exception cref="CheckpointException">A key is unknown, or a value has another type.</exception>
    public static T Overlay<T>(string file, PlainDictionary tree, T start, string path = "") where T : notnull => (T)Overlay(file, tree, (object)start, path);

    /// <summary>Paths at which two trees differ, with both values.</summary>
    public static IEnumerable<(string Path, object? A, object? B)> Differences(PlainDictionary a, PlainDictionary b, string path = "")
    {
        foreach (var key in a.Keys.Union(b.Keys))
        {
            var (x, y) = (a.GetValueOrDefault(key), b.GetValueOrDefault(key));
            var where = path.Length == 0 ? $"{key}" : $"{path}.{key}";
            if (x is PlainDictionary nestedX && y is PlainDictionary nestedY)
                foreach (var difference in Differences(nestedX, nestedY, where))
                    yield return difference;
            else if (RecipeYaml.Flow(x) != RecipeYaml.Flow(y))
                yield return (where, x, y);
        }
    }

    private static object Overlay(string file, PlainDictionary tree, object start, string path)
    {
        var type = start.GetType();
        // Records clone themselves by this method; all their properties may then be set anew.
        var result = type.GetMethod("<Clone>$")!.Invoke(start, null)!;
        var properties = Properties(type);
        foreach (var (rawKey, value) in tree)
        {
            var key = rawKey as string ?? throw new CheckpointException(file, $"has the key {rawKey} in '{path}'; keys are names");
            var where = path.Length == 0 ? key : $"{path}.{key}";
            if (!properties.TryGetValue(key, out var property))
                throw new CheckpointException(file, $"has the unknown setting '{where}'", $"Did you mean '{properties.Keys.MinBy(candidate => EditDistance.Between(key, candidate))}'?");
            var nullable = new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;
            if (value is null && !nullable)
                throw Wrong(file, where, value, "a value");
            property.SetValue(result, value is null ? null : Convert(file, value, property.PropertyType, property.GetValue(start), where));
        }
        return result;
    }

    private static object Convert(string file, object value, Type type, object? current, string where)
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
                _ => throw Wrong(file, where, value, "a number"),
            };
        if (type == typeof(bool))
            return value is bool ? value : throw Wrong(file, where, value, "true or false");
        if (type == typeof(string))
            return value as string ?? (value is long number ? number.ToString(CultureInfo.InvariantCulture) : throw Wrong(file, where, value, "text"));
        if (type.IsEnum)
            return Enumeration(file, value, type, where);
        if (type == typeof(ScheduleSettings) && value is long or double)
            return new ScheduleSettings { Value = System.Convert.ToDouble(value, CultureInfo.InvariantCulture) };
        if (ElementType(type) is { } element)
            return List(file, value, element, where);
        if (value is not PlainDictionary nested)
            throw Wrong(file, where, value, "nested settings");
        return Overlay(file, nested, current is not null && type.IsInstanceOfType(current) ? current : Activator.CreateInstance(type)!, where);
    }

    private static object Enumeration(string file, object value, Type type, string where)
    {
        var names = Enum.GetNames(type);
        var chosen = names.FirstOrDefault(name => value is string text && SnakeCaseName.Of(name) == text);
        return chosen is not null ? Enum.Parse(type, chosen) : throw Wrong(file, where, value, $"one of {string.Join(", ", names.Select(SnakeCaseName.Of))}");
    }

    private static IList List(string file, object value, Type element, string where)
    {
        if (value is not PlainList items)
            throw Wrong(file, where, value, "a list");
        var result = Array.CreateInstance(element, items.Count);
        for (var i = 0; i < items.Count; i++)
            result.SetValue(Convert(file, items[i] ?? throw Wrong(file, $"{where}.{i}", null, "a value"), element, null, $"{where}.{i}"), i);
        return result;
    }

    private static object? Plain(object? value) => value switch
    {
        null or bool or long or double or string or PlainDictionary or PlainList => value,
        int number => (long)number,
        ulong number => checked((long)number),
        Enum name => SnakeCaseName.Of(name.ToString()),
        IEnumerable items => new PlainList(items.Cast<object?>().Select(Plain)),
        var nested => Of(nested),
    };

    private static Type? ElementType(Type type) =>
        type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) || type.GetGenericTypeDefinition() == typeof(IReadOnlyCollection<>)) ? type.GetGenericArguments()[0] : null;

    private static OrderedDictionary<string, PropertyInfo> Properties(Type type)
    {
        var result = new OrderedDictionary<string, PropertyInfo>(StringComparer.Ordinal);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            if (property.CanWrite)
                result.Add(SnakeCaseName.Of(property.Name), property);
        return result;
    }

    private static CheckpointException Wrong(string file, string where, object? value, string expected) =>
        new(file, $"has '{where}: {(value is PlainDictionary ? "…" : RecipeYaml.Flow(value))}' where {expected} belongs", "Correct the setting");
}
