using System.Numerics;
using System.Text;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Reads a pickle as data: an allow-list of opcodes and of globals, interpreted here. It never imports, resolves or calls
/// anything; whatever a pickle asks for beyond tensors, ordered dictionaries and plain values is refused by name. Modules that
/// were pickled as a whole become descriptions (<see cref="PickledObject"/>): names of classes, and attributes.
/// </summary>
internal sealed class PickleMachine
{
    private static readonly object Mark = new();

    private readonly PickleStream _stream;
    private readonly ByteSource _source;
    private readonly PickleLimits _limits;
    private readonly Func<PlainList, StorageReference> _loadStorage;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private object?[] _memo = new object?[64];
    private int _memoCount;
    private bool _inModel;

    private PickleMachine(PickleStream stream, PickleLimits limits, Func<PlainList, StorageReference> loadStorage)
    {
        _stream = stream;
        _source = stream.Source;
        _limits = limits;
        _loadStorage = loadStorage;
    }

    /// <summary>Reads one pickle from the stream's position.</summary>
    /// <param name="stream">Positioned at the pickle; afterwards just behind its end.</param>
    /// <param name="limits">Accounts for all pickles of the file.</param>
    /// <param name="loadStorage">Resolves a persistent id, a tuple that describes a storage.</param>
    /// <returns>A plain value as <see cref="PlainList"/> describes.</returns>
    /// <exception cref="CheckpointException">The pickle is damaged, too large, or asks for something that is not allowed.</exception>
    public static object? Read(PickleStream stream, PickleLimits limits, Func<PlainList, StorageReference> loadStorage)
    {
        var value = new PickleMachine(stream, limits, loadStorage).Run();
        PickleLimits.CheckTree(stream.Source, value);
        return value;
    }

    private object? Run()
    {
        while (true)
        {
            var opcode = _stream.ReadByte();
            switch (opcode)
            {
                case (byte)'.': return Finish();
                case 0x80: CheckProtocol(_stream.ReadByte()); break;
                case 0x95: _stream.Skip(8); break;                                          // FRAME: only a hint
                case (byte)'(': PushMark(); break;
                case (byte)'0': Pop(); break;
                case (byte)'1': PopToMark(); break;
                case (byte)'N': Push(null); break;
                case 0x88: Push(true); break;
                case 0x89: Push(false); break;
                case (byte)'J': PushInteger(_stream.ReadInt32()); break;
                case (byte)'K': PushInteger(_stream.ReadByte()); break;
                case (byte)'M': PushInteger(_stream.ReadUInt16()); break;
                case 0x8a: PushLong(_stream.ReadByte()); break;
                case 0x8b: PushLong(_stream.ReadInt32()); break;
                case (byte)'G': Push(_stream.ReadDoubleBigEndian(), 24); break;
                case (byte)'X': PushText((uint)_stream.ReadInt32()); break;
                case 0x8c: PushText(_stream.ReadByte()); break;
                case (byte)'T': PushText((uint)_stream.ReadInt32()); break;                 // Python 2 str
                case (byte)'U': PushText(_stream.ReadByte()); break;
                case (byte)'B': PushBytes((uint)_stream.ReadInt32()); break;
                case (byte)'C': PushBytes(_stream.ReadByte()); break;
                case (byte)')': Push(new PlainList([], isTuple: true), 64); break;
                case (byte)']': Push(new PlainList([]), 64); break;
                case (byte)'}': Push(new PlainDictionary(), 160); break;
                case (byte)'t': PushTuple(PopToMark()); break;
                case 0x85: PushTuple(PopMany(1)); break;
                case 0x86: PushTuple(PopMany(2)); break;
                case 0x87: PushTuple(PopMany(3)); break;
                case (byte)'a': Append(PopMany(1)); break;
                case (byte)'e': Append(PopToMark()); break;
                case (byte)'s': SetItems(PopMany(2)); break;
                case (byte)'u': SetItems(PopToMark()); break;
                case (byte)'q': Memoize(_stream.ReadByte()); break;
                case (byte)'r': Memoize(_stream.ReadInt32()); break;
                case 0x94: Memoize(_memoCount); break;
                case (byte)'h': Push(Recall(_stream.ReadByte())); break;
                case (byte)'j': Push(Recall(_stream.ReadInt32())); break;
                case (byte)'c': PushGlobal(_stream.ReadLine(256), _stream.ReadLine(256)); break;
                case 0x93: PushNamedGlobal(); break;
                case (byte)'Q': Push(LoadStorage(), 96); break;
                case (byte)'R': Reduce(); break;
                case 0x81: NewObject(); break;
                case (byte)'b': Build(); break;
                default:
                    throw Bad($"the pickle opcode 0x{opcode:x2} at offset {_stream.Position - 1} is not one that a checkpoint needs; it is refused", CheckpointRemedy.Resave);
            }
        }
    }

    private object? Finish()
    {
        var value = Pop();
        if (_stack.Count > 0)
            throw Damaged("values are left over at its end");
        return IsValue(value) ? value : throw Damaged("its result is not a value");
    }

    private void CheckProtocol(byte protocol)
    {
        if (protocol is < 2 or > 5)
            throw Bad($"its pickle has protocol {protocol}; 2 to 5 are read", CheckpointRemedy.Resave);
    }

    // ---- stack and memo

    private void Push(object? value, int bytes = 0)
    {
        // Every opcode costs something, so that a short pickle can't keep the machine busy without being charged.
        _limits.Charge(bytes + 1);
        if (_stack.Count >= PickleLimits.MaxStack)
            throw Bad($"its pickle stacks more than {PickleLimits.MaxStack} values", CheckpointRemedy.Resave);
        _stack.Add(value);
    }

    private void PushMark()
    {
        if (_marks.Count >= PickleLimits.MaxDepth)
            throw Bad($"its pickle nests deeper than {PickleLimits.MaxDepth} levels", CheckpointRemedy.Resave);
        Push(Mark, 4);
        _marks.Add(_stack.Count);
    }

    private object? Pop()
    {
        if (_stack.Count == 0)
            throw Damaged("a value is missing");
        var value = _stack[^1];
        if (ReferenceEquals(value, Mark))
            throw Damaged("a value is missing");
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private object?[] PopMany(int count)
    {
        var values = new object?[count];
        for (var i = count - 1; i >= 0; i--)
            values[i] = Pop();
        return values;
    }

    private List<object?> PopToMark()
    {
        if (_marks.Count == 0)
            throw Damaged("a mark is missing");
        var start = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        var values = _stack.GetRange(start, _stack.Count - start);
        _stack.RemoveRange(start - 1, _stack.Count - start + 1);
        return values;
    }

    private void Memoize(int index)
    {
        if (_stack.Count == 0 || ReferenceEquals(_stack[^1], Mark))
            throw Damaged("nothing to remember");
        if (index is < 0 or >= PickleLimits.MaxMemo)
            throw Bad($"its pickle remembers more than {PickleLimits.MaxMemo} values", CheckpointRemedy.Resave);
        if (index >= _memo.Length)
        {
            var grown = Math.Min(PickleLimits.MaxMemo, Math.Max(index + 1, _memo.Length * 2));
            _limits.Charge(8L * (grown - _memo.Length));
            Array.Resize(ref _memo, grown);
        }
        _limits.Charge(1);
        _memo[index] = _stack[^1];
        _memoCount = Math.Max(_memoCount, index + 1);
    }

    private object? Recall(int index) =>
        index >= 0 && index < _memoCount ? _memo[index] : throw Damaged($"it recalls value {index}, which it never stored");

    // ---- plain values

    private void PushInteger(long value) => Push(value, 24);

    private void PushLong(int length)
    {
        if (length is < 0 or > PickleLimits.MaxIntegerBytes)
            throw Bad($"its pickle has an integer of {length} bytes; at most {PickleLimits.MaxIntegerBytes} are read", CheckpointRemedy.Resave);
        var value = new BigInteger(_stream.ReadBytes(length));
        Push(value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value, 24 + length);
    }

    private void PushText(long length)
    {
        _limits.Charge(2 * length);
        Push(_stream.ReadUtf8(length), 32);
    }

    private void PushBytes(long length)
    {
        _limits.Charge(length);
        Push(new ReadOnlyMemory<byte>(_stream.ReadBytes(length)), 64);
    }

    private void PushTuple(IReadOnlyList<object?> items)
    {
        foreach (var item in items)
            RequireValueOrPart(item);
        Push(new PlainList(items, isTuple: true), 64 + 8 * items.Count);
    }

    private void Append(IReadOnlyList<object?> items)
    {
        if (_stack.Count == 0 || _stack[^1] is not PlainList { IsTuple: false } list)
            throw Damaged("it appends to something that is not a list");
        _limits.Charge(16 * items.Count);
        foreach (var item in items)
            list.Add(RequireValue(item));
    }

    private void SetItems(IReadOnlyList<object?> items)
    {
        if (_stack.Count == 0 || _stack[^1] is not PlainDictionary dictionary || items.Count % 2 != 0)
            throw Damaged("it sets items of something that is not a dictionary");
        _limits.Charge(48 * items.Count);
        for (var i = 0; i < items.Count; i += 2)
            SetItem(dictionary, items[i], items[i + 1]);
    }

    private void SetItem(PlainDictionary dictionary, object? key, object? value)
    {
        // Modules keep what they have computed under tuples of sizes; it is no part of their weights.
        if (_inModel && key is PlainList { IsTuple: true })
            return;
        if (!PlainDictionary.IsKey(key))
            throw Bad("a dictionary has a key that is neither a string nor a number", CheckpointRemedy.Resave);
        dictionary.Set(key!, RequireValue(value));
    }

    // ---- globals and what they build

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
            default: throw new InvalidOperationException($"Unhandled function {function.Kind}.");
        }
    }

    private void NewObject()
    {
        var arguments = Pop() as PlainList;
        if (Pop() is not PickleGlobal.Class @class || arguments is not { IsTuple: true })
            throw Bad($"the pickle opcode 0x81 at offset {_stream.Position - 1} makes an object that is no part of a model; it is refused", CheckpointRemedy.Resave);
        Push(new PickledObject(@class.Name, arguments), 96);
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
    /// BUILD gives an object its attributes. Ordered dictionaries of modules carry <c>_metadata</c> (versions of modules),
    /// which nothing here needs; those of a module have its weights; attributes of anything else are refused.
    /// </summary>
    private void Build()
    {
        var state = Pop();
        if (_stack.Count > 0 && _stack[^1] is PickledObject pickled)
        {
            pickled.State = RequireValue(state);
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

    // ---- checks

    private static bool IsValue(object? value) => (value is PickleGlobal.Class || value is not (PickleGlobal or StorageReference)) && !ReferenceEquals(value, Mark);

    private object? RequireValue(object? value) => IsValue(value) ? value : throw Damaged("a global or storage stands where a value belongs");

    /// <summary>Tuples may hold globals and storages: they are arguments of what is called next.</summary>
    private void RequireValueOrPart(object? value)
    {
        if (ReferenceEquals(value, Mark))
            throw Damaged("a mark stands where a value belongs");
    }

    private CheckpointException Damaged(string what) =>
        Bad($"its pickle is damaged at offset {_stream.Position}: {what}", CheckpointRemedy.Redownload);

    private CheckpointException Bad(string cause, string remedy) => _source.Bad(cause, remedy);
}
