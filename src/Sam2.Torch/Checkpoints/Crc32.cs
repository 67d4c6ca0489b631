using System.Buffers.Binary;

namespace Sam2.Torch.Checkpoints;

/// <summary>CRC-32 of zip archives (reflected polynomial 0xEDB88320), eight bytes per step ("slicing by 8").</summary>
internal struct Crc32
{
    private static readonly uint[] Tables = BuildTables();

    private uint _inverted;

    /// <summary>The checksum of everything appended so far.</summary>
    public readonly uint Value => ~(_inverted ^ 0xFFFFFFFF);

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = new Crc32();
        crc.Append(bytes);
        return crc.Value;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        // _inverted starts at zero in a default instance, so the state is kept xor 0xFFFFFFFF.
        var state = _inverted ^ 0xFFFFFFFF;
        ReadOnlySpan<uint> t = Tables;
        while (bytes.Length >= 8)
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ state;
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            state = t[(int)(7 * 256 + (low & 0xFF))] ^ t[(int)(6 * 256 + ((low >> 8) & 0xFF))]
                ^ t[(int)(5 * 256 + ((low >> 16) & 0xFF))] ^ t[(int)(4 * 256 + (low >> 24))]
                ^ t[(int)(3 * 256 + (high & 0xFF))] ^ t[(int)(2 * 256 + ((high >> 8) & 0xFF))]
                ^ t[(int)(256 + ((high >> 16) & 0xFF))] ^ t[(int)(high >> 24)];
            bytes = bytes[8..];
        }
        foreach (var b in bytes)
            state = (state >> 8) ^ t[(int)((state ^ b) & 0xFF)];
        _inverted = state ^ 0xFFFFFFFF;
    }

    private static uint[] BuildTables()
    {
        var tables = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            var c = i;
            for (var bit = 0; bit < 8; bit++)
                c = (c >> 1) ^ ((c & 1) * 0xEDB88320);
            tables[i] = c;
        }
        for (var i = 256; i < tables.Length; i++)
            tables[i] = (tables[i - 256] >> 8) ^ tables[tables[i - 256] & 0xFF];
        return tables;
    }
}
