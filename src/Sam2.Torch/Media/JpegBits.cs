namespace Sam2.Torch.Media;

/// <summary>The bits of a JPEG's entropy-coded data (ITU-T T.81, F.2.2), which end at the next marker.</summary>
/// <param name="data">The whole file.</param>
internal sealed class JpegBits(byte[] data)
{
    private uint _bits;
    private int _count;

    /// <summary>Where the next byte is read.</summary>
    public int At { get; set; }

    /// <summary>Whether more bits were asked for than there are; those are zeros.</summary>
    public bool AreMadeUp => _count < 0;

    /// <summary>Whether the data ends because the file does, not at a marker.</summary>
    public bool EndsWithFile => At >= data.Length - 1;

    /// <summary>Drops what is left of the byte that was read last, as at the beginning of a scan and at restart markers.</summary>
    public void Restart() => (_bits, _count) = (0, 0);

    /// <summary>Goes behind the restart marker that must stand here.</summary>
    /// <returns>False if there is none: the file is damaged, or cut off.</returns>
    public bool PassRestartMarker()
    {
        Restart();
        if (At + 1 >= data.Length || data[At] != 0xFF || data[At + 1] is < 0xD0 or > 0xD7)
        {
            return false;
        }

        At += 2;
        return true;
    }

    /// <summary>The next symbol of a code; above 255 where the bits are no symbol's.</summary>
    public int Next(JpegCode code)
    {
        Fill();
        int entry = code.Lookup[_bits >> 16];
        if (entry == 0)
        {
            return int.MaxValue;
        }

        Drop(entry >> 8);
        return entry & 255;
    }

    /// <summary>The number that the next bits are, at most 16.</summary>
    public int Number(int bits)
    {
        Fill();
        int number = bits == 0 ? 0 : (int)(_bits >> (32 - bits));
        Drop(bits);
        return number;
    }

    /// <summary>Leaves out bits.</summary>
    public void Skip(int bits)
    {
        for (; bits > 16; bits -= 16)
        {
            Fill();
            Drop(16);
        }

        Fill();
        Drop(bits);
    }

    private void Drop(int bits)
    {
        _bits = bits == 0 ? _bits : _bits << bits;
        _count -= bits;
    }

    /// <summary>At least 16 bits, if need be zeros, which don't count.</summary>
    private void Fill()
    {
        while (_count is >= 0 and <= 16 && At < data.Length)
        {
            byte value = data[At];
            if (value == 0xFF)
            {
                if (At + 1 >= data.Length || data[At + 1] != 0)
                {
                    return;
                }

                At++;
            }

            At++;
            _bits |= (uint)value << (24 - _count);
            _count += 8;
        }
    }
}

/// <summary>A Huffman code as a table by the next 16 bits: the length of the code times 256, plus its symbol; 0 where there is none.</summary>
internal sealed class JpegCode
{
    /// <summary>Lays out a code.</summary>
    /// <param name="counts">How many symbols have codes of 1 to 16 bits.</param>
    /// <param name="symbols">The symbols, those with shorter codes first.</param>
    /// <exception cref="ArgumentException">There is no such code.</exception>
    public JpegCode(ReadOnlySpan<byte> counts, byte[] symbols)
    {
        int code = 0, symbol = 0;
        for (int length = 1; length <= 16; length++)
        {
            for (int i = 0; i < counts[length - 1]; i++, code++)
            {
                Lookup.AsSpan(code << (16 - length), 1 << (16 - length)).Fill((ushort)((length << 8) | symbols[symbol++]));
            }

            code <<= 1;
        }
    }

    /// <summary>The table.</summary>
    public ushort[] Lookup { get; } = new ushort[1 << 16];
}
