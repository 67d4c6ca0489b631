namespace Sam2.Torch.Media;

/// <summary>Undoes PNG's row filters and unpacks samples, row by row, from the inflated data.</summary>
internal sealed class PngRows(Stream inflated, int width, int channels, int depth)
{
    private readonly int _bytesPerPixel = Math.Max(1, channels * depth / 8);
    private byte[] _previous = [];
    private byte[] _current = [];

    /// <summary>Reads a whole picture that is not interlaced.</summary>
    public void ReadPass(byte[] samples, int height)
    {
        Start(width);
        int stride = width * channels;
        for (int y = 0; y < height; y++)
        {
            NextRow();
            Unpack(samples.AsSpan(y * stride, stride));
        }
    }

    /// <summary>Reads one of the seven passes of an interlaced picture and spreads its pixels.</summary>
    public void ReadInterlacedPass(byte[] samples, int height, (int X0, int Y0, int StepX, int StepY) pass)
    {
        int passWidth = (width - pass.X0 + pass.StepX - 1) / pass.StepX;
        if (passWidth <= 0 || pass.Y0 >= height)
        {
            return;
        }

        Start(passWidth);
        var row = new byte[passWidth * channels];
        for (int y = pass.Y0; y < height; y += pass.StepY)
        {
            NextRow();
            Unpack(row);
            for (int i = 0; i < passWidth; i++)
            {
                int to = ((y * width) + pass.X0 + (i * pass.StepX)) * channels;
                row.AsSpan(i * channels, channels).CopyTo(samples.AsSpan(to));
            }
        }
    }

    private void Start(int passWidth)
    {
        int bytes = (int)((((long)passWidth * channels * depth) + 7) / 8);
        _previous = new byte[bytes];
        _current = new byte[bytes];
    }

    private void NextRow()
    {
        (_previous, _current) = (_current, _previous);
        int filter = inflated.ReadByte();
        if (filter < 0)
        {
            throw new EndOfStreamException();
        }

        inflated.ReadExactly(_current);
        Unfilter(filter);
    }

    private void Unfilter(int filter)
    {
        byte[] row = _current;
        byte[] above = _previous;
        int step = _bytesPerPixel;
        switch (filter)
        {
            case 0:
                break;
            case 1:
                for (int i = step; i < row.Length; i++)
                {
                    row[i] += row[i - step];
                }

                break;
            case 2:
                for (int i = 0; i < row.Length; i++)
                {
                    row[i] += above[i];
                }

                break;
            case 3:
                for (int i = 0; i < row.Length; i++)
                {
                    row[i] += (byte)(((i < step ? 0 : row[i - step]) + above[i]) >> 1);
                }

                break;
            case 4:
                for (int i = 0; i < row.Length; i++)
                {
                    row[i] += i < step ? above[i] : Paeth(row[i - step], above[i], above[i - step]);
                }

                break;
            default:
                throw new InvalidDataException($"unknown row filter {filter}");
        }
    }

    private static byte Paeth(int left, int above, int corner)
    {
        int toLeft = Math.Abs(above - corner);
        int toAbove = Math.Abs(left - corner);
        int toCorner = Math.Abs(left + above - corner - corner);
        if (toLeft <= toAbove && toLeft <= toCorner)
        {
            return (byte)left;
        }

        return (byte)(toAbove <= toCorner ? above : corner);
    }

    private void Unpack(Span<byte> samples)
    {
        byte[] row = _current;
        if (depth == 8)
        {
            row.CopyTo(samples);
        }
        else if (depth == 16)
        {
            for (int i = 0; i < samples.Length; i++)
            {
                samples[i] = row[2 * i];
            }
        }
        else
        {
            int perByte = 8 / depth;
            int mask = (1 << depth) - 1;
            for (int i = 0; i < samples.Length; i++)
            {
                samples[i] = (byte)((row[i / perByte] >> (8 - (depth * ((i % perByte) + 1)))) & mask);
            }
        }
    }
}
