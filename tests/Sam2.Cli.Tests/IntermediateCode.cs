using System.Reflection;
using System.Reflection.Emit;

namespace Sam2.Cli.Tests;

/// <summary>What compiled code names: types, methods and fields, read from its intermediate language.</summary>
internal static class IntermediateCode
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<ushort, OpCode> OpCodesByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => (ushort)code.Value);

    /// <summary>The methods and constructors that a type declares itself.</summary>
    public static IEnumerable<MethodBase> Methods(Type type) => type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared));

    /// <summary>All calls in an assembly's code.</summary>
    public static IEnumerable<(MethodBase Caller, MethodBase Called)> Calls(Assembly assembly) =>
        from type in assembly.GetTypes()
        from caller in Methods(type)
        from called in Members(caller).OfType<MethodBase>()
        select (caller, called);

    /// <summary>The types, methods and fields that a method's code names; none for one without code.</summary>
    public static IEnumerable<MemberInfo> Members(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code) yield break;
        var typeArguments = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        foreach (var token in Tokens(code))
            if (method.Module.ResolveMember(token, typeArguments, methodArguments) is { } member) yield return member;
    }

    /// <summary>The metadata tokens of types, methods and fields in a method's code.</summary>
    private static IEnumerable<int> Tokens(byte[] code)
    {
        for (var at = 0; at < code.Length;)
        {
            // The first byte of an operation code of two bytes is 0xFE.
            var operation = OpCodesByValue[code[at] == 0xFE ? (ushort)(0xFE00 | code[at + 1]) : code[at]];
            at += operation.Size;
            if (operation.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
                yield return BitConverter.ToInt32(code, at);
            at += operation.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }
}
