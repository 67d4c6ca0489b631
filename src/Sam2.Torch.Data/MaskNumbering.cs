using Sam2.Torch.Masks;

namespace Sam2.Torch.Data;

/// <summary>
/// What the numbers in a video's masks mean. They are the objects' ids, exactly as stored, with one exception: in a video of which all true
/// masks show a single object, as 1 or, in grey, as white, white is object 1, also in predictions. White is 255, or 65535 in 16 bits.
/// It is decided once for a video, by its true masks, since a frame alone doesn't tell object 255 from a white mask.
/// </summary>
public sealed class MaskNumbering
{
    private const ushort White = byte.MaxValue, White16 = ushort.MaxValue;

    private readonly int? _void;

    private MaskNumbering(bool whiteIsFirst, int? voidNumber = null) => (WhiteIsFirst, _void) = (whiteIsFirst, voidNumber);

    /// <summary>Whether white is object 1.</summary>
    public bool WhiteIsFirst { get; }

    /// <summary>Decides for a video.</summary>
    /// <param name="truth">Its true masks; read only as far as is needed.</param>
    public static MaskNumbering Of(IEnumerable<StoredMasks> truth)
    {
        ArgumentNullException.ThrowIfNull(truth);
        bool hasOne = false, hasWhite = false;
        foreach (var masks in truth)
        {
            if (masks.HasPalette ? masks.HasOtherThan(1) : masks.HasOtherThan(1, White, White16))
            {
                return new MaskNumbering(false);
            }

            hasOne |= masks.Has(1);
            hasWhite |= masks.Has(White) || masks.Has(White16);
            if (hasOne && hasWhite)
            {
                return new MaskNumbering(false);
            }
        }

        return new MaskNumbering(true);
    }

    /// <summary>A numbering with a number that is no object, but says that it isn't known what is there. White has no other meaning then.</summary>
    /// <param name="number">The number, such as 255.</param>
    public static MaskNumbering WithVoid(int number) => new(false, number);

    /// <summary>The pixels of a picture of which it isn't known what is there; null if there are none.</summary>
    public BinaryMask? Void(StoredMasks masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        return _void is { } number ? masks.ByNumber().GetValueOrDefault(number) : null;
    }

    /// <summary>Decides for a video of a tree of masks with a picture per frame.</summary>
    /// <exception cref="DatasetException">A mask can't be read.</exception>
    public static MaskNumbering Of(VideoMaskFolder truth)
    {
        ArgumentNullException.ThrowIfNull(truth);
        return Of(truth.Frames().Select(frame => StoredMasks.Read(truth.File(frame))));
    }

    /// <summary>The masks of a picture of the video, true or predicted, by object id; objects without a pixel have none.</summary>
    /// <exception cref="DatasetException">The picture shows both 1 and white, where both are object 1.</exception>
    public IReadOnlyDictionary<int, BinaryMask> Split(StoredMasks masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        var byNumber = masks.ByNumber();
        if (_void is { } number)
        {
            return byNumber.Where(mask => mask.Key != number).ToDictionary(mask => mask.Key, mask => mask.Value);
        }

        if (!WhiteIsFirst || !(byNumber.ContainsKey(White) || byNumber.ContainsKey(White16)))
        {
            return byNumber;
        }

        ushort white = byNumber.ContainsKey(White) ? White : White16;
        return !byNumber.ContainsKey(1)
            ? byNumber.ToDictionary(mask => mask.Key == white ? 1 : mask.Key, mask => mask.Value)
            : throw new DatasetException(
                $"{masks.File} shows the numbers 1 and {white}, both of which are object 1 where the true masks have a single object; keep one of the two, and 0 elsewhere.");
    }
}
