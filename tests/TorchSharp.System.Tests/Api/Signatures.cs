using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace TorchSharp.Tests.Api;

/// <summary>
/// Writes the public and protected members of an assembly as the lines of TorchSharp's signature list: kind, name with
/// parameters, then modifiers and type. Nullability is written for the outermost types of parameters and results.
/// </summary>
internal sealed class Signatures
{
    private const BindingFlags Declared = BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool",
        [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte", [typeof(short)] = "short", [typeof(int)] = "int",
        [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(float)] = "float", [typeof(double)] = "double",
    };

    private readonly NullabilityInfoContext nullability = new();

    public static IEnumerable<string> Of(Assembly assembly)
    {
        var signatures = new Signatures();
        return assembly.GetTypes().Where(IsVisible).SelectMany(signatures.Of);
    }

    private static bool IsVisible(Type type) =>
        type.IsNested ? (type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamORAssem) && IsVisible(type.DeclaringType!) : type.IsPublic;

    private static bool IsVisible(MethodBase? method) => method is { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true };

    private IEnumerable<string> Of(Type type)
    {
        string name = Name(type);
        yield return $"T {name} | {Kind(type)}{Bases(type)}";
        if (typeof(Delegate).IsAssignableFrom(type)) yield break;
        if (type.IsEnum)
        {
            foreach (FieldInfo value in type.GetFields(BindingFlags.Static | BindingFlags.Public))
                yield return $"F {name}.{value.Name} | = {Convert.ToInt64(value.GetRawConstantValue(), CultureInfo.InvariantCulture)}";
            yield break;
        }
        foreach (ConstructorInfo constructor in type.GetConstructors(Declared).Where(c => !c.IsStatic && IsVisible(c)))
            yield return $"C {name}({Parameters(constructor)}) | {(constructor.IsPublic ? "public" : "protected")}";
        foreach (FieldInfo field in type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly))
            yield return $"F {name}.{field.Name} | {(field.IsStatic ? "static " : "")}{Name(field.FieldType)}";
        foreach (MethodInfo method in type.GetMethods(Declared).Where(m => IsVisible(m) && (!m.IsSpecialName || m.Name.StartsWith("op_"))))
            yield return $"M {name}.{method.Name}{GenericArguments(method)}({Parameters(method)}) | {Modifiers(method)}{Name(method.ReturnType)}{Mark(nullability.Create(method.ReturnParameter))}";
        foreach (PropertyInfo property in type.GetProperties(Declared))
        {
            MethodInfo? get = property.GetMethod, set = property.SetMethod;
            if (!IsVisible(get) && !IsVisible(set)) continue;
            string indices = property.GetIndexParameters() is { Length: > 0 } parameters ? $"this[{Parameters(parameters)}]" : property.Name;
            string accessors = $"{{ {(IsVisible(get) ? "get; " : "")}{(IsVisible(set) ? "set; " : "")}}}";
            yield return $"P {name}.{indices} | {((get ?? set)!.IsStatic ? "static " : "")}{Name(property.PropertyType)} {accessors}";
        }
    }

    private static string Kind(Type type) =>
        typeof(Delegate).IsAssignableFrom(type) ? "delegate"
        : type.IsEnum ? "enum"
        : type.IsInterface ? "interface"
        : type.IsValueType ? "struct"
        : type is { IsAbstract: true, IsSealed: true } ? "static class"
        : type.IsAbstract ? "abstract class"
        : type.IsSealed ? "sealed class"
        : "class";

    private static string Bases(Type type)
    {
        if (type.IsEnum) return "";
        Type? parent = type.BaseType;
        var inherited = new HashSet<Type>(parent?.GetInterfaces() ?? []);
        List<string> names = type.GetInterfaces().Where(i => !inherited.Contains(i) && !i.IsNested).Select(Name).Order(StringComparer.Ordinal).ToList();
        if (parent is not null && parent != typeof(object) && parent != typeof(ValueType)) names.Insert(0, Name(parent));
        return names.Count == 0 ? "" : " : " + string.Join(", ", names);
    }

    private static string Modifiers(MethodInfo method) =>
        (method.IsPublic ? "" : "protected ")
        + (method.IsStatic ? "static " : method.IsAbstract ? "abstract " : method is { IsVirtual: true, IsFinal: false } ? "virtual " : "");

    private string Parameters(MethodBase method)
    {
        string parameters = Parameters(method.GetParameters());
        return method.IsDefined(typeof(ExtensionAttribute), false) ? "this " + parameters : parameters;
    }

    private string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(Parameter));

    private string Parameter(ParameterInfo parameter)
    {
        Type type = parameter.ParameterType;
        string prefix = parameter.IsDefined(typeof(ParamArrayAttribute), false) ? "params " : parameter.IsOut ? "out " : type.IsByRef ? "ref " : "";
        string text = $"{prefix}{Name(type.IsByRef ? type.GetElementType()! : type)}{Mark(nullability.Create(parameter))} {parameter.Name}";
        return parameter.HasDefaultValue ? $"{text} = {Default(type, parameter.RawDefaultValue)}" : text;
    }

    private static string Default(Type type, object? value) => value switch
    {
        null => type.IsValueType && Nullable.GetUnderlyingType(type) is null ? "default" : "null",
        bool truth => truth ? "true" : "false",
        string text => $"\"{text}\"",
        _ when type.IsEnum => $"{Name(type)}.{Enum.ToObject(type, value)}",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Mark(NullabilityInfo info) =>
        !info.Type.IsValueType && (info.ReadState == NullabilityState.Nullable || info.WriteState == NullabilityState.Nullable) ? "?" : "";

    private static string GenericArguments(MethodInfo method) =>
        method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";

    private static string Name(Type type)
    {
        if (Keywords.TryGetValue(type, out string? keyword)) return keyword;
        if (type.IsGenericParameter) return type.Name;
        if (type.IsArray) return $"{Name(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        if (Nullable.GetUnderlyingType(type) is { } underlying) return Name(underlying) + "?";

        Type[] arguments = type.GetGenericArguments();
        int inherited = type.DeclaringType?.GetGenericArguments().Length ?? 0;
        string own = arguments.Length > inherited ? $"<{string.Join(", ", arguments.Skip(inherited).Select(Name))}>" : "";
        string name = type.Name.Split('`')[0] + own;
        if (type.IsNested)
        {
            Type outer = type.DeclaringType!;
            return $"{Name(outer.IsGenericTypeDefinition && inherited > 0 ? outer.MakeGenericType(arguments[..inherited]) : outer)}.{name}";
        }
        return type.Namespace is "System" or "System.Collections.Generic" ? name : $"{type.Namespace}.{name}";
    }
}
