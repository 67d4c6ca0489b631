using System.Buffers.Binary;
using System.Text;

namespace Sam2.Torch.Checkpoints;

/// <summary>Buffered forward reading of a range of a file.</summary>
internal sealed class PickleStream(ByteSource source, long offset, long end)
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly byte[] _buffer = new byte[(int)Math.Clamp(end - offset, 0, 64 * 1024)];
    private int _start, _count;
    private long _next = offset;

    /// <summary>Offset in the file of the next byte.</summary>
    public long Position => _next - _count;

    public ByteSource Source => source;

    public byte ReadByte()
    {
        if (_count == 0)
            Fill();
        _count--;
        return _buffer[_start++];
    }

    public ushort ReadUInt16()
    {
        Span<byte> bytes = stackalloc byte[2];
        Read(bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    public int ReadInt32()
    {
        Span<byte> bytes = stackalloc byte[4];
        Read(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    public double ReadDoubleBigEndian()
    {
        Span<byte> bytes = stackalloc byte[8];
        Read(bytes);
        return BinaryPrimitives.ReadDoubleBigEndian(bytes);
    }

    /// <summary>Reads a byte string whose length the file states; nothing is allocated before the length is checked.</summary>
    public byte[] ReadBytes(long length)
    {
        RequireAvailable(length);
        var bytes = new byte[length];
        Read(bytes);
        return bytes;
    }

    public string ReadUtf8(long length)
    {
        try
        {
            if (length > 256 || length < 0)
                return StrictUtf8.GetString(ReadBytes(length));
            Span<byte> bytes = stackalloc byte[(int)length];
            Read(bytes);
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw source.Bad($"a string of its pickle, before offset {Position}, is not UTF-8", CheckpointRemedy.Redownload);
        }
    }

    /// <summary>A line that ends with a newline, of printable ASCII characters.</summary>
    public string ReadLine(int maxLength)
    {
        Span<char> line = stackalloc char[maxLength];
        for (var i = 0; i <= maxLength; i++)
        {
            var b = ReadByte();
            if (b == '\n')
                return new string(line[..i]);
            if (i == maxLength || b is < 0x20 or > 0x7E)
                break;
            line[i] = (char)b;
        }
        throw source.Bad($"a name in its pickle, before offset {Position}, is damaged", CheckpointRemedy.Redownload);
    }

    public void Skip(int count)
    {
        for (var i = 0; i < count; i++)
            ReadByte();
    }

    private void Read(Span<byte> destination)
    {
        RequireAvailable(destination.Length);
        while (!destination.IsEmpty)
        {
            if (_count == 0)
                Fill();
            var n = Math.Min(_count, destination.Length);
            _buffer.AsSpan(_start, n).CopyTo(destination);
            _start += n;
            _count -= n;
            destination = destination[n..];
        }
    }

    private void RequireAvailable(long length)
    {
        if (length < 0 || length > end - Position)
            throw source.Bad($"its pickle is truncated: {length} bytes wanted at offset {Position}, {end - Position} left", CheckpointRemedy.Redownload);
    }

    private void Fill()
    {
        var n = (int)Math.Min(_buffer.Length, end - _next);
        if (n <= 0)
            throw source.Bad($"its pickle is truncated at offset {_next}", CheckpointRemedy.Redownload);
        source.Read(_next, _buffer.AsSpan(0, n));
        _next += n;
        _start = 0;
        _count = n;
    }
}
