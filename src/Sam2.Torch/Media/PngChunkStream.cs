using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Sam2.Torch.Media;

/// <summary>Walks the chunks of a PNG; as a stream it is the data of the current run of IDAT chunks. Every checksum is verified.</summary>
internal sealed class PngChunkStream(Stream source) : Stream
{
    private string _type = "";
    private readonly Crc32 _crc = new();

    /// <summary>Bytes of the current chunk that have not been read.</summary>
    public uint Remaining { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Goes to the next chunk, whose type is returned, skipping what is left of this one.</summary>
    public string Next()
    {
        Finish();
        Span<byte> head = stackalloc byte[8];
        source.ReadExactly(head);
        Remaining = BinaryPrimitives.ReadUInt32BigEndian(head);
        if (Remaining > int.MaxValue)
        {
            throw new InvalidDataException("a chunk is longer than the format allows");
        }

        _crc.Reset();
        _crc.Append(head[4..]);
        _type = Encoding.Latin1.GetString(head[4..]);
        return _type;
    }

    /// <summary>Skips what is left of the current chunk and verifies its checksum.</summary>
    public void Finish()
    {
        if (_type.Length == 0)
        {
            return;
        }

        Span<byte> skipped = stackalloc byte[1024];
        while (Remaining > 0)
        {
            ReadCurrent(skipped);
        }

        VerifyChecksum();
        _type = "";
    }

    /// <summary>The rest of the current chunk.</summary>
    public byte[] ReadRest(int limit)
    {
        if (Remaining > limit)
        {
            throw new InvalidDataException($"the {_type} chunk has {Remaining} bytes, more than {limit}");
        }

        var data = new byte[Remaining];
        int done = 0;
        while (done < data.Length)
        {
            done += ReadCurrent(data.AsSpan(done));
        }

        return data;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (Remaining == 0)
        {
            if (Next() != "IDAT")
            {
                Remaining = 0;
                _type = "";
                throw new EndOfStreamException();
            }
        }

        return ReadCurrent(buffer);
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int ReadCurrent(Span<byte> buffer)
    {
        buffer = buffer[..(int)Math.Min((uint)buffer.Length, Remaining)];
        int got = source.Read(buffer);
        if (got == 0 && buffer.Length > 0)
        {
            throw new EndOfStreamException();
        }

        _crc.Append(buffer[..got]);
        Remaining -= (uint)got;
        return got;
    }

    private void VerifyChecksum()
    {
        Span<byte> stored = stackalloc byte[4];
        source.ReadExactly(stored);
        if (BinaryPrimitives.ReadUInt32BigEndian(stored) != _crc.GetCurrentHashAsUInt32())
        {
            throw new InvalidDataException($"the checksum of a {_type} chunk is wrong");
        }
    }
}
