using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Checkpoints;

/// <summary>Fills modules from checkpoints, matching keys and shapes one to one.</summary>
public static class CheckpointLoader
{
    private const int ListedKeys = 5;

    private static readonly (string From, string To)[] Exchanges = [(".gamma", ".weight"), (".weight", ".gamma"), (".beta", ".bias"), (".bias", ".beta")];

    /// <summary>
    /// Copies every tensor of the checkpoint into the parameter or buffer of the same key, converting element types. One
    /// tensor at a time: beside the module itself only a few megabytes are needed.
    /// </summary>
    /// <param name="module">The module; its keys and shapes must be those of the checkpoint.</param>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <param name="replaced">
    /// What the keys of replaced parts begin with (<see cref="Sam2Parts.ReplacedKeys"/>). Of these, what has the same key and shape
    /// in file and module is copied, and nothing else is asked of them.
    /// </param>
    /// <exception cref="CheckpointException">Keys are missing, unexpected or of another shape (the module is then unchanged), or the file is damaged.</exception>
    public static void LoadInto(nn.Module module, Checkpoint checkpoint, IReadOnlyList<string>? replaced = null)
    {
        using var scope = NewDisposeScope();
        var targets = module.state_dict();
        RequireMatch(checkpoint, targets.ToDictionary(t => t.Key, t => (IReadOnlyList<long>)t.Value.shape), replaced);
        RequireFloats(checkpoint, targets);
        foreach (var (key, target) in targets)
            if (checkpoint.StateDict.TryGetValue(key, out var entry) && entry.Shape.SequenceEqual(target.shape))
                entry.CopyTo(target);
    }

    /// <summary>Integers where weights belong are those of a quantised model: without its scales they mean nothing.</summary>
    private static void RequireFloats(Checkpoint checkpoint, Dictionary<string, Tensor> targets)
    {
        foreach (var (key, target) in targets)
            if (target.is_floating_point() && checkpoint.StateDict.TryGetValue(key, out var entry) && !ScalarTypes.IsFloat(entry.ScalarType))
                throw new CheckpointException(checkpoint.Path, $"has {ScalarTypes.Name(entry.ScalarType)} in '{key}' where the model has numbers with fractions, as a quantised model does",
                    "Give the checkpoint from which it was quantised");
    }

    /// <summary>Checks keys and shapes without loading anything.</summary>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <param name="expected">Shape by key.</param>
    /// <param name="replaced">What the keys begin with that are not checked; none when null.</param>
    /// <exception cref="CheckpointException">Keys are missing, unexpected or of another shape.</exception>
    public static void RequireMatch(
        Checkpoint checkpoint, IReadOnlyDictionary<string, IReadOnlyList<long>> expected, IReadOnlyList<string>? replaced = null)
    {
        bool Checked(string key) => replaced is null || !replaced.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal));
        var actual = checkpoint.StateDict;
        var missing = expected.Keys.Where(key => Checked(key) && !actual.ContainsKey(key)).ToList();
        var unexpected = actual.Keys.Where(key => Checked(key) && !expected.ContainsKey(key)).ToList();
        var misshaped = expected.Where(e => Checked(e.Key) && actual.TryGetValue(e.Key, out var entry) && !entry.Shape.SequenceEqual(e.Value))
            .Select(e => $"{e.Key} (file {Shape(actual[e.Key].Shape)}, model {Shape(e.Value)})").ToList();
        if (missing.Count + unexpected.Count + misshaped.Count == 0)
            return;

        var differences = new[] { Describe(missing, "missing"), Describe(unexpected, "unexpected"), Describe(misshaped, "of another shape") };
        throw new CheckpointException(checkpoint.Path,
            $"has {actual.Count} tensors, the model {expected.Count}; " + string.Join("; ", differences.Where(text => text.Length > 0)),
            Remedy(missing, unexpected, misshaped));
    }

    private static string Describe(List<string> keys, string what) => keys.Count == 0
        ? ""
        : $"{keys.Count} {what}: {string.Join(", ", keys.Take(ListedKeys))}{(keys.Count > ListedKeys ? ", …" : "")}";

    private static string Shape(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";

    private static string Remedy(List<string> missing, List<string> unexpected, List<string> misshaped)
    {
        var prefix = CommonWrapper(missing, unexpected);
        if (prefix.Length > 0)
            return $"Every key of the file begins with '{prefix}': save the inner module's state_dict() instead";
        if (misshaped.Count == 0 && unexpected.Count == 0 && missing.All(Sam21Only))
            return "These keys are new in SAM 2.1: is this a SAM 2.0 file? Use a 2.0 configuration (sam2_hiera_*.yaml)";
        if (misshaped.Count == 0 && missing.Count == 0 && unexpected.All(Sam21Only))
            return "The surplus keys are new in SAM 2.1: use a 2.1 configuration (sam2.1_hiera_*.yaml)";
        if (misshaped.Count == 0 && missing.Count == 0)
            return "The model has no place for the surplus keys: take them out of the file, or give a configuration that has the part they belong to";
        if (misshaped.Count == 0 && RenamedTo(missing, unexpected) is { } name)
            return $"The file has the same parameters by other names: rename its keys, such as '{unexpected[0]}' to '{name}'";
        if (misshaped.Count == 0 && unexpected.Count == 0)
            return "The file is incomplete: save the whole state dict, or give a configuration without the part that the missing keys belong to";
        return "The configuration describes another architecture: give the one that the file was trained with, for example in a YAML file of the same name beside it";
    }

    /// <summary>
    /// What the model calls the first surplus key, if some program has exchanged <c>gamma</c> and <c>weight</c>, or <c>beta</c> and
    /// <c>bias</c>, at the ends of all of them; null if not.
    /// </summary>
    private static string? RenamedTo(List<string> missing, List<string> unexpected)
    {
        var wanted = missing.ToHashSet();
        List<string?> names = unexpected.ConvertAll(key =>
            Exchanges.Where(e => key.EndsWith(e.From, StringComparison.Ordinal)).Select(e => key[..^e.From.Length] + e.To).FirstOrDefault(wanted.Contains));
        return names.Count == missing.Count && !names.Contains(null) ? names[0] : null;
    }

    private static bool Sam21Only(string key) => key == "no_obj_embed_spatial" || key.StartsWith("obj_ptr_tpos_proj.", StringComparison.Ordinal);

    /// <summary>A prefix such as <c>module.</c> that a wrapper (data parallelism, compilation, Lightning) puts before every key.</summary>
    private static string CommonWrapper(List<string> missing, List<string> unexpected)
    {
        if (missing.Count == 0 || missing.Count != unexpected.Count)
            return "";
        var dot = unexpected[0].IndexOf('.');
        var prefix = dot < 0 ? "" : unexpected[0][..(dot + 1)];
        var wanted = missing.ToHashSet();
        return prefix.Length > 0 && unexpected.All(key => key.StartsWith(prefix, StringComparison.Ordinal) && wanted.Contains(key[prefix.Length..])) ? prefix : "";
    }
}
