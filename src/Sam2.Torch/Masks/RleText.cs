using System.Text;

namespace Sam2.Torch.Masks;

/// <summary>
/// COCO's text form of run lengths. From the fourth run on, the difference to the run two before is stored. Numbers are
/// little-endian groups of five bits, bit 5 says that more follow, bit 4 of the last group is the sign; 48 is added.
/// </summary>
internal static class RleText
{
    private const int Offset = 48;
    private const int PayloadBits = 5;
    private const int MoreFlag = 1 << PayloadBits;
    private const int SignFlag = 1 << (PayloadBits - 1);

    /// <summary>Writes run lengths as text.</summary>
    public static string Compress(uint[] counts)
    {
        var text = new StringBuilder(counts.Length * 2);
        for (int i = 0; i < counts.Length; i++)
        {
            long value = i > 2 ? (long)counts[i] - counts[i - 2] : counts[i];
            bool more;
            do
            {
                int group = (int)(value & (MoreFlag - 1));
                value >>= PayloadBits;

                // Done when what remains is only the sign that the last group already shows.
                more = (group & SignFlag) != 0 ? value != -1 : value != 0;
                text.Append((char)(Offset + group + (more ? MoreFlag : 0)));
            }
            while (more);
        }

        return text.ToString();
    }

    /// <summary>Reads run lengths that must add up to <paramref name="total"/>.</summary>
    /// <exception cref="FormatException">The text is damaged or describes another size.</exception>
    public static uint[] Decompress(string text, long total)
    {
        var counts = new List<uint>(text.Length / 2);
        long sum = 0;
        int at = 0;
        while (at < text.Length)
        {
            long value = 0;
            int shift = 0;
            int group;
            do
            {
                group = at < text.Length ? text[at++] - Offset : throw new FormatException("The run-length text ends inside a number.");
                if (group is < 0 or > 63)
                {
                    throw new FormatException($"Character {at - 1} of the run-length text, '{text[at - 1]}', does not belong there.");
                }

                // Lengths have 32 bits; their differences fit seven groups.
                if (shift > 6 * PayloadBits)
                {
                    throw new FormatException($"The number before character {at} of the run-length text is too long.");
                }

                value |= (long)(group & (MoreFlag - 1)) << shift;
                shift += PayloadBits;
            }
            while ((group & MoreFlag) != 0);
            if ((group & SignFlag) != 0)
            {
                value |= -1L << shift;
            }

            value += counts.Count > 2 ? counts[^2] : 0;
            sum += value;
            if (value < 0 || sum > total)
            {
                throw new FormatException($"The run before character {at} of the run-length text leaves a mask of {total} pixels.");
            }

            counts.Add((uint)value);
        }

        return sum == total
            ? [.. counts]
            : throw new FormatException($"The run-length text describes {sum} pixels, but the mask has {total}.");
    }
}
