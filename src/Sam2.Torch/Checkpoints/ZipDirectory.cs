using System.Buffers.Binary;
using System.Text;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Reads the central directory of a zip archive. System.IO.Compression hides what matters here: where an entry's bytes
/// lie (tensors are read in place), duplicates, overlaps, and disagreement between the two headers of an entry.
/// </summary>
internal static class ZipDirectory
{
    private const int MaxEntries = 65_536;
    private const long MaxDirectoryBytes = 8 << 20;
    private const uint LocalSignature = 0x04034b50, CentralSignature = 0x02014b50, EndSignature = 0x06054b50;
    private const uint Zip64EndSignature = 0x06064b50, Zip64LocatorSignature = 0x07064b50;
    private const int LocalSize = 30, CentralSize = 46, EndSize = 22, Zip64EndSize = 56, Zip64LocatorSize = 20;
    private const ushort Encrypted = 1, HasDataDescriptor = 8;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>All entries by name, in the order of the directory.</summary>
    /// <exception cref="CheckpointException">The archive is damaged, or is not one that torch.save could have written.</exception>
    public static IReadOnlyDictionary<string, ZipEntry> Read(ByteSource source)
    {
        var (offset, size, count) = FindDirectory(source);
        if (count > MaxEntries || size > MaxDirectoryBytes)
            throw source.Bad($"its zip directory has {count} entries in {size} bytes; at most {MaxEntries} in {MaxDirectoryBytes} are accepted");
        if (offset < 0 || size < 0 || offset > source.Length - size || count > size / CentralSize)
            throw source.Bad("its zip directory lies outside the file", CheckpointRemedy.Redownload);

        var directory = new byte[size];
        source.Read(offset, directory);
        var entries = new OrderedDictionary<string, ZipEntry>((int)count, StringComparer.Ordinal);
        var position = 0;
        for (long i = 0; i < count; i++)
        {
            var entry = ReadEntry(source, directory, ref position, directoryOffset: offset);
            if (!entries.TryAdd(entry.Name, entry))
                throw source.Bad($"the zip entry '{entry.Name}' occurs twice", "Such a file means different things to different readers and is refused");
        }
        RefuseOverlaps(source, entries.Values);
        return entries;
    }

    private static (long Offset, long Size, long Count) FindDirectory(ByteSource source)
    {
        var tail = new byte[(int)Math.Min(source.Length, EndSize + ushort.MaxValue)];
        source.Read(source.Length - tail.Length, tail);
        for (var i = tail.Length - EndSize; i >= 0; i--)
        {
            var end = tail.AsSpan(i);
            if (U32(end) != EndSignature || EndSize + U16(end[20..]) != end.Length)
                continue;
            var endOffset = source.Length - tail.Length + i;
            if (ReadZip64End(source, endOffset) is { } zip64)
                return zip64;
            if (U16(end[4..]) != 0 || U16(end[6..]) != 0 || U16(end[8..]) != U16(end[10..]))
                throw source.Bad("is one part of a zip archive in several parts", "Join the parts first");
            return (U32(end[16..]), U32(end[12..]), U16(end[10..]));
        }
        throw source.Bad("truncated: the zip directory at its end is missing", CheckpointRemedy.Redownload);
    }

    private static (long, long, long)? ReadZip64End(ByteSource source, long endOffset)
    {
        if (endOffset < Zip64LocatorSize + Zip64EndSize)
            return null;
        Span<byte> locator = stackalloc byte[Zip64LocatorSize];
        source.Read(endOffset - Zip64LocatorSize, locator);
        if (U32(locator) != Zip64LocatorSignature)
            return null;
        Span<byte> end = stackalloc byte[Zip64EndSize];
        var offset = I64(locator[8..]);
        if (offset < 0 || offset > source.Length - Zip64EndSize)
            throw source.Bad("its zip64 directory lies outside the file", CheckpointRemedy.Redownload);
        source.Read(offset, end);
        if (U32(end) != Zip64EndSignature)
            throw source.Bad("its zip64 directory is damaged", CheckpointRemedy.Redownload);
        if (U32(end[16..]) != 0 || U32(end[20..]) != 0 || I64(end[24..]) != I64(end[32..]) || I64(end[32..]) < 0)
            throw source.Bad("is one part of a zip archive in several parts", "Join the parts first");
        return (I64(end[48..]), I64(end[40..]), I64(end[32..]));
    }

    private static ZipEntry ReadEntry(ByteSource source, byte[] directory, ref int position, long directoryOffset)
    {
        var rest = directory.AsSpan(position);
        if (rest.Length < CentralSize || U32(rest) != CentralSignature)
            throw source.Bad("its zip directory is damaged", CheckpointRemedy.Redownload);
        int nameLength = U16(rest[28..]), extraLength = U16(rest[30..]), commentLength = U16(rest[32..]);
        var total = CentralSize + nameLength + extraLength + commentLength;
        if (rest.Length < total)
            throw source.Bad("its zip directory is truncated", CheckpointRemedy.Redownload);
        var rawName = rest.Slice(CentralSize, nameLength);
        var name = DecodeName(source, rawName);

        ushort flags = U16(rest[8..]), method = U16(rest[10..]);
        if ((flags & Encrypted) != 0)
            throw source.Bad($"the zip entry '{name}' is encrypted", "Decrypt the archive first");
        if (method != 0)
            throw source.Bad($"the zip entry '{name}' is compressed; torch.save stores entries uncompressed",
                "Repack the archive without compression (zip -0), or save it again in Python with torch.save");

        long stored = U32(rest[20..]), length = U32(rest[24..]), header = U32(rest[42..]);
        ReadZip64Extra(source, name, rest.Slice(CentralSize + nameLength, extraLength), ref length, ref stored, ref header);
        if (stored != length)
            throw source.Bad($"the zip entry '{name}' is stored in {stored} bytes but claims {length}", CheckpointRemedy.Redownload);
        position += total;
        var crc = U32(rest[16..]);
        return new(name, header, LocateBytes(source, name, rawName, header, length, crc, directoryOffset), length, crc);
    }

    private static string DecodeName(ByteSource source, ReadOnlySpan<byte> raw)
    {
        string name;
        try
        {
            name = StrictUtf8.GetString(raw);
        }
        catch (DecoderFallbackException)
        {
            throw source.Bad("the name of a zip entry is not UTF-8", CheckpointRemedy.Redownload);
        }
        var escapes = name.Length == 0 || name[0] == '/' || name.Contains('\\') || name.Contains(':')
            || name.Any(char.IsControl) || name.Split('/').Any(part => part is "." or "..");
        return escapes
            ? throw source.Bad($"the zip entry '{Printable(name)}' points outside the archive", "Such names never come from torch.save; the file is refused")
            : name;
    }

    private static void ReadZip64Extra(ByteSource source, string name, ReadOnlySpan<byte> extra, ref long length, ref long stored, ref long header)
    {
        var need = (length == uint.MaxValue) || (stored == uint.MaxValue) || (header == uint.MaxValue);
        while (need && extra.Length >= 4)
        {
            int id = U16(extra), size = U16(extra[2..]);
            if (size > extra.Length - 4)
                break;
            var body = extra.Slice(4, size);
            extra = extra[(4 + size)..];
            if (id != 1)
                continue;
            need = !(Take(ref body, ref length) && Take(ref body, ref stored) && Take(ref body, ref header));
            break;
        }
        if (need || length < 0 || stored < 0 || header < 0)
            throw source.Bad($"the zip64 sizes of entry '{name}' are damaged", CheckpointRemedy.Redownload);

        static bool Take(ref ReadOnlySpan<byte> body, ref long value)
        {
            if (value != uint.MaxValue)
                return true;
            if (body.Length < 8)
                return false;
            value = I64(body);
            body = body[8..];
            return true;
        }
    }

    /// <summary>Checks the local header against the directory and returns where the bytes begin.</summary>
    private static long LocateBytes(ByteSource source, string name, ReadOnlySpan<byte> rawName, long header, long length, uint crc, long directoryOffset)
    {
        if (header > directoryOffset - LocalSize - rawName.Length)
            throw source.Bad($"the zip entry '{name}' lies outside the archive", CheckpointRemedy.Redownload);
        Span<byte> local = stackalloc byte[LocalSize + 256];
        local = local[..(LocalSize + Math.Min(rawName.Length, 256))];
        source.Read(header, local);
        if (U32(local) != LocalSignature)
            throw source.Bad($"the zip entry '{name}' has no header where the directory says", CheckpointRemedy.Redownload);
        ushort flags = U16(local[6..]);
        var sizesFollow = (flags & HasDataDescriptor) != 0;
        uint localStored = U32(local[18..]), localLength = U32(local[22..]);
        var same = U16(local[26..]) == rawName.Length && local[LocalSize..].SequenceEqual(rawName[..(local.Length - LocalSize)])
            && (flags & Encrypted) == 0 && U16(local[8..]) == 0
            && (sizesFollow || (U32(local[14..]) == crc
                && (localLength == uint.MaxValue || localLength == length) && (localStored == uint.MaxValue || localStored == length)));
        if (!same)
            throw source.Bad($"the two zip headers of entry '{name}' contradict each other", "Such a file means different things to different readers and is refused");
        var offset = header + LocalSize + rawName.Length + U16(local[28..]);
        return length <= directoryOffset - offset
            ? offset
            : throw source.Bad($"the zip entry '{name}' lies outside the archive", CheckpointRemedy.Redownload);
    }

    private static void RefuseOverlaps(ByteSource source, IEnumerable<ZipEntry> entries)
    {
        ZipEntry? previous = null;
        foreach (var entry in entries.OrderBy(e => e.HeaderOffset))
        {
            if (previous is not null && entry.HeaderOffset < previous.Offset + previous.Length)
                throw source.Bad($"the zip entries '{previous.Name}' and '{entry.Name}' overlap", "Such files never come from torch.save; it is refused");
            previous = entry;
        }
    }

    private static string Printable(string name) =>
        string.Concat(name.Take(80).Select(c => char.IsControl(c) ? '?' : c));

    private static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint U32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static long I64(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt64LittleEndian(bytes);
}

/// <summary>A stored (uncompressed) entry of a zip archive.</summary>
/// <param name="Name">Path inside the archive, with forward slashes.</param>
/// <param name="HeaderOffset">Offset of its local header in the file.</param>
/// <param name="Offset">Offset of its bytes in the file.</param>
/// <param name="Length">Number of its bytes.</param>
/// <param name="Crc">CRC-32 of its bytes; 0 if the archive has none.</param>
internal sealed record ZipEntry(string Name, long HeaderOffset, long Offset, long Length, uint Crc);
