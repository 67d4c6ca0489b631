using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sam2.Torch.Configuration;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Optimization;

/// <summary>Parameters that share learning rate and weight decay.</summary>
/// <param name="Names">The parameters' names, in the model's order.</param>
/// <param name="LearningRate">The learning rate before <paramref name="Scale"/>.</param>
/// <param name="Scale">The factor of the learning rate from layer-wise decay.</param>
/// <param name="WeightDecay">The weight decay.</param>
public sealed record ParameterGroup(IReadOnlyList<string> Names, Schedule LearningRate, double Scale, Schedule WeightDecay)
{
    /// <summary>The learning rate at a point of the run in [0, 1).</summary>
    public double LearningRateAt(double where) => Scale * LearningRate.At(where);
}

/// <summary>
/// Sorts a model's parameters into groups with the same learning rate and weight decay
/// (training/optimizer.py, <c>construct_optimizer</c>).
/// </summary>
public static class ParameterGroups
{
    private const string Blocks = ".blocks.";

    /// <summary>The groups; together they hold every trainable parameter once.</summary>
    /// <param name="model">The model. Parameters that don't require gradients are left out.</param>
    /// <param name="settings">Learning rates, weight decay and layer decay.</param>
    /// <exception cref="ArgumentException">A pattern fits no parameter, two entries claim the same one, or none does; the message names it.</exception>
    public static IReadOnlyList<ParameterGroup> Of(nn.Module model, OptimizerSettings settings)
    {
        var parameters = model.named_parameters().ToList();
        var names = parameters.Select(p => p.name).ToList();
        var classes = ClassesByParameter(model);
        var rates = Assign("lr", settings.Lr, names, classes);
        var decays = Assign("weight_decay", settings.WeightDecay, names, classes);
        var blocks = settings.LayerDecay is { } decay ? CountBlocks(names, decay.ApplyTo) : 0;
        double Scale(string name) => settings.LayerDecay is { } layers ? LayerDecay.Scale(layers, name, blocks) : 1;

        return [.. parameters.Where(p => p.parameter.requires_grad).Select(p => p.name)
            .GroupBy(name => (Rate: rates[name], Scale: Scale(name), Decay: decays[name]))
            .Select(group => new ParameterGroup([.. group], Parse("lr", settings.Lr, group.Key.Rate), group.Key.Scale, Parse("weight_decay", settings.WeightDecay, group.Key.Decay)))];
    }

    /// <summary>The parameters whose names fit one of the patterns.</summary>
    /// <exception cref="ArgumentException">A pattern fits none.</exception>
    public static IReadOnlySet<string> Matching(string option, IEnumerable<string> patterns, IReadOnlyCollection<string> names)
    {
        var result = new HashSet<string>();
        foreach (var pattern in patterns)
        {
            var matches = names.Where(name => GlobPattern.Matches(pattern, name)).ToList();
            if (matches.Count == 0)
                throw new ArgumentException($"{option}: no parameter of the model fits the pattern '{pattern}'; one of the names is '{Spelling.Closest(pattern, names)}'");
            result.UnionWith(matches);
        }
        return result;
    }

    /// <summary>Which entry of an option's list is for which parameter.</summary>
    private static Dictionary<string, int> Assign(string option, IReadOnlyList<OptionSettings> entries, IReadOnlyCollection<string> names, IReadOnlyDictionary<string, string> classes)
    {
        var result = new Dictionary<string, int>();
        var general = -1;
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i] is { ParamNames: null, ModuleClsNames: null })
            {
                if (general >= 0)
                    throw new ArgumentException($"optimizer.{option}: entries {general} and {i} both name no parameters; only one can be for all the others");
                general = i;
                continue;
            }
            var claimed = Matching($"optimizer.{option}", entries[i].ParamNames ?? [], names)
                .Union(OfClasses($"optimizer.{option}", entries[i].ModuleClsNames ?? [], classes));
            foreach (var name in claimed)
                if (!result.TryAdd(name, i))
                    throw new ArgumentException($"optimizer.{option}: entries {result[name]} and {i} both claim {name}; make their patterns exclude each other");
        }
        foreach (var name in names)
            if (!result.ContainsKey(name))
                result[name] = general >= 0 ? general : throw new ArgumentException($"optimizer.{option}: no entry is for {name}; add one without param_names, which is for all the others");
        return result;
    }

    private static IEnumerable<string> OfClasses(string option, IEnumerable<string> wanted, IReadOnlyDictionary<string, string> classes)
    {
        foreach (var name in wanted)
        {
            // The original's recipes say torch.nn.LayerNorm.
            var simple = name[(name.LastIndexOf('.') + 1)..];
            var found = classes.Where(c => c.Value == simple).Select(c => c.Key).ToList();
            if (found.Count == 0)
                throw new ArgumentException($"{option}: no module of the model is a '{name}'; its classes with parameters are {string.Join(", ", classes.Values.Distinct().Order(StringComparer.Ordinal))}");
            foreach (var parameter in found)
                yield return parameter;
        }
    }

    private static Dictionary<string, string> ClassesByParameter(nn.Module model)
    {
        var result = new Dictionary<string, string>();
        foreach (var (path, module) in model.named_modules().Prepend(("", model)))
            foreach (var (name, _) in module.named_parameters(recurse: false))
                result[path.Length == 0 ? name : $"{path}.{name}"] = module.GetType().Name;
        return result;
    }

    private static int CountBlocks(IEnumerable<string> names, string part)
    {
        var blocks = names.Where(name => name.StartsWith(part + Blocks, StringComparison.Ordinal)).Select(name => LayerDecay.Layer(name, blocks: -1)).DefaultIfEmpty(0).Max();
        return blocks > 0 ? blocks : throw new ArgumentException($"optimizer.layer_decay.apply_to: '{part}' has no blocks; image_encoder.trunk of SAM 2 and EfficientTAM has");
    }

    private static Schedule Parse(string option, IReadOnlyList<OptionSettings> entries, int index)
    {
        try
        {
            return entries[index].ToSchedule();
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"optimizer.{option}.{index}: {e.Message}", e);
        }
    }
}

/// <summary>
/// Layer-wise learning-rate decay (BEiT, appendix; training/optimizer.py, <c>layer_decay_param_modifier</c>): of a trunk with n
/// blocks the last learns at <c>decay</c> times the learning rate, the one before at <c>decay²</c>, … the embeddings at
/// <c>decayⁿ⁺¹</c>.
/// </summary>
internal static class LayerDecay
{
    /// <summary>The factor of a parameter's learning rate; 1 outside of the trunk.</summary>
    /// <param name="settings">The decay.</param>
    /// <param name="name">The parameter's name.</param>
    /// <param name="blocks">Number of blocks of the trunk.</param>
    public static double Scale(LayerDecaySettings settings, string name, int blocks)
    {
        if (!name.StartsWith(settings.ApplyTo, StringComparison.Ordinal))
            return 1;
        if (settings.Overrides.FirstOrDefault(o => GlobPattern.Matches(o.Pattern, name)) is { } special)
            return special.Value;
        return Math.Max(settings.Min ?? 0, Math.Pow(settings.Value, blocks + 1 - Layer(name, blocks)));
    }

    /// <summary>0 for the embeddings, i + 1 for block i, and the number of blocks + 1 for what follows them.</summary>
    internal static int Layer(string name, int blocks)
    {
        if (name.Contains("pos_embed", StringComparison.Ordinal) || name.Contains("patch_embed", StringComparison.Ordinal))
            return 0;
        var parts = name.Split('.');
        var at = Array.IndexOf(parts, "blocks");
        return at >= 0 && at + 1 < parts.Length && int.TryParse(parts[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var block) ? block + 1 : blocks + 1;
    }
}

/// <summary>
/// Patterns of parameter names as the original's recipes have them (Python's <c>fnmatch</c>): <c>*</c>, <c>?</c>, <c>[abc]</c>,
/// <c>[!abc]</c>. .NET's own file patterns have no sets, and treat backslashes and folders specially.
/// </summary>
internal static class GlobPattern
{
    /// <summary>Whether a whole name fits a pattern; case matters.</summary>
    public static bool Matches(string pattern, string name) => Regex.IsMatch(name, ToRegex(pattern), RegexOptions.CultureInvariant | RegexOptions.Singleline);

    private static string ToRegex(string pattern)
    {
        var regex = new StringBuilder("\\A");
        for (var i = 0; i < pattern.Length; i++)
        {
            var close = pattern[i] == '[' ? pattern.IndexOf(']', Math.Min(i + 2, pattern.Length)) : -1;
            if (pattern[i] == '*')
            {
                regex.Append(".*");
            }
            else if (pattern[i] == '?')
            {
                regex.Append('.');
            }
            else if (close > 0)
            {
                var set = pattern[(i + 1)..close].Replace("\\", "\\\\", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal);
                regex.Append('[').Append(set[0] is '!' ? "^" + set[1..] : set[0] is '^' ? "\\" + set : set).Append(']');
                i = close;
            }
            else
            {
                regex.Append(Regex.Escape(pattern[i].ToString()));
            }
        }
        return regex.Append("\\z").ToString();
    }
}
