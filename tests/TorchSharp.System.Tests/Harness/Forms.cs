using System.Reflection;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Harness;

/// <summary>
/// Finds every public way to call an operator by its name: the method of <see cref="Tensor"/>, the static functions of
/// <c>torch</c> and <c>torch.nn.functional</c>, and C#'s operators. New overloads are tested as soon as they exist.
/// </summary>
public static class Forms
{
    private static readonly Type[] StaticHosts = [typeof(torch), typeof(nn.functional)];

    private static readonly Dictionary<Type, object> Numbers = new()
    {
        [typeof(int)] = 2, [typeof(long)] = 2L, [typeof(float)] = 1.5f, [typeof(double)] = 1.5, [typeof(Scalar)] = (Scalar)1.5,
    };

    /// <summary>Everything that was found; the coverage test counts it as tested.</summary>
    public static HashSet<MethodInfo> Found { get; } = [];

    /// <summary>Functions of one tensor; further parameters keep their defaults.</summary>
    public static IReadOnlyList<(string Name, Func<Tensor, Tensor> Call)> Unary(string name, string? csharpOperator = null)
        => [.. Candidates(name, csharpOperator).Where(c => Takes(c, typeof(Tensor))).Select(c => (Text(c), (Func<Tensor, Tensor>)(x => Invoke(c, x))))];

    /// <summary>Functions of one tensor that overwrite it: the trailing underscore, or a parameter <c>inplace</c>.</summary>
    public static IReadOnlyList<(string Name, Func<Tensor, Tensor> Call)> UnaryInPlace(string name)
        => [.. Unary(name + "_"), .. Candidates(name, null).Where(c => Takes(c, typeof(Tensor)) && c.GetParameters().Any(p => p.Name == "inplace"))
            .Select(c => ($"{Text(c)} inplace", (Func<Tensor, Tensor>)(x => Invoke(c, [x], inplace: true))))];

    /// <summary>Functions of two tensors.</summary>
    public static IReadOnlyList<(string Name, Func<Tensor, Tensor, Tensor> Call)> Binary(string name, string? csharpOperator = null)
        => [.. Candidates(name, csharpOperator).Where(c => Takes(c, typeof(Tensor), typeof(Tensor)))
            .Select(c => (Text(c), (Func<Tensor, Tensor, Tensor>)((x, y) => Invoke(c, x, y))))];

    /// <summary>Functions of a tensor and a number, with the number that they are called with.</summary>
    public static IReadOnlyList<(string Name, Func<Tensor, Tensor> Call, double Number)> WithNumber(string name, string? csharpOperator = null)
        => [.. from number in Numbers
               from c in Candidates(name, csharpOperator)
               where Takes(c, typeof(Tensor), number.Key)
               select (Text(c), (Func<Tensor, Tensor>)(x => Invoke(c, x, number.Value)), ToDouble(number.Value))];

    /// <summary>C#'s operators between a number and a tensor.</summary>
    public static IReadOnlyList<(string Name, Func<Tensor, Tensor> Call, double Number)> NumberWith(string csharpOperator)
        => [.. from number in Numbers
               from c in Candidates(null, csharpOperator)
               where Takes(c, number.Key, typeof(Tensor))
               select (Text(c), (Func<Tensor, Tensor>)(x => Invoke(c, number.Value, x)), ToDouble(number.Value))];

    /// <summary>Functions of one tensor and the given arguments; further parameters keep their defaults. Results may be tuples or lists.</summary>
    public static IReadOnlyList<(string Name, Func<Tensor, object> Call)> With(string name, object?[] arguments)
    {
        var methods = typeof(Tensor).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Concat(StaticHosts.SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Static)))
            .Where(m => m.Name == name && m.ReturnType != typeof(void) && !TorchSharpDefects.Has(Text(m)) && Fits(m));
        return [.. methods.Select(m => (Text(m), (Func<Tensor, object>)(x => Call(m, x))))];

        bool Fits(MethodInfo method)
        {
            var parameters = method.GetParameters().AsSpan();
            if (method.IsStatic)
            {
                if (parameters.Length == 0 || parameters[0].ParameterType != typeof(Tensor))
                    return false;
                parameters = parameters[1..];
            }
            if (parameters.Length < arguments.Length)
                return false;
            for (var i = 0; i < parameters.Length; i++)
                if (i < arguments.Length ? !Accepts(parameters[i].ParameterType, arguments[i]) : !parameters[i].HasDefaultValue)
                    return false;
            Found.Add(method);
            return true;
        }

        static bool Accepts(Type type, object? argument)
            => argument is null ? !type.IsValueType || Nullable.GetUnderlyingType(type) is not null : type.IsInstanceOfType(argument);

        object Call(MethodInfo method, Tensor x)
        {
            var skipped = method.IsStatic ? 1 : 0;
            var all = arguments.Concat(method.GetParameters().Skip(arguments.Length + skipped).Select(p => p.DefaultValue));
            var given = method.IsStatic ? all.Prepend(x) : all;
            return method.Invoke(method.IsStatic ? null : x, BindingFlags.DoNotWrapExceptions, null, [.. given], null)!;
        }
    }

    private static IEnumerable<MethodInfo> Candidates(string? name, string? csharpOperator)
        => typeof(Tensor).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(m => m.Name == csharpOperator || (m.Name == name && !m.IsStatic))
            .Concat(StaticHosts.SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Static)).Where(m => m.Name == name))
            .Where(m => m.ReturnType == typeof(Tensor) && !TorchSharpDefects.Has(Text(m)));

    private static bool Takes(MethodInfo method, params Type[] leading)
    {
        Type[] types = [.. method.IsStatic ? [] : new[] { typeof(Tensor) }, .. method.GetParameters().Select(p => p.ParameterType)];
        var fits = types.Length >= leading.Length && types.Take(leading.Length).SequenceEqual(leading)
            && method.GetParameters().Skip(leading.Length - (method.IsStatic ? 0 : 1)).All(p => p.HasDefaultValue);
        if (fits)
            Found.Add(method);
        return fits;
    }

    private static Tensor Invoke(MethodInfo method, params object[] leading) => Invoke(method, leading, inplace: false);

    private static Tensor Invoke(MethodInfo method, object[] leading, bool inplace)
    {
        var target = method.IsStatic ? null : leading[0];
        var given = method.IsStatic ? leading : leading[1..];
        var arguments = given.Concat(method.GetParameters().Skip(given.Length).Select(p => p.Name == "inplace" ? inplace : p.DefaultValue)).ToArray();
        return (Tensor)method.Invoke(target, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
    }

    private static double ToDouble(object number) => number is Scalar s ? s.ToDouble() : Convert.ToDouble(number);

    private static string Text(MethodInfo method)
        => $"{method.DeclaringType!.Name}.{method.Name}({string.Join(", ", method.GetParameters().Select(p => p.ParameterType.Name))})";
}
