using System.Collections.Concurrent;
using System.Reflection;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Tells whether somebody watches a module. Inference on a CPU may compute in another order than the modules are written in: in pieces that fit
/// into the processor's cache, or with the weights of two layers multiplied first. Where a forward hook would see the difference, the
/// modules are called one after the other instead, as in training.
/// </summary>
internal static class ForwardHooks
{
    // TorchSharp keeps hooks in four dictionaries of the base class, and has no question for them.
    private static readonly string[] Names = ["pre_hooks", "post_hooks", "module_pre_hooks", "module_post_hooks"];

    private static readonly ConcurrentDictionary<Type, FieldInfo[]> Fields = new();

    /// <summary>Whether one of the modules has a forward hook, of its own or in a part of it.</summary>
    public static bool AreIn(params ReadOnlySpan<nn.Module?> modules)
    {
        foreach (var module in modules)
        {
            if (module is null) continue;
            if (IsWatched(module)) return true;
            foreach (var part in module.modules())
                if (IsWatched(part)) return true;
        }
        return false;
    }

    private static bool IsWatched(nn.Module module)
    {
        foreach (var field in Fields.GetOrAdd(module.GetType(), FieldsOf))
            if (field.GetValue(module) is not System.Collections.ICollection { Count: 0 }) return true;
        return false;
    }

    private static FieldInfo[] FieldsOf(Type type)
    {
        for (var ancestor = type; ancestor is not null; ancestor = ancestor.BaseType)
        {
            if (ancestor is not { IsGenericType: true, Name: "HookableModule`2" }) continue;
            return [.. Names.Select(name => ancestor.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)).OfType<FieldInfo>()];
        }
        return []; // lists of modules, which nobody calls
    }
}
