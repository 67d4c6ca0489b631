using System.Numerics;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Reads a pickle as data: an allow-list of opcodes and of globals, interpreted here. It never imports, resolves or calls
/// anything; whatever a pickle asks for beyond tensors, ordered dictionaries and plain values is refused by name. Modules that
/// were pickled as a whole become descriptions (<see cref="PickledObject"/>): names of classes, and attributes.
/// </summary>
internal sealed partial class PickleMachine
{
    private static readonly object Mark = new();

    private readonly PickleStream _stream;
    private readonly ByteSource _source;
    private readonly PickleLimits _limits;
    private readonly Func<PlainList, StorageReference> _loadStorage;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly HashSet<object> _namespaces = new(ReferenceEqualityComparer.Instance);
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
