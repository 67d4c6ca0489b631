using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Writes a zip archive of stored entries whose bytes begin at multiples of 64, as torch.save does, so that they can be
/// mapped into memory, and whose dates are fixed, so that equal content gives equal files. (<c>ZipArchive</c> can't align
/// them: it doesn't let its caller write the extra field that fills the gap.) Sizes are known beforehand; the checksum is filled
/// in after the bytes of an entry.
/// </summary>
/// <param name="stream">Seekable, positioned where the archive begins.</param>
/// <param name="alwaysZip64">Write 64-bit sizes and offsets even where 32 bits are enough.</param>
internal sealed class ZipWriter(Stream stream, bool alwaysZip64 = false)
{
    private const int Alignment = 64;
    private const int LocalSize = 30, CentralSize = 46;
    private const ushort Utf8Names = 0x800;
    private const ushort Version = 20, VersionZip64 = 45;
    private const ushort DosDate = (1980 - 1980) << 9 | 1 << 5 | 1;

    private readonly List<(byte[] Name, long Length, uint Crc, long Header)> _entries = [];

    /// <summary>Appends an entry.</summary>
    /// <param name="name">Path in the archive.</param>
    /// <param name="length">Number of bytes that <paramref name="write"/> passes on.</param>
    /// <param name="write">Passes the entry's bytes, in order, to the callback.</param>
    public void Add(string name, long length, Action<StorageToWrite.Sink> write)
    {
        var rawName = Encoding.UTF8.GetBytes(name);
        var header = stream.Position;
        var zip64 = NeedsZip64(length);
        stream.Write(LocalHeader(rawName, length, crc: 0, header, zip64));

        var crc = new Crc32();
        long written = 0;
        write(bytes =>
        {
            crc.Append(bytes);
            stream.Write(bytes);
            written += bytes.Length;
        });
        if (written != length)
            throw new InvalidOperationException($"Entry '{name}' was announced with {length} bytes but has {written}.");

        var end = stream.Position;
        stream.Position = header;
        stream.Write(LocalHeader(rawName, length, crc.GetCurrentHashAsUInt32(), header, zip64));
        stream.Position = end;
        _entries.Add((rawName, length, crc.GetCurrentHashAsUInt32(), header));
    }

    /// <summary>Appends an entry that is in memory.</summary>
    public void Add(string name, byte[] bytes) => Add(name, bytes.Length, sink => sink(bytes));

    /// <summary>Writes the directory, which ends the archive.</summary>
    public void Finish()
    {
        var start = stream.Position;
        foreach (var (name, length, crc, header) in _entries)
            stream.Write(CentralHeader(name, length, crc, header));
        var end = stream.Position;
        var zip64 = alwaysZip64 || _entries.Count >= ushort.MaxValue || end >= uint.MaxValue;
        if (zip64)
            WriteZip64End(start, end);
        var record = new byte[22];
        U32(record, 0, 0x06054b50);
        U16(record, 8, zip64 ? ushort.MaxValue : (ushort)_entries.Count);
        U16(record, 10, zip64 ? ushort.MaxValue : (ushort)_entries.Count);
        U32(record, 12, zip64 ? uint.MaxValue : (uint)(end - start));
        U32(record, 16, zip64 ? uint.MaxValue : (uint)start);
        stream.Write(record);
    }

    private bool NeedsZip64(long value) => alwaysZip64 || value >= uint.MaxValue;

    private static byte[] LocalHeader(byte[] name, long length, uint crc, long header, bool zip64)
    {
        var sizes = zip64 ? 20 : 0;
        // Padding in an extra field "FB", the one that torch.save uses.
        var unpadded = header + LocalSize + name.Length + sizes + 4;
        var padding = (int)((Alignment - unpadded % Alignment) % Alignment);
        var bytes = new byte[LocalSize + name.Length + sizes + 4 + padding];
        U32(bytes, 0, 0x04034b50);
        U16(bytes, 4, zip64 ? VersionZip64 : Version);
        U16(bytes, 6, Utf8Names);
        U16(bytes, 12, DosDate);
        U32(bytes, 14, crc);
        U32(bytes, 18, zip64 ? uint.MaxValue : (uint)length);
        U32(bytes, 22, zip64 ? uint.MaxValue : (uint)length);
        U16(bytes, 26, (ushort)name.Length);
        U16(bytes, 28, (ushort)(sizes + 4 + padding));
        name.CopyTo(bytes, LocalSize);
        var extra = LocalSize + name.Length;
        if (zip64)
        {
            U16(bytes, extra, 1);
            U16(bytes, extra + 2, 16);
            I64(bytes, extra + 4, length);
            I64(bytes, extra + 12, length);
            extra += sizes;
        }
        U16(bytes, extra, 'F' | 'B' << 8);
        U16(bytes, extra + 2, (ushort)padding);
        bytes.AsSpan(extra + 4).Fill((byte)'Z');
        return bytes;
    }

    private byte[] CentralHeader(byte[] name, long length, uint crc, long header)
    {
        bool wideLength = NeedsZip64(length), wideHeader = NeedsZip64(header);
        var extra = (wideLength ? 16 : 0) + (wideHeader ? 8 : 0);
        if (extra > 0)
            extra += 4;
        var bytes = new byte[CentralSize + name.Length + extra];
        U32(bytes, 0, 0x02014b50);
        U16(bytes, 4, extra > 0 ? VersionZip64 : Version);
        U16(bytes, 6, extra > 0 ? VersionZip64 : Version);
        U16(bytes, 8, Utf8Names);
        U16(bytes, 14, DosDate);
        U32(bytes, 16, crc);
        U32(bytes, 20, wideLength ? uint.MaxValue : (uint)length);
        U32(bytes, 24, wideLength ? uint.MaxValue : (uint)length);
        U16(bytes, 28, (ushort)name.Length);
        U16(bytes, 30, (ushort)extra);
        U32(bytes, 42, wideHeader ? uint.MaxValue : (uint)header);
        name.CopyTo(bytes, CentralSize);
        if (extra > 0)
        {
            var position = CentralSize + name.Length;
            U16(bytes, position, 1);
            U16(bytes, position + 2, (ushort)(extra - 4));
            position += 4;
            if (wideLength)
            {
                I64(bytes, position, length);
                I64(bytes, position + 8, length);
                position += 16;
            }
            if (wideHeader)
                I64(bytes, position, header);
        }
        return bytes;
    }

    private void WriteZip64End(long start, long end)
    {
        var record = new byte[56 + 20];
        U32(record, 0, 0x06064b50);
        I64(record, 4, 44);
        U16(record, 12, VersionZip64);
        U16(record, 14, VersionZip64);
        I64(record, 24, _entries.Count);
        I64(record, 32, _entries.Count);
        I64(record, 40, end - start);
        I64(record, 48, start);
        U32(record, 56, 0x07064b50);
        I64(record, 64, end);
        U32(record, 72, 1);
        stream.Write(record);
    }

    private static void U16(byte[] bytes, int offset, int value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(offset), (ushort)value);

    private static void U32(byte[] bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);

    private static void I64(byte[] bytes, int offset, long value) => BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(offset), value);
}
