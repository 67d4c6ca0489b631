using Sam2.Torch.Configuration;
using static TorchSharp.torch;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Writes checkpoints: <c>.pt</c> as <c>torch.save({"model": state_dict, ...})</c> does, which Python loads with
/// <c>weights_only=True</c>, or safetensors where the name ends so. The file appears complete or not at all.
/// </summary>
public static class CheckpointWriter
{
    /// <summary>Saves tensors.</summary>
    /// <param name="path">The file; <c>.safetensors</c> or, for any other name, PyTorch's zip format.</param>
    /// <param name="stateDict">Tensors by key, on any device. In a <c>.pt</c> file tensors that share memory stay shared.</param>
    /// <param name="entries">
    /// Plain values beside <c>model</c>, as <see cref="PlainList"/> describes; in a <c>.pt</c> file also tensors. Null for none.
    /// </param>
    /// <param name="floatType">Element type that floating-point tensors are converted to; their own when null.</param>
    /// <param name="layout">Whose names the tensors get; given, they have the original's.</param>
    /// <exception cref="CheckpointException">The file can't be written, or the layout has no place for a tensor.</exception>
    /// <exception cref="ArgumentException">An entry can't be represented.</exception>
    public static void Save(
        string path, IReadOnlyDictionary<string, Tensor> stateDict, PlainDictionary? entries = null, ScalarType? floatType = null,
        CheckpointLayout layout = CheckpointLayout.Original)
    {
        entries ??= PlainDictionary.Empty;
        RequireNoModel(entries);
        if (layout == CheckpointLayout.HuggingFace)
        {
            SaveItems(path, LayoutWriter.Items(path, LayoutWriter.Names(path, stateDict.Keys, layout), name => stateDict[name].shape, name => DenseStorage.Of(stateDict[name], floatType)), entries);
            return;
        }
        WriteFile(path, stream =>
        {
            if (IsSafetensors(path))
                Safetensors.Write(stream, [.. stateDict.Select(t => new Safetensors.Item(t.Key, t.Value.shape, DenseStorage.Of(t.Value, floatType)))], entries);
            else
                WriteTorch(stream, stateDict, entries, floatType);
        });
    }

    /// <summary>Saves a module's parameters and buffers under their state-dict keys.</summary>
    /// <param name="path">The file; <c>.safetensors</c> or, for any other name, PyTorch's zip format.</param>
    /// <param name="module">The module.</param>
    /// <param name="entries">Plain values beside <c>model</c>.</param>
    /// <param name="floatType">Element type that floating-point tensors are converted to; their own when null.</param>
    /// <exception cref="CheckpointException">The file can't be written.</exception>
    /// <exception cref="ArgumentException">An entry can't be represented.</exception>
    public static void Save(string path, nn.Module module, PlainDictionary? entries = null, ScalarType? floatType = null)
    {
        using var scope = NewDisposeScope();
        // Saved as plain tensors, as state_dict() gives them in Python; whether they require gradients is up to the module.
        Save(path, module.state_dict().ToDictionary(t => t.Key, t => t.Value.detach()), entries, floatType);
    }

    /// <summary>Writes the tensors of an open checkpoint to another file, without loading them all.</summary>
    /// <param name="path">The file; <c>.safetensors</c> or, for any other name, PyTorch's zip format.</param>
    /// <param name="checkpoint">An open checkpoint; may be of the same path.</param>
    /// <param name="entries">
    /// Values beside <c>model</c>; those of the checkpoint when null. What the metadata of safetensors, which is text, can't
    /// hold (an optimizer's tensors, for example) is left out there.
    /// </param>
    /// <param name="floatType">Element type that floating-point tensors are converted to; their own when null.</param>
    /// <param name="layout">Whose names the tensors get.</param>
    /// <exception cref="CheckpointException">The source is damaged, the file can't be written, or the layout has no place for a tensor.</exception>
    public static void Save(
        string path, Checkpoint checkpoint, PlainDictionary? entries = null, ScalarType? floatType = null, CheckpointLayout layout = CheckpointLayout.Original)
    {
        entries ??= checkpoint.Entries;
        RequireNoModel(entries);
        if (layout == CheckpointLayout.HuggingFace)
        {
            var tensors = checkpoint.StateDict;
            SaveItems(path, LayoutWriter.Items(path, LayoutWriter.Names(path, tensors.Keys, layout), name => tensors[name].Shape, name => DenseStorage.Of(tensors[name], floatType)),
                IsSafetensors(path) ? new(entries.Where(PlainJson.CanWrite)) : entries);
            return;
        }
        WriteFile(path, stream =>
        {
            if (IsSafetensors(path))
            {
                Safetensors.Write(stream, [.. checkpoint.StateDict.Select(t => new Safetensors.Item(t.Key, t.Value.Shape, DenseStorage.Of(t.Value, floatType)))], new(entries.Where(PlainJson.CanWrite)));
                return;
            }
            var storages = new StorageCollector(floatType);
            storages.Add(TensorsOf(entries));
            TorchZip.Write(stream, InOrder(checkpoint.StateDict, t => storages[t]), entries, storages);
        });
    }

    /// <summary>The <c>.pt</c> form on a stream.</summary>
    internal static void WriteTorch(Stream stream, IReadOnlyDictionary<string, Tensor> stateDict, PlainDictionary entries, ScalarType? floatType = null, bool alwaysZip64 = false)
    {
        var storages = new StorageCollector(floatType);
        storages.Add([.. stateDict.Values, .. TensorsOf(entries)]);
        TorchZip.Write(stream, InOrder(stateDict, t => storages[t]), entries, storages, alwaysZip64);
    }

    /// <summary>Writes tensors that are each row-major in a storage of their own.</summary>
    private static void SaveItems(string path, IReadOnlyList<Safetensors.Item> items, PlainDictionary entries) => WriteFile(path, stream =>
    {
        if (IsSafetensors(path))
        {
            Safetensors.Write(stream, items, entries);
            return;
        }
        var storages = new StorageCollector(floatType: null);
        storages.Add(TensorsOf(entries));
        var tensors = new OrderedDictionary<string, TensorToWrite>(items.Count, StringComparer.Ordinal);
        foreach (var (name, shape, data) in items)
            tensors.Add(name, new(data, shape, TensorLayout.RowMajorStrides([.. shape]), Offset: 0, RequiresGrad: false, IsParameter: false));
        TorchZip.Write(stream, tensors, entries, storages);
    });

    private static void WriteFile(string path, Action<FileStream> write) => AtomicFile.Write(path, write, e =>
        new CheckpointException(path, $"can't be written: {e.Message.TrimEnd('.')}", "Check that the folder exists, is writable and has room", e));

    private static OrderedDictionary<string, TensorToWrite> InOrder<T>(IReadOnlyDictionary<string, T> source, Func<T, TensorToWrite> select)
    {
        var result = new OrderedDictionary<string, TensorToWrite>(source.Count, StringComparer.Ordinal);
        foreach (var (key, value) in source)
            result.Add(key, select(value));
        return result;
    }

    private static IEnumerable<Tensor> TensorsOf(object? value) => value switch
    {
        Tensor tensor => [tensor],
        PlainList list => list.SelectMany(TensorsOf),
        PlainDictionary dictionary => dictionary.Values.SelectMany(TensorsOf),
        _ => [],
    };

    private static bool IsSafetensors(string path) => path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);

    private static void RequireNoModel(PlainDictionary entries)
    {
        if (entries.ContainsKey("model"))
            throw new ArgumentException("The entry 'model' is the state dict itself.", nameof(entries));
    }
}
