namespace Sam2.Torch.Masks;

/// <summary>A mask as runs of pixels, collected column by column from left to right.</summary>
/// <param name="height">Height of the mask in pixels.</param>
internal sealed class MaskRuns(int height)
{
    private readonly List<(int X, int Top, int Bottom)> _runs = [];
    private int _top = int.MaxValue;
    private int _bottom;

    /// <summary>The number of pixels.</summary>
    public long Area { get; private set; }

    /// <summary>
    /// The outermost pixels, both included, as <c>(x0, y0, x1, y1)</c>; zeros for an empty mask
    /// (<c>sam2/utils/amg.py</c>, <c>batched_mask_to_box</c>).
    /// </summary>
    public (int X0, int Y0, int X1, int Y1) Box =>
        _runs.Count == 0 ? default : (_runs[0].X, _top, _runs[^1].X, _bottom - 1);

    /// <summary>Removes the runs and keeps their memory for the next mask.</summary>
    public void Clear()
    {
        _runs.Clear();
        Area = 0;
        (_top, _bottom) = (int.MaxValue, 0);
    }

    /// <summary>Adds a column's runs.</summary>
    /// <param name="x">The column, after those added before.</param>
    /// <param name="boundaries">The rows at which runs begin and end, in turns.</param>
    public void AddColumn(int x, ReadOnlySpan<int> boundaries)
    {
        if (boundaries.IsEmpty)
        {
            return;
        }

        (_top, _bottom) = (Math.Min(_top, boundaries[0]), Math.Max(_bottom, boundaries[^1]));
        for (int i = 0; i < boundaries.Length; i += 2)
        {
            _runs.Add((x, boundaries[i], boundaries[i + 1]));
            Area += boundaries[i + 1] - boundaries[i];
        }
    }

    /// <summary>COCO's encoding of the mask in its place in an image.</summary>
    /// <param name="left">Column of the image at which the mask begins.</param>
    /// <param name="top">Row of the image at which the mask begins.</param>
    /// <param name="imageHeight">Height of the image, at least <paramref name="top"/> and the mask's.</param>
    /// <param name="imageWidth">Width of the image.</param>
    public CocoRle ToRle(int left, int top, int imageHeight, int imageWidth)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(top + height, imageHeight);
        var counts = new uint[CountsOf(left, top, imageHeight, imageWidth)];
        int last = -1;
        long position = 0;
        foreach (var (x, first, end) in _runs)
        {
            long start = ((long)(left + x) * imageHeight) + top + first;
            uint length = (uint)(end - first);
            if (start == position && last > 0)
            {
                counts[last] += length; // it goes on from the bottom of the column before
            }
            else
            {
                counts[++last] = (uint)(start - position);
                counts[++last] = length;
            }

            position = start + length;
        }

        long rest = ((long)imageHeight * imageWidth) - position;
        if (last + 1 < counts.Length)
        {
            counts[^1] = (uint)rest;
        }

        return new CocoRle(imageHeight, imageWidth, counts);
    }

    /// <summary>The number of counts of the encoding.</summary>
    private int CountsOf(int left, int top, int imageHeight, int imageWidth)
    {
        int counts = 0;
        long position = 0;
        foreach (var (x, first, end) in _runs)
        {
            long start = ((long)(left + x) * imageHeight) + top + first;
            counts += start == position && counts > 0 ? 0 : 2;
            position = start + end - first;
        }

        return position < (long)imageHeight * imageWidth || counts == 0 ? counts + 1 : counts;
    }
}
