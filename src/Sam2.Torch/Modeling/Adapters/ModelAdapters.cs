using System.IO.Enumeration;
using Sam2.Torch.Configuration;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling.Adapters;

/// <summary>
/// Adapters of a model: small trainable additions to modules that stay as they are. Modules are chosen by patterns of their names in the
/// state dict, such as <c>memory_attention.*.q_proj</c>: <c>*</c> stands for anything, dots included, <c>?</c> for one character, and
/// <c>q_proj|v_proj</c> at the end for either. Of the modules that fit, those count that can be adapted.
/// </summary>
/// <remarks>
/// A model gets them by <see cref="Sam2Model.Attach"/>, after its weights are loaded, or with <see cref="Sam2Parts.Adapters"/>.
/// </remarks>
public sealed record ModelAdapters
{
    /// <summary>Low-rank updates of linear layers; null for none.</summary>
    public LoraSettings? Lora { get; init; }

    /// <summary>Bottlenecks beside or behind modules; null for none.</summary>
    public BottleneckSettings? Bottleneck { get; init; }

    /// <summary>Whether a parameter belongs to an adapter.</summary>
    /// <param name="name">Its name in the state dict.</param>
    public static bool IsParameter(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var parts = name.Split('.');
        return parts.Length > 1 && parts[^2] is LoraLinear.A or LoraLinear.B or BottleneckAdapter.Down or BottleneckAdapter.Up;
    }

    /// <summary>
    /// A state dict in which low-rank updates are parts of the weights that they change, so that the model needs none of them. Bottlenecks
    /// can't be merged, and stay.
    /// </summary>
    /// <param name="weights">The state dict of a model with these adapters.</param>
    /// <returns>The merged weights, in the current dispose scope; all others as they are.</returns>
    public IReadOnlyDictionary<string, Tensor> Merged(IReadOnlyDictionary<string, Tensor> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        var result = new OrderedDictionary<string, Tensor>();
        foreach (var (name, weight) in weights)
        {
            var module = name.EndsWith(".weight", StringComparison.Ordinal) ? name[..^".weight".Length] : name;
            if (IsLora(name))
                continue;
            result.Add(name, Lora is not null && weights.TryGetValue($"{module}.{LoraLinear.A}.weight", out var a)
                ? LoraLinear.Sum(weight, a, weights[$"{module}.{LoraLinear.B}.weight"], Lora.Scaling)
                : weight);
        }
        return result;
    }

    /// <summary>Whether a parameter is one of a low-rank update's matrices.</summary>
    internal static bool IsLora(string name) => name.Split('.') is [.., LoraLinear.A or LoraLinear.B, "weight"];

    /// <summary>Adds the adapters to a model.</summary>
    /// <exception cref="ArgumentException">A pattern fits no module that can be adapted, or a setting is out of range.</exception>
    internal (IReadOnlyList<LoraLinear> Lora, IReadOnlyList<BottleneckAdapter> Bottlenecks) AttachTo(Sam2Model model)
    {
        var (lora, bottlenecks) = Find(model);
        Lora?.Validate();
        Bottleneck?.Validate();
        return ([.. lora.Select(found => new LoraLinear(found.Module, Lora!, found.Name))], [.. bottlenecks.Select(found => new BottleneckAdapter(found.Module, Bottleneck!, found.Name))]);
    }

    /// <summary>The first parameter of each adapter that a model would get: its name, and its number of rows.</summary>
    /// <exception cref="ArgumentException">A pattern fits no module that can be adapted.</exception>
    internal IEnumerable<(string Name, int Rows)> FirstParameters(Sam2Model model)
    {
        var (lora, bottlenecks) = Find(model);
        return lora.Select(found => ($"{found.Name}.{LoraLinear.A}.weight", Lora!.Rank)).Concat(bottlenecks.Select(found => ($"{found.Name}.{BottleneckAdapter.Down}.weight", Bottleneck!.Width)));
    }

    private (List<(string Name, nn.Module<Tensor, Tensor> Module)> Lora, List<(string Name, nn.Module<Tensor, Tensor> Module)> Bottlenecks) Find(Sam2Model model)
    {
        var modules = model.named_modules().ToList();
        return (
            Lora is null ? [] : Find("lora", Lora.Modules, modules, module => LoraLinear.WeightOf(module) is not null),
            Bottleneck is null ? [] : Find("adapter", Bottleneck.Modules, modules, BottleneckAdapter.Fits));
    }

    private static List<(string Name, nn.Module<Tensor, Tensor> Module)> Find(
        string kind, IReadOnlyList<string> patterns, IReadOnlyList<(string name, nn.Module module)> modules, Func<nn.Module, bool> fits)
    {
        var possible = modules.Where(found => found.module is nn.Module<Tensor, Tensor> && fits(found.module)).ToList();
        var chosen = new HashSet<string>();
        foreach (var pattern in patterns)
        {
            var names = possible.Select(found => found.name).Where(name => Alternatives(pattern).Any(each => FileSystemName.MatchesSimpleExpression(each, name, ignoreCase: false))).ToList();
            if (names.Count == 0)
                throw new ArgumentException(
                    $"{kind}.modules: no module of the model that can be adapted fits the pattern '{pattern}'; one of the names is '{Closest(pattern, [.. possible.Select(found => found.name)])}'.");
            chosen.UnionWith(names);
        }
        if (chosen.Count == 0)
            throw new ArgumentException($"{kind}.modules names no module; give patterns such as 'memory_attention.*.q_proj'.");
        return [.. possible.Where(found => chosen.Contains(found.name)).Select(found => (found.name, (nn.Module<Tensor, Tensor>)found.module))];
    }

    /// <summary>The first name whose last part is most like the pattern's.</summary>
    private static string Closest(string pattern, IReadOnlyList<string> names)
    {
        static string Last(string name) => name[(name.LastIndexOf('.') + 1)..];
        var last = Spelling.Closest(Last(pattern), [.. names.Select(Last)]);
        return names.First(name => Last(name) == last);
    }

    /// <summary><c>a.b|c</c> is <c>a.b</c> and <c>a.c</c>.</summary>
    private static IEnumerable<string> Alternatives(string pattern)
    {
        var last = pattern.LastIndexOf('.') + 1;
        return pattern[last..].Split('|').Select(end => pattern[..last] + end);
    }
}
