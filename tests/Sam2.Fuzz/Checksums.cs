using System.Buffers.Binary;
using System.IO.Hashing;

namespace Sam2.Fuzz;

/// <summary>Makes the checksums of changed files right.</summary>
public static class Checksums
{
    /// <summary>The checksum of every chunk of a PNG.</summary>
    public static void RepairPng(byte[] png)
    {
        for (int at = 8; at + 12 <= png.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at));
            if (length > png.Length - at - 12)
            {
                return;
            }

            int end = at + 8 + (int)length;
            BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(end), Crc32.HashToUInt32(png.AsSpan(at + 4, 4 + (int)length)));
            at = end + 4;
        }
    }

    /// <summary>The checksum of every entry of a zip archive whose entries are stored, in both places where it stands.</summary>
    public static void RepairZip(byte[] zip)
    {
        var span = zip.AsSpan();
        for (int at = span.IndexOf("PK\x01\x02"u8), next; at >= 0 && at + 46 <= zip.Length; at = next < 0 ? -1 : at + 4 + next)
        {
            next = span[(at + 4)..].IndexOf("PK\x01\x02"u8);
            long length = BinaryPrimitives.ReadUInt32LittleEndian(span[(at + 24)..]);
            long header = BinaryPrimitives.ReadUInt32LittleEndian(span[(at + 42)..]);
            if (header > zip.Length - 30)
            {
                continue;
            }

            int local = (int)header;
            long data = local + 30 + BinaryPrimitives.ReadUInt16LittleEndian(span[(local + 26)..]) + BinaryPrimitives.ReadUInt16LittleEndian(span[(local + 28)..]);
            if (length <= zip.Length - data)
            {
                uint checksum = Crc32.HashToUInt32(span.Slice((int)data, (int)length));
                BinaryPrimitives.WriteUInt32LittleEndian(span[(at + 16)..], checksum);
                BinaryPrimitives.WriteUInt32LittleEndian(span[(local + 14)..], checksum);
            }
        }
    }
}
