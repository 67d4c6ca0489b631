namespace Sam2.Torch.Masks;

/// <summary>
/// How bilinear interpolation without aligned corners (<c>torch.nn.functional.interpolate</c>) places the pixels of a
/// resized axis between those of its source: pixel i takes <c>source[Index[i]]</c> and the one after it, the latter with
/// <c>Weight[i]</c>.
/// </summary>
internal sealed class AxisInterpolation
{
    /// <summary>Tables for resizing an axis of <paramref name="source"/> pixels to <paramref name="length"/>.</summary>
    public AxisInterpolation(int source, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(source, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        Source = source;
        Index = new int[length];
        Weight = new float[length];
        First = new int[source + 1];

        // In single precision and in this order, as libtorch computes it, so that equal pixels come out equal.
        float scale = (float)source / length;
        for (int i = 0; i < length; i++)
        {
            float position = Math.Max((scale * (i + 0.5f)) - 0.5f, 0);
            Index[i] = Math.Min((int)position, source - 1);
            Weight[i] = Math.Clamp(position - Index[i], 0, 1);
        }

        for (int j = 0, i = 0; j <= source; j++)
        {
            while (i < length && Index[i] < j)
            {
                i++;
            }

            First[j] = i;
        }
    }

    /// <summary>Pixels of the source axis.</summary>
    public int Source { get; }

    /// <summary>Pixels of the resized axis.</summary>
    public int Length => Index.Length;

    /// <summary>The source pixel at or before each resized pixel.</summary>
    public int[] Index { get; }

    /// <summary>The share of the source pixel after it, in [0, 1].</summary>
    public float[] Weight { get; }

    /// <summary>For every source pixel j, and one more, the first resized pixel whose <see cref="Index"/> is j or more.</summary>
    public int[] First { get; }
}
