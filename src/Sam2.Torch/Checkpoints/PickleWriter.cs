using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Sam2.Torch.Configuration;
using static TorchSharp.torch;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Writes a pickle (protocol 2) of tensors, dictionaries and plain values, with only those opcodes and globals that
/// <c>torch.load(..., weights_only=True)</c> accepts.
/// </summary>
internal sealed class PickleWriter(StorageCollector storages)
{
    private readonly MemoryStream _out = new();
    private readonly Dictionary<StorageToWrite, int> _keys = new(ReferenceEqualityComparer.Instance);

    /// <summary>The storages that the pickle refers to; an index in this list is the storage's key.</summary>
    public List<StorageToWrite> Storages { get; } = [];

    /// <summary>The pickle of <c>{"model": OrderedDict(stateDict), **entries}</c>.</summary>
    public byte[] Write(IReadOnlyDictionary<string, TensorToWrite> stateDict, PlainDictionary entries)
    {
        Op(0x80, 2);
        Op('}');
        Op('(');
        Text("model");
        Global("collections", "OrderedDict");
        Op(')');
        Op('R');
        Op('(');
        foreach (var (key, tensor) in stateDict)
        {
            Text(key);
            Parameter(tensor);
        }
        Op('u');
        foreach (var (key, value) in entries)
        {
            Value(key, depth: 1);
            Value(value, depth: 1);
        }
        Op('u');
        Op('.');
        return _out.ToArray();
    }

    private void Value(object? value, int depth)
    {
        if (depth > PickleLimits.MaxDepth - 8)
            throw new ArgumentException($"Values nest deeper than {PickleLimits.MaxDepth - 8} levels; such a checkpoint could not be read back.");
        switch (value)
        {
            case null: Op('N'); break;
            case bool flag: Op(flag ? (byte)0x88 : (byte)0x89); break;
            case int number: Integer(number); break;
            case long number: Integer(number); break;
            case BigInteger number: Long(number); break;
            case float number: Float(number); break;
            case double number: Float(number); break;
            case string text: Text(text); break;
            case ReadOnlyMemory<byte> bytes: Bytes(bytes.Span); break;
            case Tensor tensor: Parameter(storages[tensor]); break;
            case TensorEntry entry: Parameter(storages[entry]); break;
            case PlainList { IsTuple: true } tuple: Tuple(tuple, depth); break;
            case PlainList list: List(list, depth); break;
            case PlainDictionary dictionary: Dictionary(dictionary, depth); break;
            default: throw new ArgumentException($"A checkpoint can't hold a value of type {value.GetType()}.");
        }
    }

    private void Tuple(PlainList items, int depth)
    {
        Op('(');
        foreach (var item in items)
            Value(item, depth + 1);
        Op('t');
    }

    private void List(PlainList items, int depth)
    {
        Op(']');
        Op('(');
        foreach (var item in items)
            Value(item, depth + 1);
        Op('e');
    }

    private void Dictionary(PlainDictionary dictionary, int depth)
    {
        Op('}');
        Op('(');
        foreach (var (key, value) in dictionary)
        {
            Value(key, depth + 1);
            Value(value, depth + 1);
        }
        Op('u');
    }

    private void Parameter(TensorToWrite tensor)
    {
        if (!tensor.IsParameter)
        {
            TensorValue(tensor, tensor.RequiresGrad);
            return;
        }
        Global("torch._utils", "_rebuild_parameter");
        Op('(');
        TensorValue(tensor, requiresGrad: false);
        Op(tensor.RequiresGrad ? (byte)0x88 : (byte)0x89);
        NoHooks();
        Op('t');
        Op('R');
    }

    private void TensorValue(TensorToWrite tensor, bool requiresGrad)
    {
        Global("torch._utils", "_rebuild_tensor_v2");
        Op('(');
        StorageId(tensor.Storage);
        Integer(tensor.Offset);
        Longs(tensor.Shape);
        Longs(tensor.Strides);
        Op(requiresGrad ? (byte)0x88 : (byte)0x89);
        NoHooks();
        Op('t');
        Op('R');
    }

    private void StorageId(StorageToWrite storage)
    {
        if (!_keys.TryGetValue(storage, out var key))
        {
            _keys.Add(storage, key = Storages.Count);
            Storages.Add(storage);
        }
        Op('(');
        Text("storage");
        Global("torch", ScalarTypes.StorageClass(storage.Type));
        Text(key.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Text("cpu");
        Integer(storage.Count);
        Op('t');
        Op('Q');
    }

    private void NoHooks()
    {
        Global("collections", "OrderedDict");
        Op(')');
        Op('R');
    }

    private void Longs(IReadOnlyList<long> numbers)
    {
        Op('(');
        foreach (var number in numbers)
            Integer(number);
        Op('t');
    }

    private void Integer(long value)
    {
        if (value is >= 0 and <= byte.MaxValue)
        {
            Op('K', (byte)value);
        }
        else if (value is >= 0 and <= ushort.MaxValue)
        {
            Op('M', (byte)value, (byte)(value >> 8));
        }
        else if (value is >= int.MinValue and <= int.MaxValue)
        {
            Op('J');
            Int32((int)value);
        }
        else
        {
            Long(value);
        }
    }

    private void Long(BigInteger value)
    {
        var bytes = value.IsZero ? [] : value.ToByteArray();
        if (bytes.Length > byte.MaxValue)
            throw new ArgumentException($"An integer of {bytes.Length} bytes is too large for a checkpoint.");
        Op(0x8a, (byte)bytes.Length);
        _out.Write(bytes);
    }

    private void Float(double value)
    {
        Op('G');
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, value);
        _out.Write(bytes);
    }

    private void Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Op('X');
        Int32(bytes.Length);
        _out.Write(bytes);
    }

    private void Bytes(ReadOnlySpan<byte> bytes)
    {
        Global("_codecs", "encode");
        Op('(');
        Text(Encoding.Latin1.GetString(bytes));
        Text("latin1");
        Op('t');
        Op('R');
    }

    private void Global(string module, string name)
    {
        Op('c');
        _out.Write(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
    }

    private void Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        _out.Write(bytes);
    }

    private void Op(char opcode, params ReadOnlySpan<byte> operand) => Op((byte)opcode, operand);

    private void Op(byte opcode, params ReadOnlySpan<byte> operand)
    {
        _out.WriteByte(opcode);
        _out.Write(operand);
    }
}
