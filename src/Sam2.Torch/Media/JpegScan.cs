using System.Buffers.Binary;

namespace Sam2.Torch.Media;

/// <summary>
/// Finds out whether a JPEG file has data for all of its pixels. libjpeg fills what is missing with grey and only warns, which Skia
/// doesn't pass on where the file ends as it should. Huffman codes are followed without computing pixels (ITU-T T.81, F.2.2).
/// Of a progressive file, whose first scan has something of every pixel, all scans are wanted: what a cut takes can be seen.
/// </summary>
internal sealed class JpegScan
{
    /// <summary>More scans than any writer makes; a file may have as many as fit, each of which takes time with the size of the picture.</summary>
    private const int MostScans = 256;

    private readonly byte[] _data;
    private readonly JpegBits _bits;
    private readonly JpegCode?[] _codes = new JpegCode?[8];
    private readonly Dictionary<int, (int H, int V)> _components = [];
    private readonly HashSet<int> _sent = [];
    private ProgressiveScans? _progressive;
    private int _width, _height, _restart, _scans;

    private readonly Predicate<int> _follows;
    private bool _lastIsFirst;

    private JpegScan(byte[] data, Predicate<int> follows) => (_data, _bits, _follows) = (data, new JpegBits(data), follows);

    /// <summary>Whether a file is progressive; false if its header isn't understood.</summary>
    /// <param name="stream">The file, from its beginning.</param>
    public static bool IsProgressive(Stream stream)
    {
        const int MostSegments = 1000;
        Span<byte> head = stackalloc byte[4];
        stream.Position = 2;
        for (int i = 0; i < MostSegments && stream.ReadAtLeast(head, 4, throwOnEndOfStream: false) == 4 && head[0] == 0xFF; i++)
        {
            if (head[1] == 0xFF)
            {
                stream.Position -= 3;
                continue;
            }

            if (head[1] is 0xC0 or 0xC1 or 0xC2 or 0xDA)
            {
                return head[1] == 0xC2;
            }

            stream.Position += BinaryPrimitives.ReadUInt16BigEndian(head[2..]) - 2;
        }

        return false;
    }

    /// <summary>What a file has. One that isn't understood is taken for complete: the decoder judges it.</summary>
    /// <param name="data">The whole file.</param>
    public static JpegContent Of(byte[] data)
    {
        var scan = new JpegScan(data, _ => false);
        var content = scan.Walk();

        // Following a progressive file takes a third of the time of decoding it. A cut that leaves all scans is in the last one, and most often takes
        // a bit's worth of sharpness, but only where a program has put an end behind it.
        return scan._progressive is null || content != JpegContent.Complete || !scan.HasAllScans ? new JpegScan(data, _ => true).Walk()
            : scan._lastIsFirst ? new JpegScan(data, number => number == scan._scans).Walk()
            : content;
    }

    /// <summary>Whether every coefficient of a progressive file was sent to its last bit.</summary>
    private bool HasAllScans => _progressive is { } scans && _components.Keys.All(scans.HasAll);

    private JpegContent Walk()
    {
        try
        {
            return WalkMarkers();
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException)
        {
            // A segment that ends early, because the file does, or one that describes no code.
            return _sent.Count > 0 && _data.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) < 0 ? JpegContent.LacksPixels : JpegContent.Complete;
        }
    }

    private JpegContent WalkMarkers()
    {
        for (_bits.At = 2; _bits.At < _data.Length - 1;)
        {
            if (_data[_bits.At++] != 0xFF)
            {
                continue;
            }

            int marker = _data[_bits.At];
            if (marker is 0 or 0xFF or 0x01 or (>= 0xD0 and <= 0xD8))
            {
                continue;
            }

            if (marker == 0xD9)
            {
                return HasUnsent ? JpegContent.LacksPixels : JpegContent.Complete;
            }

            int start = _bits.At + 3, end = _bits.At + 1 + BinaryPrimitives.ReadUInt16BigEndian(_data.AsSpan(_bits.At + 1, 2));
            _bits.At = end;
            switch (marker)
            {
                case 0xC4:
                    ReadCodes(start, end);
                    break;
                case 0xC0 or 0xC1 or 0xC2:
                    _progressive = marker == 0xC2 ? new ProgressiveScans(_bits) : null;
                    ReadFrame(start);
                    break;
                case (>= 0xC3 and <= 0xCF) and not 0xC8 and not 0xCC:
                    return JpegContent.Complete; // Lossless, hierarchical or arithmetic.
                case 0xDD:
                    _restart = BinaryPrimitives.ReadUInt16BigEndian(_data.AsSpan(start, 2));
                    break;
                case 0xDA when ++_scans > MostScans:
                    return JpegContent.Complete;
                case 0xDA when Follow(start) == false:
                    return JpegContent.LacksPixels;
            }
        }

        // Without an end nobody says that a progressive file was meant to have no more scans.
        return _sent.Count == 0 ? JpegContent.Complete
            : HasUnsent || (_progressive is not null && !HasAllScans) ? JpegContent.LacksPixels
            : JpegContent.LacksEnd;
    }

    /// <summary>Whether there is a component of which nothing was sent.</summary>
    private bool HasUnsent => _sent.Count > 0 && _sent.Count < _components.Count;

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
            _codes[((kind >> 4) * 4) + (kind & 3)] = new JpegCode(counts, _data[(start + 17)..(start + 17 + total)]);
            start += 17 + total;
        }
    }

    /// <summary>Whether a scan has all its blocks; null if it isn't followed. Leaves the position at the marker after the data.</summary>
    private bool? Follow(int start)
    {
        int count = _data[start], after = start + 1 + (2 * count);
        if (_height == 0 || _width == 0 || _components.Count == 0)
        {
            return null;
        }

        var (first, last, high, low) = (_data[after], _data[after + 1], _data[after + 2] >> 4, _data[after + 2] & 15);
        bool needsDc = _progressive is null || (first == 0 && high == 0), needsAc = _progressive is null || first > 0;
        var blocks = new List<(JpegCode? Dc, JpegCode? Ac)>();
        int maxH = _components.Values.Max(c => c.H), maxV = _components.Values.Max(c => c.V);
        if (maxH == 0 || maxV == 0 || last > 63 || first > last)
        {
            return null;
        }

        for (int i = 0; i < count; i++)
        {
            _sent.Add(_data[start + 1 + (2 * i)]);
        }

        int unitsX = (_width + (8 * maxH) - 1) / (8 * maxH), unitsY = (_height + (8 * maxV) - 1) / (8 * maxV);
        for (int i = 0; i < count; i++)
        {
            int component = _data[start + 1 + (2 * i)], tables = _data[start + 2 + (2 * i)];
            if (!_components.TryGetValue(component, out var size))
            {
                return null;
            }

            var (dc, ac) = (_codes[(tables >> 4) & 3], _codes[4 + (tables & 3)]);
            if ((needsDc && dc is null) || (needsAc && ac is null))
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

            _progressive?.Note(component, first, last, low);
            blocks.AddRange(Enumerable.Repeat((needsDc ? dc : null, ac), size.H * size.V));
        }

        _lastIsFirst = high == 0;
        if (!_follows(_scans))
        {
            return null;
        }

        _bits.Restart();
        long units = (long)unitsX * unitsY;
        return _progressive is null ? HasAll(units, [.. blocks])
            : first == 0 ? _progressive.FollowDc([.. blocks.Select(block => block.Dc)], units, _restart)
            : count == 1 ? _progressive.FollowAc(_data[start + 1], blocks[0].Ac!, (int)units, _restart, first, last, refines: high > 0)
            : null;
    }

    private bool? HasAll(long units, (JpegCode? Dc, JpegCode? Ac)[] blocks)
    {
        for (long unit = 0; unit < units; unit++)
        {
            if (_restart > 0 && unit > 0 && unit % _restart == 0 && !_bits.PassRestartMarker())
            {
                return null; // Damaged rather than cut off.
            }

            foreach (var (dc, ac) in blocks)
            {
                int length = _bits.Next(dc!);
                if (length > 16)
                {
                    return null;
                }

                _bits.Skip(length);
                for (int k = 1; k < 64; k++)
                {
                    int symbol = _bits.Next(ac!);
                    if (symbol > 255)
                    {
                        return null;
                    }

                    if ((symbol & 15) == 0 && symbol != 0xF0)
                    {
                        break;
                    }

                    k += symbol >> 4;
                    _bits.Skip(symbol & 15);
                }

                // Bits were made up, for the data has ended. That the last unit lacks some of its own is a flaw of some writers.
                if (_bits.AreMadeUp)
                {
                    return unit == units - 1 && !_bits.EndsWithFile;
                }
            }
        }

        return true;
    }
}

/// <summary>What a JPEG file has.</summary>
internal enum JpegContent
{
    /// <summary>All that it should, as far as can be told.</summary>
    Complete,

    /// <summary>All of its pixels, but not the mark at its end.</summary>
    LacksEnd,

    /// <summary>Not all of its data.</summary>
    LacksPixels,
}
