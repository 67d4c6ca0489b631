using System.Reflection;
using System.Runtime.CompilerServices;
using NUnit.Framework;
using TorchSharp.Tests.Creation;
using TorchSharp.Tests.Harness;
using TorchSharp.Tests.Modules;
using TorchSharp.Tests.Operators;
using TorchSharp.Tests.Pointwise;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Coverage;

/// <summary>
/// No public member without a test: every one must be referred to by the compiled tests, overload by overload.
/// What counts as referred to is read from this assembly's metadata, not from a list that could lie.
/// </summary>
public sealed class CoverageTests
{
    private static readonly Module Library = typeof(Tensor).Module;

    /// <summary>What no test can call, and why.</summary>
    private static readonly Dictionary<string, string> Exceptions = new()
    {
        ["TorchSharp.torch.set_num_interop_threads(Int32)"] = "libtorch allows it once per process, before any work",
        ["TorchSharp.torch.nn.HookableModule`2.HookRemover..ctor(HookableModule`2, String)"] = "the key is the module's secret; registering a hook makes one",
        ["TorchSharp.torch.jit.HookableScriptModule`2.HookRemover..ctor(HookableScriptModule`2, String)"] = "the key is the module's secret; registering a hook makes one",
        ["TorchSharp.torch.nn.Module._to(Tensor, Boolean)"] = "called by the extension method to",
    };

    [Test]
    public void Every_public_member_is_used_by_a_test()
    {
        var used = UsedByTests();
        var unused = Library.Assembly.GetExportedTypes()
            .Where(t => !t.IsEnum && !typeof(Delegate).IsAssignableFrom(t))
            .SelectMany(PublicMembers)
            .Where(m => !used.Contains(m.MetadataToken))
            .Select(Text)
            .Where(m => !Exceptions.ContainsKey(m))
            .Order(StringComparer.Ordinal)
            .ToArray();
        Assert.That(unused, Is.Empty, $"{unused.Length} public members are in no test:\n{string.Join('\n', unused)}");
    }

    /// <summary>Tokens of the library's methods that the tests' code refers to, and those that tests find by name.</summary>
    private static HashSet<int> UsedByTests()
    {
        const int firstMemberReference = 0x0A000001;
        var tests = typeof(CoverageTests).Module;
        var used = new HashSet<int>();
        for (var token = firstMemberReference; Resolve(token) is { } member; token++)
            if (member.Module == Library)
                used.Add(member.MetadataToken);

        // Evaluating the tables makes Forms find every overload that the table-driven tests call.
        foreach (var op in UnaryOperators.All)
            _ = op.Calls.Count() + op.InPlaceCalls.Count();
        foreach (var op in BinaryOperators.All)
            _ = op.Calls.Count() + op.InPlaceCalls.Count() + op.NumberCalls.Count() + op.NumberInPlaceCalls.Count();
        foreach (var c in OperatorCases.All)
            _ = c.Calls(c.Types[0]).Count + c.InPlaceCalls(c.Types[0]).Count;
        foreach (var name in new[] { "rand_like", "randn_like", "empty_like" })
            _ = Forms.With(name, []);
        _ = Forms.With("randint_like", [2L, 9L]);
        used.UnionWith(OverloadTests.Called.Concat(LayerSettingTests.Called).Select(m => m.MetadataToken));
        used.UnionWith(Forms.Found.Select(m => m.MetadataToken));
        return used;

        MemberInfo? Resolve(int token)
        {
            try
            {
                return tests.ResolveMember(token, null, null);
            }
            catch (ArgumentOutOfRangeException)
            {
                return null;
            }
            catch (Exception e) when (e is BadImageFormatException or ArgumentException)
            {
                // A member of a generic type of the tests themselves: not the library's.
                return tests.Assembly.ManifestModule.GetType();
            }
        }
    }

    private static IEnumerable<MethodBase> PublicMembers(Type type)
    {
        const BindingFlags declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        return type.GetMethods(declared).Where(m => !IsOverride(m) && !m.IsAbstract && !IsDispose(m)).Cast<MethodBase>()
            .Concat(type.GetConstructors(declared))
            .Where(m => !m.IsDefined(typeof(CompilerGeneratedAttribute)) || m.IsSpecialName);
    }

    // A using statement calls the interface's method.
    private static bool IsDispose(MethodInfo method) => method.Name == nameof(IDisposable.Dispose) && method.GetParameters().Length == 0;

    // Calls go to the method that is overridden; the layers' own tests call it on each of them.
    private static bool IsOverride(MethodInfo method) => method.GetBaseDefinition() != method;

    private static string Text(MethodBase method)
        => $"{method.DeclaringType!.FullName!.Replace('+', '.')}.{method.Name}({string.Join(", ", method.GetParameters().Select(p => p.ParameterType.Name))})";
}
