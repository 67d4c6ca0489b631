using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>An object of a pickle as data: the name of its class, and what the pickle says about it. Nothing is created or called.</summary>
/// <param name="Class">The full name of the class or function.</param>
/// <param name="Arguments">What the pickle passes to it.</param>
internal sealed record PickledObject(string Class, PlainList Arguments)
{
    /// <summary>Its attributes, usually a dictionary; null until the pickle has said them.</summary>
    public object? State { get; set; }
}

/// <summary>
/// Modules that were pickled as a whole (<c>torch.save(model)</c>; <c>SAM.save</c> of Ultralytics). Their parameters and buffers lie in
/// attributes that every PyTorch module has, so the state dict can be read off without knowing the classes.
/// </summary>
internal static class PickledModules
{
    private const int MaxTensors = 65_536;

    /// <summary>The tensors that <c>module.state_dict()</c> would have, in its order.</summary>
    /// <exception cref="CheckpointException">The object is not a module.</exception>
    public static OrderedDictionary<string, TensorEntry> StateDict(ByteSource source, PickledObject module)
    {
        var tensors = new OrderedDictionary<string, TensorEntry>(StringComparer.Ordinal);
        Collect(source, module, "", tensors);
        return tensors;
    }

    /// <summary>Whether a class of Ultralytics made the object.</summary>
    public static bool IsFromUltralytics(PickledObject module) => module.Class.StartsWith("ultralytics.", StringComparison.Ordinal);

    /// <summary>Whether a value is one that a checkpoint can hold: no object of a class, no complex numbers.</summary>
    public static bool IsPlain(object? value) => value switch
    {
        PickledObject or PickleGlobal => false,
        TensorEntry tensor => tensor.ScalarType != TorchSharp.torch.ScalarType.ComplexFloat32,
        PlainList list => list.All(IsPlain),
        PlainDictionary dictionary => dictionary.Values.All(IsPlain),
        _ => true,
    };

    private static void Collect(ByteSource source, PickledObject module, string prefix, OrderedDictionary<string, TensorEntry> tensors)
    {
        if (module.State is not PlainDictionary state || !state.ContainsKey("_parameters") || !state.ContainsKey("_modules"))
            throw source.Bad($"holds an object of the class {module.Class} where a module or a state dict is expected", CheckpointRemedy.Resave);
        var hidden = NonPersistent(state);
        foreach (var attribute in new[] { "_parameters", "_buffers" })
            foreach (var (name, value) in Members(source, state, attribute, module))
                // A parameter may be declared and absent, such as the bias of a layer without one.
                if (value is not null && !hidden.Contains(name))
                    Add(source, tensors, prefix + name, value);
        foreach (var (name, value) in Members(source, state, "_modules", module))
            if (value is PickledObject child)
                Collect(source, child, $"{prefix}{name}.", tensors);
            else if (value is not null)
                throw source.Bad($"holds something that is not a module under '{prefix}{name}'", CheckpointRemedy.Resave);
    }

    private static void Add(ByteSource source, OrderedDictionary<string, TensorEntry> tensors, string name, object value)
    {
        if (value is not TensorEntry tensor || !IsPlain(tensor))
            throw source.Bad($"holds something that is not a tensor of weights under '{name}'", CheckpointRemedy.Resave);
        if (tensors.Count >= MaxTensors || !tensors.TryAdd(name, tensor))
            throw source.Bad($"its module has more than {MaxTensors} tensors, or two by the name '{name}'", CheckpointRemedy.Resave);
    }

    private static IEnumerable<(string Name, object? Value)> Members(ByteSource source, PlainDictionary state, string attribute, PickledObject module)
    {
        if (state.GetValueOrDefault(attribute) is not PlainDictionary members)
            throw source.Bad($"its {module.Class} has no {attribute}, as a module has", CheckpointRemedy.Resave);
        foreach (var (key, value) in members)
            yield return (key as string ?? throw source.Bad($"its {module.Class} has the member {key}, which is not a name", CheckpointRemedy.Resave), value);
    }

    /// <summary>Names of buffers that are no part of the state dict.</summary>
    private static HashSet<object?> NonPersistent(PlainDictionary state) =>
        state.GetValueOrDefault("_non_persistent_buffers_set") is PickledObject { Arguments: [PlainList names, ..] } ? [.. names] : [];
}

/// <summary>
/// NumPy's single numbers, which training scripts leave in checkpoints where they meant plain ones (<c>np.float64(0.93)</c>). A pickle gives them as a
/// type, such as <c>f8</c>, and its bytes; both are read as data.
/// </summary>
internal static class PickleNumpy
{
    /// <summary>The plain value; null if the type has none, or the bytes don't fit it.</summary>
    public static object? Value(PickleGlobal.NumpyType type, ReadOnlySpan<byte> data)
    {
        if (type.Code.Length < 2 || !int.TryParse(type.Code.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int size))
        {
            return null;
        }

        // Text has four bytes a character.
        bool isText = type.Code[0] == 'U';
        if (data.Length != (isText ? 4L * size : size) || data.Length > PickleLimits.MaxIntegerBytes * 4)
        {
            return null;
        }

        var bytes = data.ToArray();
        if (type.Order == ">")
        {
            for (int i = 0; i < bytes.Length; i += isText ? 4 : bytes.Length)
            {
                Array.Reverse(bytes, i, isText ? 4 : bytes.Length);
            }
        }

        return (type.Code[0], size) switch
        {
            ('f', 2) => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
            ('f', 4) => (double)BinaryPrimitives.ReadSingleLittleEndian(bytes),
            ('f', 8) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            ('i' or 'u', 1 or 2 or 4 or 8) => Whole(new BigInteger(bytes, isUnsigned: type.Code[0] == 'u')),
            ('b', 1) => bytes[0] != 0,
            ('U', _) => Encoding.UTF32.GetString(bytes).TrimEnd('\0'),
            _ => null,
        };
    }

    private static object Whole(BigInteger value) => value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
}
