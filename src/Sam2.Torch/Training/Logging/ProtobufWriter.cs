using System.Buffers.Binary;
using System.Text;

namespace Sam2.Torch.Training.Logging;

/// <summary>The few kinds of protocol-buffer fields that event files need.</summary>
internal sealed class ProtobufWriter
{
    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    private readonly MemoryStream _stream = new();

    public byte[] ToArray() => _stream.ToArray();

    public ProtobufWriter Int64(int field, long value)
    {
        Key(field, Varint);
        WriteVarint((ulong)value);
        return this;
    }

    public ProtobufWriter Double(int field, double value)
    {
        Key(field, Fixed64);
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        _stream.Write(bytes);
        return this;
    }

    public ProtobufWriter Float(int field, float value)
    {
        Key(field, Fixed32);
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        _stream.Write(bytes);
        return this;
    }

    public ProtobufWriter Text(int field, string value) => Write(field, Encoding.UTF8.GetBytes(value));

    public ProtobufWriter Message(int field, ProtobufWriter message) => Write(field, message.ToArray());

    private ProtobufWriter Write(int field, byte[] bytes)
    {
        Key(field, Bytes);
        WriteVarint((ulong)bytes.Length);
        _stream.Write(bytes);
        return this;
    }

    private void Key(int field, int wireType) => WriteVarint((ulong)(field << 3 | wireType));

    private void WriteVarint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            _stream.WriteByte((byte)(value | 0x80));
        _stream.WriteByte((byte)value);
    }
}
