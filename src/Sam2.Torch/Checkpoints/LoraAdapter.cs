using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Low-rank adapters (LoRA, arXiv 2106.09685) as PEFT saves them: <c>adapter_model.safetensors</c> and <c>adapter_config.json</c>. Merged
/// into a model, the weight W of each adapted module becomes W + s·B·A, after which the model is as fast as before. The names of modules may be the original's or those of transformers,
/// whichever model they were trained on.
/// </summary>
public sealed partial class LoraAdapter : IDisposable
{
    private const int ListedNames = 5;
    private const int MaxWrappers = 4;

    private readonly Checkpoint _file;
    private readonly LoraConfig _config;
    private readonly OrderedDictionary<string, Module> _modules = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, TensorEntry> _whole = new(StringComparer.Ordinal);

    private LoraAdapter(Checkpoint file, LoraConfig config)
    {
        _file = file;
        _config = config;
        foreach (var (key, tensor) in file.StateDict)
            Sort(key, tensor);
        foreach (var (name, module) in _modules)
            if (module.A is null || module.B is null)
                throw new CheckpointException(Path, $"has only one of the two matrices of '{name}'", CheckpointRemedy.Redownload);
        if (_modules.Count + _whole.Count == 0)
            throw new CheckpointException(Path, "has no adapters in it", "Give the adapter_model.safetensors that PEFT saved, or its folder");
    }

    /// <summary>The file with the matrices.</summary>
    public string Path => _file.Path;

    /// <summary>The files that were read: the matrices and their configuration.</summary>
    public IReadOnlyList<string> Files => [Path, _config.Path];

    /// <summary>The modules that are adapted, by the names in the file.</summary>
    public IReadOnlyList<string> Modules => [.. _modules.Keys];

    /// <summary>Opens adapters.</summary>
    /// <param name="path">The folder in which PEFT has saved them, or the file with the matrices, beside which <c>adapter_config.json</c> lies.</param>
    /// <exception cref="CheckpointException">A file is missing or damaged, or asks for something else than plain LoRA.</exception>
    public static LoraAdapter Open(string path)
    {
        if (Directory.Exists(path))
        {
            string[] names = ["adapter_model.safetensors", "adapter_model.bin"];
            path = names.Select(name => System.IO.Path.Combine(path, name)).FirstOrDefault(File.Exists)
                ?? throw new CheckpointException(path, "has no adapter_model.safetensors in it", "Give the folder in which PEFT has saved adapters");
        }
        var file = Checkpoint.OpenAnyNames(path);
        try
        {
            return new(file, LoraConfig.Read(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!, LoraConfig.FileName)));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds the adapters to weights, in place. Products are computed in float32 and rounded once, with the sum.</summary>
    /// <param name="weights">Tensors by the original's state-dict keys, such as <c>model.state_dict()</c>.</param>
    /// <exception cref="CheckpointException">
    /// Modules have no counterpart in the weights, or matrices have another rank or shape than configuration and weights say; the
    /// weights are then unchanged.
    /// </exception>
    public void MergeInto(IReadOnlyDictionary<string, Tensor> weights)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var targets = Resolve(weights);
        foreach (var (name, module) in _modules)
            RequireShapes(name, module, targets[name], weights);
        foreach (var (name, tensor) in _whole)
            if (!tensor.Shape.SequenceEqual(ShapeOf(targets[name], weights)))
                throw new CheckpointException(Path, $"has a tensor '{name}' of shape [{string.Join(", ", tensor.Shape)}], the model of [{string.Join(", ", ShapeOf(targets[name], weights))}]", "These are adapters of another model");

        foreach (var (name, tensor) in _whole)
            for (var row = 0; row < targets[name].Keys.Count; row++)
                (targets[name].Keys.Count == 1 ? tensor : tensor.Row(row)).CopyTo(weights[targets[name].Keys[row]]);
        foreach (var (name, module) in _modules)
            Merge(name, module, targets[name], weights);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private void Merge(string name, Module module, Target target, IReadOnlyDictionary<string, Tensor> weights)
    {
        using var step = NewDisposeScope();
        var scaling = _config.ScalingOf(name);
        var delta = Product(module, weights[target.Keys[0]]).Times(scaling);
        for (var row = 0; row < target.Keys.Count; row++)
            Add(weights[target.Keys[row]], target.Keys.Count == 1 ? delta : delta.narrow(0, row, 1));
        if (module.Bias is { } bias)
            Add(weights[target.Module + ".bias"], bias.Load().to_type(ScalarType.Float32).Times(scaling));
    }

    private static void Add(Tensor weight, Tensor delta) =>
        weight.copy_(weight.to(ScalarType.Float32).Plus(delta.to(weight.device)));

    private Tensor Product(Module module, Tensor weight)
    {
        var (a, b) = (module.A!.Load().to_type(ScalarType.Float32), module.B!.Load().to_type(ScalarType.Float32));
        var product = b.flatten(1).matmul(a.flatten(1));
        // Embeddings look rows up, so theirs is always the other way round.
        return a.dim() > 2 ? product.view(weight.shape)
            : module.IsEmbedding || _config.FanInFanOut ? product.t()
            : product;
    }

    private static long[] ShapeOf(Target target, IReadOnlyDictionary<string, Tensor> weights)
    {
        var first = weights[target.Keys[0]].shape;
        return target.Keys.Count == 1 ? first : [target.Keys.Count, .. first[1..]];
    }

    private void RequireShapes(string name, Module module, Target target, IReadOnlyDictionary<string, Tensor> weights)
    {
        var (a, b) = (module.A!.Shape, module.B!.Shape);
        var weight = ShapeOf(target, weights);
        if (a.Count is not (2 or 4) || a.Count != weight.Length || b.Count != a.Count)
            throw Misshaped("can't adapt it");
        var rank = a[0];
        if (rank != _config.RankOf(name))
            throw new CheckpointException(Path, $"has matrices of rank {rank} for '{name}', but {LoraConfig.FileName} says {_config.RankOf(name)}", "Give the configuration that PEFT saved with these adapters");
        if (target.Module.EndsWith(".dwconv", StringComparison.Ordinal) || target.Module.Contains(".output_upscaling.", StringComparison.Ordinal))
            throw new CheckpointException(Path, $"adapts '{name}', a convolution that is grouped or transposed, which PEFT can't merge either", "Train adapters of other modules");
        long[] product = a.Count == 4 ? [b[0], a[1], a[2], a[3]]
            : module.IsEmbedding || _config.FanInFanOut ? [a[1], b[0]]
            : [b[0], a[1]];
        if (b[1] != rank || b.Skip(2).Any(size => size != 1) || !product.SequenceEqual(weight))
            throw Misshaped("give another shape");
        if (module.Bias is { } bias && !(weights.TryGetValue(target.Module + ".bias", out var own) && own.shape.SequenceEqual(bias.Shape)))
            throw new CheckpointException(Path, $"adapts the bias of '{name}', which has none of that shape", "These are adapters of another model");

        CheckpointException Misshaped(string what) => new(Path,
            $"has matrices [{string.Join(", ", a)}] and [{string.Join(", ", b)}] for '{name}', whose weight is [{string.Join(", ", weight)}]: they {what}", "These are adapters of another model");
    }

    /// <summary>Which weights each adapted module and each whole tensor belongs to.</summary>
    private Dictionary<string, Target> Resolve(IReadOnlyDictionary<string, Tensor> weights)
    {
        var targets = new Dictionary<string, Target>(StringComparer.Ordinal);
        foreach (var (name, isModule) in _modules.Keys.Select(name => (name, true)).Concat(_whole.Keys.Select(name => (name, false))))
            if (Find(name, isModule ? ".weight" : "", weights) is { } target)
                targets[name] = target;
        var unmatched = _modules.Keys.Concat(_whole.Keys).Where(name => !targets.ContainsKey(name)).ToList();
        if (unmatched.Count > 0)
            throw new CheckpointException(Path,
                $"adapts {unmatched.Count} modules that the model doesn't have: {string.Join(", ", unmatched.Take(ListedNames))}{(unmatched.Count > ListedNames ? ", …" : "")}",
                "Give the adapters of this model, or the model that they were trained on");
        return targets;
    }

    private static Target? Find(string name, string suffix, IReadOnlyDictionary<string, Tensor> weights)
    {
        // A model that was a part of a larger one has that part's name before it.
        var path = string.Join('.', name.Split('.').Where(part => part is not ("module" or "_orig_mod")));
        for (var wrappers = 0; wrappers <= MaxWrappers; wrappers++)
        {
            if (weights.ContainsKey(path + suffix))
                return new(path, [path + suffix]);
            if (path + suffix == HuggingFaceKeys.PointEmbeddings)
                return Points(weights);
            if (HuggingFaceKeys.Frequencies.Contains(path + suffix))
                return new(path, [HuggingFaceKeys.OriginalFrequencies]);
            if (HuggingFaceKeys.ToOriginal(path + suffix) is { } original && weights.ContainsKey(original))
                return new(HuggingFaceKeys.ToOriginal(path) ?? path, [original]);
            var dot = path.IndexOf('.');
            if (dot < 0)
                return null;
            path = path[(dot + 1)..];
        }
        return null;
    }

    private static Target? Points(IReadOnlyDictionary<string, Tensor> weights)
    {
        var keys = Enumerable.Range(0, weights.Count).Select(row => HuggingFaceKeys.PointEmbedding(row)).TakeWhile(weights.ContainsKey).ToArray();
        return keys.Length > 0 ? new(HuggingFaceKeys.OriginalPointEmbeddings.TrimEnd('.'), keys) : null;
    }

    private void Sort(string key, TensorEntry tensor)
    {
        if (!ScalarTypes.IsFloat(tensor.ScalarType))
            throw new CheckpointException(Path, $"has {ScalarTypes.Name(tensor.ScalarType)} in '{key}' where numbers with fractions are expected", CheckpointRemedy.Redownload);
        var name = Unprefixed(key);
        var (matrix, embedding) = (Matrix().Match(name), EmbeddingMatrix().Match(name));
        if (matrix.Success || embedding.Success)
        {
            var match = matrix.Success ? matrix : embedding;
            var module = ModuleOf(match.Groups["module"].Value, isEmbedding: embedding.Success);
            if (match.Groups["side"].Value == "A")
                module.A = Once(module.A);
            else if (match.Groups["part"].Value == "bias")
                module.Bias = Once(module.Bias);
            else
                module.B = Once(module.B);
            return;
        }
        if (name.Contains("lora_", StringComparison.Ordinal))
            throw new CheckpointException(Path, $"has '{key}', which is no part of plain LoRA", "Merge it in Python with merge_and_unload(), and save the whole model");
        // What PEFT trained whole: biases, and the modules that it was told to save.
        if (!_whole.TryAdd(Saved().Replace(name, "."), tensor))
            throw new CheckpointException(Path, $"has '{key}' twice", CheckpointRemedy.Redownload);

        TensorEntry Once(TensorEntry? before) => before is null
            ? tensor
            : throw new CheckpointException(Path, $"has '{key}' of several adapters", "Save one adapter only");
    }

    private Module ModuleOf(string name, bool isEmbedding)
    {
        if (!_modules.TryGetValue(name, out var module))
            _modules.Add(name, module = new() { IsEmbedding = isEmbedding });
        return module;
    }

    private static string Unprefixed(string key)
    {
        foreach (var prefix in new[] { "base_model.model.", "base_model." })
            if (key.StartsWith(prefix, StringComparison.Ordinal))
                return key[prefix.Length..];
        return key;
    }

    // Between the matrix and its weight may stand the adapter's name.
    [GeneratedRegex(@"^(?<module>.+)\.lora_(?<side>[AB])(\.[^.]+)?\.(?<part>weight|bias)$", RegexOptions.CultureInvariant)]
    private static partial Regex Matrix();

    [GeneratedRegex(@"^(?<module>.+)\.lora_embedding_(?<side>[AB])(\.[^.]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex EmbeddingMatrix();

    [GeneratedRegex(@"\.(base_layer|original_module|modules_to_save(\.default)?)\.", RegexOptions.CultureInvariant)]
    private static partial Regex Saved();

    private sealed class Module
    {
        public bool IsEmbedding { get; init; }

        public TensorEntry? A { get; set; }

        public TensorEntry? B { get; set; }

        public TensorEntry? Bias { get; set; }
    }

    /// <summary>Where adapters go.</summary>
    /// <param name="Module">The module's original name.</param>
    /// <param name="Keys">Keys of its weights: one, or one for each row.</param>
    private sealed record Target(string Module, IReadOnlyList<string> Keys);
}
