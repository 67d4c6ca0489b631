using System.Numerics;

namespace Sam2.Torch.Media;

/// <summary>
/// Follows the scans of a progressive JPEG (ITU-T T.81, G.1.2 and G.2) without computing coefficients. Of these it only needs to know which are
/// not zero, because a scan that refines them has a bit for each.
/// </summary>
/// <param name="bits">The data.</param>
internal sealed class ProgressiveScans(JpegBits bits)
{
    /// <summary>By component: the coefficients of each block that are not zero, in the order of the file, a bit for each.</summary>
    private readonly Dictionary<int, ulong[]> _known = [];

    /// <summary>By component: for each coefficient the bits that are still missing; -1 where none was sent.</summary>
    private readonly Dictionary<int, int[]> _missing = [];

    /// <summary>Whether every coefficient of a component was sent to its last bit.</summary>
    public bool HasAll(int component) => _missing.TryGetValue(component, out int[]? missing) && missing.All(m => m == 0);

    /// <summary>Notes which coefficients a scan has.</summary>
    public void Note(int component, int first, int last, int low)
    {
        if (!_missing.TryGetValue(component, out int[]? missing))
        {
            _missing[component] = missing = new int[64];
            Array.Fill(missing, -1);
        }

        missing.AsSpan(first, last + 1 - first).Fill(low);
    }

    /// <summary>Follows a scan of the coefficients that are constant in a block, of all components that it has.</summary>
    /// <param name="codes">For each block of a unit its code; null in a scan that refines.</param>
    /// <param name="units">How many units there are.</param>
    /// <param name="restart">Units between restart markers; 0 for none.</param>
    /// <returns>Whether all its blocks are there; null if the data isn't understood.</returns>
    public bool? FollowDc(JpegCode?[] codes, long units, int restart)
    {
        for (long unit = 0; unit < units; unit++)
        {
            if (restart > 0 && unit > 0 && unit % restart == 0 && !bits.PassRestartMarker())
            {
                return null;
            }

            foreach (var code in codes)
            {
                int length = code is null ? 1 : bits.Next(code);
                if (length > 16)
                {
                    return bits.AreMadeUp ? false : null;
                }

                bits.Skip(length);
            }

            if (bits.AreMadeUp)
            {
                return unit == units - 1 && !bits.EndsWithFile;
            }
        }

        return true;
    }

    /// <summary>Follows a scan of other coefficients of one component.</summary>
    /// <param name="component">Which.</param>
    /// <param name="code">Its code.</param>
    /// <param name="blocks">How many blocks the component has.</param>
    /// <param name="restart">Blocks between restart markers; 0 for none.</param>
    /// <param name="first">First coefficient, from 1.</param>
    /// <param name="last">Last coefficient, up to 63.</param>
    /// <param name="refines">Whether it has another bit of coefficients that were sent before.</param>
    /// <returns>Whether all its blocks are there; null if the data isn't understood.</returns>
    public bool? FollowAc(int component, JpegCode code, int blocks, int restart, int first, int last, bool refines)
    {
        if (!_known.TryGetValue(component, out ulong[]? known))
        {
            _known[component] = known = new ulong[blocks];
        }

        int run = 0;
        ulong band = (ulong.MaxValue >> (63 - last)) & (ulong.MaxValue << first);
        for (int block = 0; block < blocks; block++)
        {
            if (restart > 0 && block > 0 && block % restart == 0)
            {
                run = 0;
                if (!bits.PassRestartMarker())
                {
                    return null;
                }
            }

            // How far the block was followed by symbols of its own; the rest belongs to a run of blocks without any.
            int at = first;
            if (run == 0)
            {
                at = refines ? Refine(ref known[block], code, first, last, ref run) : Send(ref known[block], code, first, last, ref run);
                if (at < 0)
                {
                    return bits.AreMadeUp ? false : null;
                }
            }

            if (run > 0)
            {
                run--;
                if (refines && at <= last)
                {
                    bits.Skip(BitOperations.PopCount(known[block] & band & (ulong.MaxValue << at)));
                }
            }

            if (bits.AreMadeUp)
            {
                return block == blocks - 1 && !bits.EndsWithFile;
            }
        }

        return true;
    }

    /// <summary>A block whose coefficients are sent for the first time.</summary>
    /// <returns>The coefficient at which a run of blocks begins, behind the last one if none does; -1 if the data isn't understood.</returns>
    private int Send(ref ulong known, JpegCode code, int first, int last, ref int run)
    {
        int at = first;
        while (at <= last)
        {
            int symbol = bits.Next(code);
            if (symbol > 255)
            {
                return -1;
            }

            int zeros = symbol >> 4, size = symbol & 15;
            if (size == 0 && zeros < 15)
            {
                run = (1 << zeros) + bits.Number(zeros);
                return at;
            }

            at += zeros;
            if (size > 0)
            {
                bits.Skip(size);
                known |= at < 64 ? 1UL << at : 0;
            }

            at++;
        }

        return at;
    }

    /// <summary>A block whose coefficients get another bit, by which more of them become known.</summary>
    /// <returns>As <see cref="Send"/>.</returns>
    private int Refine(ref ulong known, JpegCode code, int first, int last, ref int run)
    {
        int at = first;
        ulong added = 0;
        while (at <= last)
        {
            int symbol = bits.Next(code);
            if (symbol > 255)
            {
                return -1;
            }

            int zeros = symbol >> 4;
            bool isNew = (symbol & 15) != 0;
            if (!isNew && zeros < 15)
            {
                run = (1 << zeros) + bits.Number(zeros);
                break;
            }

            // The sign of the new one, then a bit for each known one among the zeros that are passed.
            int passed = isNew ? 1 : 0;
            for (; at <= last && ((known >> at & 1) != 0 || zeros > 0); at++)
            {
                bool isKnown = (known >> at & 1) != 0;
                passed += isKnown ? 1 : 0;
                zeros -= isKnown ? 0 : 1;
            }

            bits.Skip(passed);
            added |= isNew && at <= last ? 1UL << at : 0;
            at++;
        }

        int reached = at;
        known |= added;
        return reached;
    }
}
