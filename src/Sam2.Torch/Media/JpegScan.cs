using System.Buffers.Binary;

namespace Sam2.Torch.Media;

/// <summary>
/// Finds out whether a JPEG file has data for all of its pixels. libjpeg fills what is missing with grey and only warns, which Skia
/// doesn't pass on where the file ends as it should. Huffman codes are followed without computing pixels (ITU-T T.81, F.2.2).
/// Progressive files are not looked into; their first scan has something of every pixel, and most of what a cut takes is sharpness.
/// </summary>
internal sealed class JpegScan
{
    private readonly byte[] _data;
    private readonly Code?[] _codes = new Code?[8];
    private readonly Dictionary<int, (int H, int V)> _components = [];
    private int _width, _height, _restart;
    private int _at;
    private uint _bits;
    private int _bitCount;

    private JpegScan(byte[] data) => _data = data;

    /// <summary>Whether data is missing for certain. A file that isn't understood is taken for complete: the decoder judges it.</summary>
    /// <param name="data">The whole file.</param>
    public static bool LacksPixels(byte[] data)
    {
        try
        {
            return new JpegScan(data).Lacks();
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException)
        {
            return false; // A segment that ends early or describes no code.
        }
    }

    private bool Lacks()
    {
        for (_at = 2; _at < _data.Length;)
        {
            if (_data[_at++] != 0xFF)
            {
                continue;
            }

            int marker = _data[_at];
            if (marker is 0 or 0xFF or 0x01 or (>= 0xD0 and <= 0xD8))
            {
                continue;
            }

            if (marker == 0xD9)
            {
                return false;
            }

            int start = _at + 3, end = _at + 1 + BinaryPrimitives.ReadUInt16BigEndian(_data.AsSpan(_at + 1, 2));
            _at = end;
            switch (marker)
            {
                case 0xC4:
                    ReadCodes(start, end);
                    break;
                case 0xC0 or 0xC1:
                    ReadFrame(start);
                    break;
                case (>= 0xC2 and <= 0xCF) and not 0xC8 and not 0xCC:
                    return false; // Progressive, lossless, hierarchical or arithmetic.
                case 0xDD:
                    _restart = BinaryPrimitives.ReadUInt16BigEndian(_data.AsSpan(start, 2));
                    break;
                case 0xDA when Follow(start) is { } isComplete:
                    if (!isComplete)
                    {
                        return true;
                    }

                    break;
            }
        }

        return false;
    }

    private void ReadFrame(int start)
    {
        (_height, _width) = (BinaryPrimitives.ReadUInt16BigEndian(_data.AsSpan(start + 1, 2)), BinaryPrimitives.ReadUInt16BigEndian(_data.AsSpan(start + 3, 2)));
        for (int i = 0; i < _data[start + 5]; i++)
        {
            int at = start + 6 + (3 * i);
            _components[_data[at]] = (_data[at + 1] >> 4, _data[at + 1] & 15);
        }
    }

    private void ReadCodes(int start, int end)
    {
        while (start + 17 <= end)
        {
            var counts = _data.AsSpan(start + 1, 16);
            int total = 0;
            foreach (byte count in counts)
            {
                total += count;
            }

            int kind = _data[start];
            _codes[((kind >> 4) * 4) + (kind & 3)] = new Code(counts, _data[(start + 17)..(start + 17 + total)]);
            start += 17 + total;
        }
    }

    /// <summary>Whether a scan has all its blocks; null if it isn't looked into. Leaves the position at the marker after the data.</summary>
    private bool? Follow(int start)
    {
        int count = _data[start];
        if (_height == 0 || _width == 0 || _components.Count == 0)
        {
            return null;
        }

        var blocks = new List<(Code Dc, Code Ac)>();
        int maxH = _components.Values.Max(c => c.H), maxV = _components.Values.Max(c => c.V);
        if (maxH == 0 || maxV == 0)
        {
            return null;
        }

        int unitsX = (_width + (8 * maxH) - 1) / (8 * maxH), unitsY = (_height + (8 * maxV) - 1) / (8 * maxV);
        for (int i = 0; i < count; i++)
        {
            if (!_components.TryGetValue(_data[start + 1 + (2 * i)], out var size))
            {
                return null;
            }

            int tables = _data[start + 2 + (2 * i)];
            if (_codes[(tables >> 4) & 3] is not { } dc || _codes[4 + (tables & 3)] is not { } ac)
            {
                return null; // Tables that programs are expected to know (motion JPEG).
            }

            if (count == 1)
            {
                // A scan of one component has only the blocks that the picture needs, row by row.
                unitsX = (((_width * size.H) + maxH - 1) / maxH + 7) / 8;
                unitsY = (((_height * size.V) + maxV - 1) / maxV + 7) / 8;
                size = (1, 1);
            }

            blocks.AddRange(Enumerable.Repeat((dc, ac), size.H * size.V));
        }

        return HasAll((long)unitsX * unitsY, [.. blocks]);
    }

    private bool? HasAll(long units, (Code Dc, Code Ac)[] blocks)
    {
        (_bits, _bitCount) = (0, 0);
        for (long unit = 0; unit < units; unit++)
        {
            if (_restart > 0 && unit > 0 && unit % _restart == 0)
            {
                (_bits, _bitCount) = (0, 0);
                if (_at + 1 >= _data.Length || _data[_at] != 0xFF || _data[_at + 1] is < 0xD0 or > 0xD7)
                {
                    return null; // Damaged rather than cut off.
                }

                _at += 2;
            }

            foreach (var (dc, ac) in blocks)
            {
                int length = Next(dc);
                if (length > 16)
                {
                    return null;
                }

                Skip(length);
                for (int k = 1; k < 64; k++)
                {
                    int symbol = Next(ac);
                    if (symbol > 255)
                    {
                        return null;
                    }

                    if ((symbol & 15) == 0 && symbol != 0xF0)
                    {
                        break;
                    }

                    k += symbol >> 4;
                    Skip(symbol & 15);
                }

                // Bits were made up, for the data has ended. That the last unit lacks some of its own is a flaw of some writers.
                if (_bitCount < 0)
                {
                    return unit == units - 1;
                }
            }
        }

        return true;
    }

    private int Next(Code code)
    {
        Fill();
        int entry = code.Lookup[_bits >> 16];
        if (entry == 0)
        {
            return int.MaxValue; // No code: damaged.
        }

        Drop(entry >> 8);
        return entry & 255;
    }

    private void Skip(int bits)
    {
        Fill();
        Drop(bits);
    }

    private void Drop(int bits)
    {
        _bits = bits == 0 ? _bits : _bits << bits;
        _bitCount -= bits;
    }

    /// <summary>At least 16 bits, if need be zeros, which don't count.</summary>
    private void Fill()
    {
        while (_bitCount is >= 0 and <= 16 && _at < _data.Length)
        {
            byte value = _data[_at];
            if (value == 0xFF)
            {
                if (_at + 1 >= _data.Length || _data[_at + 1] != 0)
                {
                    return;
                }

                _at++;
            }

            _at++;
            _bits |= (uint)value << (24 - _bitCount);
            _bitCount += 8;
        }
    }

    /// <summary>A Huffman code as a table by the next 16 bits: the length of the code times 256, plus its symbol; 0 where there is none.</summary>
    private sealed class Code
    {
        public Code(ReadOnlySpan<byte> counts, byte[] symbols)
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

        public ushort[] Lookup { get; } = new ushort[1 << 16];
    }
}
