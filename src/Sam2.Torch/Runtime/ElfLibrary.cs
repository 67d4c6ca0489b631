using System.Buffers.Binary;
using System.Text;

namespace Sam2.Torch.Runtime;

/// <summary>
/// The dynamic section of a 64-bit little-endian ELF shared library in memory, as far as symbol versions go. Names follow the
/// System V ABI and the Linux Standard Base.
/// </summary>
internal sealed class ElfLibrary
{
    private const ushort WeakFlag = 0x2;

    private readonly byte[] _image;
    private readonly Dictionary<long, ulong> _dynamic = [];
    private readonly List<(ulong Address, ulong Offset, ulong Size)> _segments = [];

    /// <summary>Reads the headers.</summary>
    /// <param name="image">The whole file.</param>
    /// <exception cref="InvalidDataException">It is no such library.</exception>
    public ElfLibrary(byte[] image)
    {
        _image = image;
        if (image.Length < 64 || !image.AsSpan(0, 6).SequenceEqual("\u007fELF\u0002\u0001"u8)) throw new InvalidDataException("not a 64-bit little-endian ELF file");

        (ulong headers, ulong size, ulong count) = (U64(32), U16(54), U16(56));
        (ulong Offset, ulong Size) dynamic = default;
        for (ulong i = 0; i < count; i++)
        {
            var header = headers + (i * size);
            switch (U32(header))
            {
                case 1: _segments.Add((U64(header + 16), U64(header + 8), U64(header + 32))); break; // PT_LOAD
                case 2: dynamic = (U64(header + 8), U64(header + 32)); break; // PT_DYNAMIC
            }
        }
        for (var at = dynamic.Offset; at + 16 <= dynamic.Offset + dynamic.Size && U64(at) != 0; at += 16) _dynamic[(long)U64(at)] = U64(at + 8);
    }

    /// <summary>
    /// Marks a version that the library wants of another one as weak: the loader then accepts that it is missing. Refuses where code
    /// or data of the library refers to a symbol of that version, because it would have no address.
    /// </summary>
    /// <param name="version">The version, such as GLIBCXX_3.4.32.</param>
    /// <returns>Whether the version was wanted and is weak now; the image is changed only then.</returns>
    /// <exception cref="InvalidDataException">The image is damaged; it is not changed.</exception>
    public bool TryMakeWeak(string version)
    {
        const long verneed = 0x6ffffffe;
        if (!_dynamic.TryGetValue(verneed, out var address)) return false;

        // Both lists are linked by distances, of which the last is 0.
        List<ulong> entries = [];
        ulong need = Offset(address), nextNeed;
        do
        {
            ulong entry = need + U32(need + 8), nextEntry;
            do
            {
                if (Text(U32(entry + 8)) == version && (U16(entry + 4) & WeakFlag) == 0) entries.Add(entry);
                entry += nextEntry = U32(entry + 12);
            }
            while (nextEntry != 0);
            need += nextNeed = U32(need + 12);
        }
        while (nextNeed != 0);
        if (entries.Count == 0 || entries.Exists(entry => IsReferred(U16(entry + 6)))) return false;

        foreach (var entry in entries)
            BinaryPrimitives.WriteUInt16LittleEndian(_image.AsSpan((int)entry + 4), (ushort)(U16(entry + 4) | WeakFlag));
        return true;
    }

    /// <summary>Whether a relocation refers to a symbol of the version with this index.</summary>
    private bool IsReferred(int version)
    {
        const long versym = 0x6ffffff0, rela = 7, relaSize = 8, jmprel = 23, jmprelSize = 2;
        var versions = Offset(Entry(versym));
        foreach (var (table, size) in new[] { (rela, relaSize), (jmprel, jmprelSize) })
        {
            if (!_dynamic.TryGetValue(table, out var address)) continue;
            var start = Offset(address);
            for (ulong at = 0; at + 24 <= _dynamic.GetValueOrDefault(size); at += 24)
            {
                var symbol = U64(start + at + 8) >> 32;
                if (symbol != 0 && (U16(versions + (2 * symbol)) & 0x7fff) == version) return true;
            }
        }
        return false;
    }

    /// <summary>A string of the dynamic string table.</summary>
    private string Text(ulong index)
    {
        const long strtab = 5;
        var rest = Rest(Offset(Entry(strtab)) + index, 1);
        return Encoding.ASCII.GetString(rest[..Math.Max(0, rest.IndexOf((byte)0))]);
    }

    private ulong Entry(long tag) =>
        _dynamic.TryGetValue(tag, out var value) ? value : throw new InvalidDataException($"its dynamic section has no entry {tag:x}");

    /// <summary>Where in the file what is loaded at an address stands.</summary>
    private ulong Offset(ulong address)
    {
        foreach (var (start, offset, size) in _segments)
            if (address >= start && address - start < size) return address - start + offset;
        throw new InvalidDataException($"address {address:x} lies in no segment");
    }

    private ushort U16(ulong at) => BinaryPrimitives.ReadUInt16LittleEndian(Rest(at, sizeof(ushort)));

    private uint U32(ulong at) => BinaryPrimitives.ReadUInt32LittleEndian(Rest(at, sizeof(uint)));

    private ulong U64(ulong at) => BinaryPrimitives.ReadUInt64LittleEndian(Rest(at, sizeof(ulong)));

    /// <summary>The rest of the file from an offset on, which has at least <paramref name="least"/> bytes.</summary>
    private ReadOnlySpan<byte> Rest(ulong at, int least) =>
        at <= (ulong)(_image.Length - least) ? _image.AsSpan((int)at) : throw new InvalidDataException("the file is cut off");
}
