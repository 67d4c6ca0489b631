using System.Buffers.Binary;
using System.Globalization;

namespace Sam2.Torch.Media;

/// <summary>
/// Pictures in HEIF containers (ISO/IEC 23008-12): HEIC and AVIF. ffmpeg decodes them; size and orientation are read from the container here, for a
/// HEIC of several tiles is decoded by many versions of ffmpeg to its first tile, which must not pass for the picture.
/// </summary>
internal static class HeifPicture
{
    /// <summary>A container's description of its pictures is short; coded data is elsewhere.</summary>
    private const int MostBytes = 1 << 20;

    /// <summary>Whether a file begins as such a picture does. Sequences (avis, msf1) are videos.</summary>
    public static bool Begins(ReadOnlySpan<byte> head) => head.Length >= 12 && head[4..8].SequenceEqual("ftyp"u8)
        && (head[8..12].SequenceEqual("avif"u8) || head[8..12].SequenceEqual("mif1"u8) || head[8..12].SequenceEqual("heic"u8) || head[8..12].SequenceEqual("heix"u8)
            || head[8..12].SequenceEqual("heim"u8) || head[8..12].SequenceEqual("heis"u8));

    /// <summary>Size and orientation of the main picture.</summary>
    /// <exception cref="MediaException">The container doesn't say.</exception>
    public static ImageInfo ReadInfo(Stream stream, string path)
    {
        try
        {
            var meta = Meta(stream);
            var children = Boxes(meta[4..]);
            int main = Number(children["pitm"u8].AsSpan(4), children["pitm"u8][0] == 0 ? 2 : 4);
            var parts = Boxes(children["iprp"u8]);
            var properties = new List<(string Type, byte[] Data)>();
            Walk(parts["ipco"u8], (type, data) => properties.Add((type, data)));
            return Describe([.. PropertiesOf(parts["ipma"u8], main).Select(i => properties[i - 1])]);
        }
        catch (Exception e) when (e is EndOfStreamException or KeyNotFoundException or ArgumentException or IndexOutOfRangeException or InvalidOperationException or InvalidDataException)
        {
            throw new MediaException(path, "is a HEIC or AVIF whose header cannot be read", "The file is damaged; copy it again, or convert it to PNG", e);
        }
    }

    /// <summary>The pixels as stored.</summary>
    /// <exception cref="MediaException">ffmpeg is missing, or can't decode the picture as a whole.</exception>
    public static RgbImage Decode(string path, ImageInfo info, MediaLimits limits, CancellationToken cancellationToken)
    {
        string[] input = ["-hide_banner", "-loglevel", "error", "-nostdin", .. Ffmpeg.InputOptions(limits), "-noautorotate"];
        string[] output = ["-vf", "scale=flags=accurate_rnd+full_chroma_int,format=rgb24", "-frames:v", "1", "-f", "rawvideo"];
        using var pipe = Ffmpeg.OpenDecoder(path, input, output, limits.Timeout, cancellationToken);
        var pixels = new byte[checked((info.StoredWidth * info.StoredHeight * 3) + 1)];
        int have = 0, got;
        pipe.Watch();
        while (have < pixels.Length && (got = pipe.Stream.Read(pixels, have, pixels.Length - have)) > 0)
        {
            have += got;
            pipe.Watch();
        }

        if (have == pixels.Length - 1)
        {
            return new RgbImage(info.StoredWidth, info.StoredHeight, pixels[..^1]);
        }

        var (_, messages) = have < pixels.Length ? pipe.Finish() : (0, "");
        throw have == 0
            ? new MediaException(path, $"is a HEIC or AVIF that this ffmpeg cannot decode ({Ffmpeg.Summarise(messages)})", "Convert it to PNG or JPEG")
            : new MediaException(
                path, $"is a HEIC of {info.StoredWidth}×{info.StoredHeight} pixels in tiles, which this ffmpeg does not put together", "Convert it to PNG or JPEG, or install a newer ffmpeg");
    }

    private static ImageInfo Describe(IReadOnlyList<(string Type, byte[] Data)> properties)
    {
        var size = properties.First(p => p.Type == "ispe").Data;
        int turn = properties.Where(p => p.Type == "irot").Select(p => p.Data[0] & 3).FirstOrDefault();
        int mirror = properties.Where(p => p.Type == "imir").Select(p => p.Data[0] & 1).FirstOrDefault(-1);

        // Properties apply in their order. A turn after a mirror is the opposite turn before it.
        if (properties.FirstOrDefault(p => p.Type is "irot" or "imir").Type == "imir")
        {
            turn = (4 - turn) & 3;
        }

        // Quarter turns anticlockwise, then top and bottom (0) or left and right (1) exchanged.
        var orientation = (turn, mirror) switch
        {
            (0, 0) or (2, 1) => ImageOrientation.MirroredVertically,
            (0, 1) or (2, 0) => ImageOrientation.MirroredHorizontally,
            (1, 0) or (3, 1) => ImageOrientation.Transposed,
            (1, 1) or (3, 0) => ImageOrientation.Transversed,
            (1, _) => ImageOrientation.TurnAnticlockwise,
            (2, _) => ImageOrientation.Rotated180,
            (3, _) => ImageOrientation.TurnClockwise,
            _ => ImageOrientation.Upright,
        };
        return new ImageInfo(ImageFormat.Heif, Number(size.AsSpan(4), 4), Number(size.AsSpan(8), 4), orientation);
    }

    /// <summary>The numbers of a picture's properties, from 1, in their order.</summary>
    private static List<int> PropertiesOf(byte[] associations, int picture)
    {
        bool isWide = (associations[3] & 1) != 0;
        int idBytes = associations[0] == 0 ? 2 : 4, at = 8;
        for (int entries = Number(associations.AsSpan(4), 4); entries > 0; entries--)
        {
            int id = Number(associations.AsSpan(at), idBytes), count = associations[at + idBytes];
            at += idBytes + 1;
            var found = new List<int>();
            for (int i = 0; i < count; i++, at += isWide ? 2 : 1)
            {
                found.Add(isWide ? Number(associations.AsSpan(at), 2) & 0x7FFF : associations[at] & 0x7F);
            }

            if (id == picture)
            {
                return [.. found.Where(i => i > 0)];
            }
        }

        throw new InvalidDataException("the main picture has no properties");
    }

    /// <summary>The content of the box that describes the pictures.</summary>
    private static byte[] Meta(Stream stream)
    {
        stream.Position = 0;
        Span<byte> head = stackalloc byte[16];
        while (true)
        {
            long start = stream.Position;
            stream.ReadExactly(head[..8]);
            long length = BinaryPrimitives.ReadUInt32BigEndian(head), header = 8;
            if (length == 1)
            {
                stream.ReadExactly(head[8..]);
                (length, header) = (BinaryPrimitives.ReadInt64BigEndian(head[8..]), 16);
            }

            if (length < header || length > stream.Length - start)
            {
                throw new InvalidDataException("a box leads out of the file");
            }

            if (head[4..8].SequenceEqual("meta"u8))
            {
                var content = new byte[length - header <= MostBytes ? length - header : throw new InvalidDataException("the description is too long")];
                stream.ReadExactly(content);
                return content;
            }

            stream.Position = start + length;
        }
    }

    private static BoxSet Boxes(byte[] content)
    {
        var boxes = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        Walk(content, (type, data) => boxes.TryAdd(type, data));
        return new BoxSet(boxes);
    }

    private static void Walk(byte[] content, Action<string, byte[]> visit)
    {
        for (int at = 0; at + 8 <= content.Length;)
        {
            int length = Number(content.AsSpan(at), 4);
            if (length < 8 || length > content.Length - at)
            {
                throw new InvalidDataException("a box is longer than what holds it");
            }

            visit(System.Text.Encoding.Latin1.GetString(content, at + 4, 4), content[(at + 8)..(at + length)]);
            at += length;
        }
    }

    private static int Number(ReadOnlySpan<byte> data, int bytes)
    {
        long number = 0;
        foreach (byte b in data[..bytes])
        {
            number = (number << 8) | b;
        }

        return number <= int.MaxValue ? (int)number : throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{number} is out of range"));
    }

    /// <summary>Boxes by their four letters.</summary>
    private readonly struct BoxSet(Dictionary<string, byte[]> boxes)
    {
        public byte[] this[ReadOnlySpan<byte> type] => boxes[System.Text.Encoding.Latin1.GetString(type)];
    }
}
