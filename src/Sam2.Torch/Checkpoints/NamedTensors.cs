namespace Sam2.Torch.Checkpoints;

/// <summary>
/// A state dict under the original's names, whoever saved it: names of transformers are translated, and what wrappers put before or
/// into names is taken off (data parallelism, compilation, Lightning, averages). A state dict without a model of this family in it,
/// or with several, stays as it is.
/// </summary>
/// <param name="Tensors">The model's tensors by the original's names, in the file's order.</param>
/// <param name="Layout">Whose names the file has.</param>
/// <param name="Wrapper">What stood before every name of the model, such as <c>model.</c>; empty if nothing did.</param>
/// <param name="LeftOut">Names of tensors beside a wrapped model, such as those of a loss.</param>
internal sealed record NamedTensors(IReadOnlyDictionary<string, TensorEntry> Tensors, CheckpointLayout Layout, string Wrapper, IReadOnlyList<string> LeftOut)
{
    /// <summary>What the names begin with that only videos need.</summary>
    public static readonly IReadOnlyList<string> VideoPrefixes =
    [
        "maskmem_tpos_enc", "no_mem_pos_enc", "no_obj_ptr", "no_obj_embed_spatial", "mask_downsample.", "memory_attention.", "memory_encoder.",
        "memory_gru.", "obj_ptr_proj.", "obj_ptr_tpos_proj.",
    ];

    // Every member of the family has these, whatever its trunk; what stands before them is a wrapper.
    private const string Anchor = "sam_mask_decoder.iou_token.weight";

    // The same of the first Segment Anything. Models of transformers have it, too, so it is looked for last.
    private const string FirstGenerationAnchor = "mask_decoder.iou_token.weight";

    /// <summary>Wrappers whose name stands as a part of its own in names, anywhere: of data parallelism, and of torch.compile.</summary>
    private static readonly string[] WrapperParts = ["module", "_orig_mod"];

    /// <summary>Whether only the part for images is there: an encoder and a decoder of masks, but nothing of the memory.</summary>
    public bool IsImageOnly =>
        Tensors.ContainsKey(Anchor) && Tensors.Keys.Any(name => name.StartsWith("image_encoder.", StringComparison.Ordinal))
        && !Tensors.Keys.Any(name => VideoPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)));

    /// <summary>Finds the model in the tensors of a file.</summary>
    /// <param name="file">The file, as the caller named it.</param>
    /// <param name="tensors">Tensors by the names in the file.</param>
    /// <exception cref="CheckpointException">The file holds two tensors of one name.</exception>
    public static NamedTensors Find(string file, IReadOnlyDictionary<string, TensorEntry> tensors)
    {
        foreach (var (anchor, dimensions, layout) in new[]
        {
            (Anchor, 2, CheckpointLayout.Original), (HuggingFaceKeys.Anchor, 4, CheckpointLayout.HuggingFace), (FirstGenerationAnchor, 2, CheckpointLayout.Original),
        })
        {
            // Other things than weights may have their names too, such as the norms of gradients.
            var wrappers = tensors.Where(tensor => tensor.Value.Shape.Count == dimensions)
                .Select(tensor => WrapperBefore(anchor, tensor.Key)).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
            if (Choose(wrappers) is not { } wrapper)
                continue;
            var (unwrapped, leftOut) = Unwrap(file, tensors, wrapper, OuterPart(tensors.Keys.Where(name => WrapperBefore(anchor, name) == wrapper)));
            return new(layout == CheckpointLayout.HuggingFace ? Translate(file, unwrapped) : unwrapped, layout, wrapper, leftOut);
        }
        return new(tensors, CheckpointLayout.Original, "", []);
    }

    private static string? WrapperBefore(string anchor, string name)
    {
        var plain = WithoutWrapperParts(name);
        return plain == anchor ? ""
            : plain.EndsWith("." + anchor, StringComparison.Ordinal) ? plain[..^anchor.Length]
            : null;
    }

    /// <summary>The wrapper of the model; null where there is none, or several and none of them the usual one.</summary>
    private static string? Choose(IReadOnlyList<string> wrappers)
    {
        // Beside the weights that are trained, Lightning may keep averages of them.
        foreach (var usual in new[] { "", "model." })
            if (wrappers.Contains(usual))
                return usual;
        return wrappers.Count == 1 ? wrappers[0] : null;
    }

    /// <summary>The wrapper part with which every name of the model begins; null if it begins with none. PyTorch's averaged models have a counter beside it.</summary>
    private static string? OuterPart(IEnumerable<string> anchors) =>
        anchors.Select(name => name[..name.IndexOf('.')]).Distinct(StringComparer.Ordinal).ToList() is [var first] && WrapperParts.Contains(first) ? first + "." : null;

    private static (IReadOnlyDictionary<string, TensorEntry> Tensors, IReadOnlyList<string> LeftOut) Unwrap(
        string file, IReadOnlyDictionary<string, TensorEntry> tensors, string wrapper, string? outerPart)
    {
        var result = new OrderedDictionary<string, TensorEntry>(tensors.Count, StringComparer.Ordinal);
        var leftOut = new List<string>();
        foreach (var (name, tensor) in tensors)
        {
            var plain = WithoutWrapperParts(name);
            if (!plain.StartsWith(wrapper, StringComparison.Ordinal) || outerPart is not null && !name.StartsWith(outerPart, StringComparison.Ordinal))
                leftOut.Add(name);
            else
                Add(file, result, plain[wrapper.Length..], tensor);
        }
        return (result, leftOut);
    }

    private static OrderedDictionary<string, TensorEntry> Translate(string file, IReadOnlyDictionary<string, TensorEntry> tensors)
    {
        var result = new OrderedDictionary<string, TensorEntry>(tensors.Count, StringComparer.Ordinal);
        var frequencies = HuggingFaceKeys.Frequencies.FirstOrDefault(tensors.ContainsKey);
        foreach (var (name, tensor) in tensors)
        {
            if (name == frequencies)
                Add(file, result, HuggingFaceKeys.OriginalFrequencies, tensor);
            else if (name == HuggingFaceKeys.PointEmbeddings && tensor.Shape is [> 0 and <= 64, _])
                for (var row = 0; row < tensor.Shape[0]; row++)
                    Add(file, result, HuggingFaceKeys.PointEmbedding(row), tensor.Row(row));
            else if (!HuggingFaceKeys.Frequencies.Contains(name))
                // What the library doesn't know keeps its name, so that the error about surplus keys says it.
                Add(file, result, HuggingFaceKeys.ToOriginal(name) ?? name, tensor);
        }
        return result;
    }

    private static string WithoutWrapperParts(string name) => WrapperParts.Any(part => name.Contains(part, StringComparison.Ordinal))
        ? string.Join('.', name.Split('.').Where(part => !WrapperParts.Contains(part)))
        : name;

    private static void Add(string file, OrderedDictionary<string, TensorEntry> tensors, string name, TensorEntry tensor)
    {
        if (!tensors.TryAdd(name, tensor))
            throw new CheckpointException(file, $"holds '{name}' twice, under names that differ only by a wrapper", "Save the state dict of one model");
    }
}
