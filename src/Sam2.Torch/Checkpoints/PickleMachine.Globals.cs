using System.Text;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>The globals that a pickle may name, and what is made where Python would call them.</summary>
internal sealed partial class PickleMachine
{
    private void PushGlobal(string module, string name)
    {
        var global = PickleGlobal.Find(module, name, _inModel)
            ?? throw Bad($"its pickle asks for '{module}.{name}', which tensors and plain values don't need; refused, nothing was run", CheckpointRemedy.Resave);
        _inModel |= global is PickleGlobal.Class;
        Push(global is PickleGlobal.DType dtype ? dtype.Name : global, 1 + 2 * name.Length);
    }

    private void PushNamedGlobal()
    {
        var names = PopMany(2);
        if (names[0] is not string module || names[1] is not string name || module.Length + name.Length > 512)
            throw Damaged("a global has no name");
        PushGlobal(module, name);
    }

    private StorageReference LoadStorage() =>
        Pop() is PlainList { IsTuple: true } id ? _loadStorage(id) : throw Damaged("a storage has no description");

    private void Reduce()
    {
        var arguments = Pop() as PlainList;
        var callee = Pop();
        if (arguments is { IsTuple: true } && callee is PickleGlobal.Class @class)
        {
            Push(new PickledObject(@class.Name, arguments), 96);
            return;
        }
        if (arguments is { IsTuple: true } && callee is PickleGlobal.PlainType type)
            throw Bad($"its pickle makes a {type.Name} of Python's, which is not read", CheckpointRemedy.Resave);
        if (arguments is not { IsTuple: true } || callee is not PickleGlobal.Function function)
            throw Damaged("it calls something that is not a function");
        switch (function.Kind)
        {
            case PickleFunction.OrderedDict: Push(OrderedDict(arguments), 160); break;
            case PickleFunction.RebuildTensor: Push(RebuildTensor(arguments)); break;
            case PickleFunction.RebuildParameter: Push(RebuildParameter(arguments), 64); break;
            case PickleFunction.Size: Push(Size(arguments), 64); break;
            case PickleFunction.Device: Push(Device(arguments), 64); break;
            case PickleFunction.EncodeLatin1: Push(EncodeLatin1(arguments), 64); break;
            case PickleFunction.DefaultDict: Push(DefaultDict(arguments), 160); break;
            case PickleFunction.NumpyType: Push(NumpyType(arguments), 64); break;
            case PickleFunction.NumpyScalar: Push(NumpyScalar(arguments), 64); break;
            case PickleFunction.Namespace: throw Damaged("a namespace has unexpected arguments");
            default: throw new InvalidOperationException($"Unhandled function {function.Kind}.");
        }
    }

    private PlainDictionary OrderedDict(PlainList arguments)
    {
        var dictionary = new PlainDictionary();
        if (arguments.Count == 0)
            return dictionary;
        if (arguments.Count != 1 || arguments[0] is not PlainList pairs)
            throw Damaged("an ordered dictionary has unexpected arguments");
        foreach (var item in pairs)
        {
            if (item is not PlainList { Count: 2 } pair)
                throw Damaged("an ordered dictionary has unexpected arguments");
            _limits.Charge(96);
            SetItem(dictionary, pair[0], pair[1]);
        }
        return dictionary;
    }

    /// <summary>A <c>collections.defaultdict</c>: what it makes for keys that it lacks plays no part in what it holds.</summary>
    private PlainDictionary DefaultDict(PlainList arguments) =>
        arguments.Count == 0 || (arguments.Count == 1 && arguments[0] is null or PickleGlobal.PlainType or PickleGlobal.Function)
            ? new PlainDictionary()
            : throw Damaged("a default dictionary has unexpected arguments");

    /// <summary>
    /// NEWOBJ makes an object without calling anything of its own: an empty <c>argparse.Namespace</c>, which BUILD fills, or a description of a part of a model.
    /// </summary>
    private void NewObject()
    {
        var arguments = Pop() as PlainList;
        switch (Pop())
        {
            case PickleGlobal.Class @class when arguments is { IsTuple: true }:
                Push(new PickledObject(@class.Name, arguments), 96);
                break;
            case PickleGlobal.Function { Kind: PickleFunction.Namespace } when arguments is { IsTuple: true, Count: 0 }:
                var made = new PlainDictionary();
                _namespaces.Add(made);
                Push(made, 160);
                break;
            default:
                throw Bad($"the pickle opcode 0x81 at offset {_stream.Position - 1} makes an object that is no part of a model; it is refused", CheckpointRemedy.Resave);
        }
    }

    private PickleGlobal.NumpyType NumpyType(PlainList arguments) =>
        arguments.Count == 3 && arguments[0] is string { Length: <= 16 } code ? new(code) : throw Damaged("a NumPy type has unexpected arguments");

    private object NumpyScalar(PlainList arguments)
    {
        if (arguments.Count != 2 || arguments[0] is not PickleGlobal.NumpyType type || arguments[1] is not ReadOnlyMemory<byte> bytes)
            throw Damaged("a NumPy number has unexpected arguments");
        _limits.Charge(2 * bytes.Length);
        return PickleNumpy.Value(type, bytes.Span)
            ?? throw Bad($"its pickle has a NumPy value of the type '{type.Code}', which has no plain counterpart", CheckpointRemedy.Resave);
    }

    private TensorEntry RebuildTensor(PlainList arguments)
    {
        // (storage, offset, size, stride[, requires_grad, backward_hooks[, metadata]])
        if (arguments.Count is < 4 or > 7 || arguments[0] is not StorageReference storage || arguments[1] is not long offset)
            throw Damaged("a tensor has unexpected arguments");
        var requiresGrad = arguments.Count > 4 && arguments[4] is true;
        var shape = Longs(arguments[2], "sizes");
        var strides = Longs(arguments[3], "strides");
        _limits.Charge(320 + 16 * shape.Length);
        var layout = TensorLayout.Create(shape, strides, offset, storage.Count, out var error)
            ?? throw Bad($"a tensor of shape [{string.Join(", ", shape.Take(8))}] wants {error}", CheckpointRemedy.Redownload);
        return new(storage, layout, requiresGrad, isParameter: false);
    }

    private TensorEntry RebuildParameter(PlainList arguments) =>
        arguments.Count is 3 or 4 && arguments[0] is TensorEntry data && arguments[1] is bool requiresGrad
            ? data.AsParameter(requiresGrad)
            : throw Damaged("a parameter has unexpected arguments");

    private PlainList Size(PlainList arguments) =>
        arguments.Count == 1 && arguments[0] is PlainList sizes ? new(sizes.Select(RequireValue), isTuple: true) : throw Damaged("a size has unexpected arguments");

    private string Device(PlainList arguments) => arguments.Count switch
    {
        1 when arguments[0] is string name => name,
        2 when arguments[0] is string name && arguments[1] is long index => $"{name}:{index}",
        _ => throw Damaged("a device has unexpected arguments"),
    };

    private ReadOnlyMemory<byte> EncodeLatin1(PlainList arguments)
    {
        if (arguments.Count != 2 || arguments[0] is not string text || arguments[1] is not "latin1" || text.Any(c => c > 255))
            throw Damaged("a byte string has unexpected arguments");
        _limits.Charge(text.Length);
        return Encoding.Latin1.GetBytes(text);
    }

    /// <summary>
    /// BUILD gives an object its attributes: a namespace, for which they are entries, a NumPy type, whose byte order is among them, and a module, which they hold
    /// the weights of. Ordered dictionaries of modules carry <c>_metadata</c> (versions of modules), which nothing here needs; attributes of anything else are
    /// refused.
    /// </summary>
    private void Build()
    {
        var state = Pop();
        if (_stack.Count > 0 && _stack[^1] is PickledObject pickled)
        {
            pickled.State = RequireValue(state);
            return;
        }

        if (_stack.Count > 0 && _stack[^1] is PickleGlobal.NumpyType type && state is PlainList { Count: > 1 } description && description[1] is string order)
        {
            type.Order = order;
            return;
        }

        if (_stack.Count > 0 && _stack[^1] is PlainDictionary made && _namespaces.Contains(made) && state is PlainDictionary attributes)
        {
            _limits.Charge(48L * attributes.Count);
            foreach (var (name, value) in attributes)
                SetItem(made, name, value);
            return;
        }

        if (_stack.Count == 0 || _stack[^1] is not PlainDictionary || state is not PlainDictionary)
            throw Bad("its pickle sets attributes of something that is not an ordered dictionary; refused", CheckpointRemedy.Resave);
    }

    private long[] Longs(object? value, string what)
    {
        if (value is not PlainList list || list.Count > TensorLayout.MaxDimensions)
            throw Damaged($"a tensor has unexpected {what}");
        var numbers = new long[list.Count];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = list[i] is long number ? number : throw Damaged($"a tensor has unexpected {what}");
        return numbers;
    }
}
