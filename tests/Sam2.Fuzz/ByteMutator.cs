using System.Buffers.Binary;

namespace Sam2.Fuzz;

/// <summary>
/// Changes bytes of a seed: flips bits, sets numbers of one to eight bytes that lengths and counts may be, cuts, repeats, moves, puts
/// in words, and joins two seeds.
/// </summary>
/// <param name="repair">Makes checksums right again, since a reader looks no further where they are wrong; null if there are none.</param>
public sealed class ByteMutator(Action<byte[]>? repair = null) : IInputMaker
{
    private static readonly long[] Numbers =
        [0, 1, 2, 3, 7, 8, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 1000, 4095, 4096, 32767, 32768, 65535, 65536, 1 << 20, int.MaxValue, 1L << 31, uint.MaxValue, long.MaxValue, -1, -2, -128, int.MinValue, long.MinValue];

    /// <inheritdoc/>
    public byte[] Make(FuzzTarget target, IReadOnlyList<byte[]> seeds, FuzzRandom random)
    {
        var bytes = new List<byte>(random.Pick(seeds));
        for (int edits = random.OneIn(2) ? 1 : 1 + random.Length(12); edits > 0; edits--)
        {
            Edit(bytes, target, seeds, random);
        }

        if (bytes.Count > target.LongestInput)
        {
            bytes.RemoveRange(target.LongestInput, bytes.Count - target.LongestInput);
        }

        byte[] made = [.. bytes];
        if (repair is not null && !random.OneIn(5))
        {
            repair(made);
        }

        return made;
    }

    private static void Edit(List<byte> bytes, FuzzTarget target, IReadOnlyList<byte[]> seeds, FuzzRandom random)
    {
        if (bytes.Count == 0)
        {
            bytes.AddRange(random.Pick(seeds));
            return;
        }

        int at = Place(bytes, random);
        int length = Math.Min(bytes.Count - at, 1 + random.Length(64));
        switch (random.Below(16))
        {
            case 0 or 1:
                bytes[at] ^= (byte)(1 << random.Below(8));
                break;
            case 2 or 3:
                bytes[at] = random.Byte();
                break;
            case 4:
                bytes[at] = (byte)(bytes[at] + random.Between(-8, 8));
                break;
            case 5 or 6:
                WriteNumber(bytes, at, random);
                break;
            case 7:
                bytes.RemoveRange(at, length);
                break;
            case 8:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 9:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 10:
                bytes.InsertRange(Place(bytes, random), bytes.GetRange(at, length));
                break;
            case 11:
                bytes.InsertRange(at, Enumerable.Range(0, length).Select(_ => random.Byte()));
                break;
            case 12 when target.Tokens.Count > 0:
                bytes.InsertRange(at, random.Pick(target.Tokens));
                break;
            case 13 when target.Tokens.Count > 0:
                byte[] token = random.Pick(target.Tokens);
                bytes.RemoveRange(at, Math.Min(token.Length, bytes.Count - at));
                bytes.InsertRange(at, token);
                break;
            case 14:
                byte[] other = random.Pick(seeds);
                int from = random.Below(other.Length + 1);
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other[from..]);
                break;
            default:
                Repeat(bytes, at, Math.Min(length, 8), target.LongestInput, random);
                break;
        }
    }

    /// <summary>Any place, but often one of the first, where headers are.</summary>
    private static int Place(List<byte> bytes, FuzzRandom random) => random.Below(random.OneIn(3) ? Math.Min(64, bytes.Count) : bytes.Count);

    private static void WriteNumber(List<byte> bytes, int at, FuzzRandom random)
    {
        long number = random.OneIn(4) ? bytes.Count + random.Between(-4, 4) : random.Pick(Numbers);
        Span<byte> data = stackalloc byte[8];
        int width = 1 << random.Below(4);
        if (random.OneIn(2))
        {
            BinaryPrimitives.WriteInt64LittleEndian(data, number);
        }
        else
        {
            BinaryPrimitives.WriteInt64BigEndian(data, number);
            data = data[(8 - width)..];
        }

        for (int i = 0; i < width && at + i < bytes.Count; i++)
        {
            bytes[at + i] = data[i];
        }
    }

    /// <summary>A few bytes over and over: deep nesting, long numbers, long names.</summary>
    private static void Repeat(List<byte> bytes, int at, int length, int longest, FuzzRandom random)
    {
        var part = bytes.GetRange(at, length);
        int times = Math.Min(random.Length(2048), Math.Max(0, longest - bytes.Count) / length);
        bytes.InsertRange(at, Enumerable.Range(0, times).SelectMany(_ => part));
    }
}
