using System.Buffers.Binary;
using System.Text;
using Sam2.Torch.Checkpoints;

namespace Sam2.Torch.Tests.Checkpoints;

/// <summary>Assembles pickles opcode by opcode, and files around them, to test what a checkpoint writer would never write.</summary>
internal sealed class PickleBuilder(bool legacy = false)
{
    private readonly List<byte> _bytes = [0x80, 2];

    public byte[] ToArray() => [.. _bytes, (byte)'.'];

    public PickleBuilder Op(char opcode, params byte[] operand) => Op((byte)opcode, operand);

    public PickleBuilder Op(byte opcode, params byte[] operand)
    {
        _bytes.Add(opcode);
        _bytes.AddRange(operand);
        return this;
    }

    public PickleBuilder Repeat(int count, params byte[] opcodes)
    {
        for (var i = 0; i < count; i++)
            _bytes.AddRange(opcodes);
        return this;
    }

    public PickleBuilder Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return Op('X', [.. Little(utf8.Length)]).Raw(utf8);
    }

    public PickleBuilder Integer(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Op(0x8a, 8).Raw(bytes);
    }

    public PickleBuilder Global(string module, string name) => Op('c', Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    public PickleBuilder Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleBuilder Longs(params long[] values)
    {
        Op('(');
        foreach (var value in values)
            Integer(value);
        return Op('t');
    }

    /// <summary>A tensor in the storage "0". The legacy format describes a storage by six values instead of five.</summary>
    public PickleBuilder Tensor(long storageCount, long offset, long[] size, long[] stride, string storageClass = "FloatStorage", string key = "0") =>
        Global("torch._utils", "_rebuild_tensor_v2").Op('(')
            .Op('(').Text("storage").Global("torch", storageClass).Text(key).Text("cpu").Integer(storageCount).Raw(legacy ? [(byte)'N'] : []).Op('t').Op('Q')
            .Integer(offset).Longs(size).Longs(stride).Op(0x89).Global("collections", "OrderedDict").Op(')').Op('R').Op('t').Op('R');

    /// <summary>The pickle of <c>{"x": value}</c>.</summary>
    public static byte[] Of(Action<PickleBuilder> value)
    {
        var builder = new PickleBuilder().Op('}').Text("x");
        value(builder);
        return builder.Op('s').ToArray();
    }

    /// <summary>The pickle of <c>{"x": 12 zeros of float32, "y": value}</c>.</summary>
    public static byte[] Beside(Action<PickleBuilder> value, bool legacy = false)
    {
        var builder = new PickleBuilder(legacy).Op('}').Text("x").Tensor(12, 0, [12], [1]).Op('s').Text("y");
        value(builder);
        return builder.Op('s').ToArray();
    }

    /// <summary>A zip file as torch.save writes it, with a storage "0" of 48 zero bytes unless others are given.</summary>
    public static byte[] Zip(byte[] pickle, params (string Name, byte[] Content)[] entries)
    {
        using var stream = new MemoryStream();
        var zip = new ZipWriter(stream);
        zip.Add("archive/data.pkl", pickle);
        foreach (var (name, content) in entries.Length > 0 ? entries : [("archive/data/0", new byte[48])])
            zip.Add(name, content);
        zip.Finish();
        return stream.ToArray();
    }

    /// <summary>A legacy file with a storage "0" of 12 zero floats.</summary>
    public static byte[] Legacy(byte[] pickle)
    {
        byte[] magic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];
        var version = new PickleBuilder().Op('M', 0xe9, 0x03).ToArray();
        var facts = new PickleBuilder().Op('}').ToArray();
        // Views name their storage in a sixth element.
        var keys = new PickleBuilder().Op(']').Text("0").Op('a').ToArray();
        return [.. magic, .. version, .. facts, .. pickle, .. keys, 12, 0, 0, 0, 0, 0, 0, 0, .. new byte[48]];
    }

    private static byte[] Little(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }
}
