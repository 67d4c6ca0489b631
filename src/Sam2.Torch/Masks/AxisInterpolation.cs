using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sam2.Torch.Masks;

/// <summary>
/// How bilinear interpolation without aligned corners (<c>torch.nn.functional.interpolate</c>) places the pixels of a
/// resized axis between those of its source: pixel i takes <c>source[Index[i]]</c> and the one after it, the latter with
/// <c>Weight[i]</c>.
/// </summary>
internal sealed class AxisInterpolation
{
    private const int Eight = 8;

    // Weights of the source pixel at or before each pixel and of the one after it, with room behind them for a last vector.
    private readonly float[] _before;
    private readonly float[] _after;

    // For each eight pixels, the first one's source pixel, and how far each one's is from there. No distances where one of them is eight or more.
    private readonly int[] _starts;
    private readonly Vector256<int>[]? _distances;

    /// <summary>Tables for resizing an axis of <paramref name="source"/> pixels to <paramref name="length"/>.</summary>
    public AxisInterpolation(int source, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(source, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        Source = source;
        Index = new int[length];
        _after = new float[length + Eight];
        First = new int[source + 1];

        // In single precision and in this order, as libtorch computes it, so that equal pixels come out equal.
        float scale = (float)source / length;
        for (int i = 0; i < length; i++)
        {
            float position = Math.Max((scale * (i + 0.5f)) - 0.5f, 0);
            Index[i] = Math.Min((int)position, source - 1);
            _after[i] = Math.Clamp(position - Index[i], 0, 1);
        }

        _before = [.. _after.Select(weight => 1 - weight)];
        for (int j = 0, i = 0; j <= source; j++)
        {
            while (i < length && Index[i] < j)
            {
                i++;
            }

            First[j] = i;
        }

        _starts = [.. Index.Where((_, i) => i % Eight == 0)];
        var distances = Index.Chunk(Eight)
            .Select(eight => Enumerable.Range(0, Eight).Select(i => eight[Math.Min(i, eight.Length - 1)] - eight[0]).ToArray())
            .ToArray();
        if (distances.All(eight => eight[^1] < Eight))
        {
            _distances = [.. distances.Select(eight => Vector256.Create(eight))];
        }
    }

    /// <summary>Pixels of the source axis.</summary>
    public int Source { get; }

    /// <summary>Pixels of the resized axis.</summary>
    public int Length => Index.Length;

    /// <summary>How long a line of source pixels has to be for <see cref="Pixels"/>; what is behind them repeats the last.</summary>
    public int LineLength => Source + Eight;

    /// <summary>The source pixel at or before each resized pixel.</summary>
    public int[] Index { get; }

    /// <summary>The share of the source pixel after it, in [0, 1].</summary>
    public ReadOnlySpan<float> Weight => _after.AsSpan(0, Length);

    /// <summary>For every source pixel j, and one more, the first resized pixel whose <see cref="Index"/> is j or more.</summary>
    public int[] First { get; }

    /// <summary>Eight resized pixels from <paramref name="first"/> on. Those that don't lie between the two source pixels have no meaning.</summary>
    /// <param name="first">A resized pixel.</param>
    /// <param name="before">The source pixel at or before them.</param>
    /// <param name="after">The source pixel after it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Between(int first, float before, float after) =>
        (Vector256.Create(_before.AsSpan(first)) * before) + (Vector256.Create(_after.AsSpan(first)) * after);

    /// <summary>Eight resized pixels from <paramref name="first"/> on. Those behind the last have no meaning.</summary>
    /// <param name="line">Source pixels, of <see cref="LineLength"/>.</param>
    /// <param name="first">A resized pixel, a multiple of eight.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Pixels(ReadOnlySpan<float> line, int first)
    {
        int start = _starts[first / Eight];
        Vector256<float> before, after;
        if (_distances is not null)
        {
            var distances = _distances[first / Eight];
            before = Vector256.ShuffleNative(Vector256.Create(line[start..]), distances);
            after = Vector256.ShuffleNative(Vector256.Create(line[(start + 1)..]), distances);
        }
        else
        {
            (before, after) = (Gather(line, first), Gather(line[1..], first));
        }

        return (Vector256.Create(_before.AsSpan(first)) * before) + (Vector256.Create(_after.AsSpan(first)) * after);
    }

    private Vector256<float> Gather(ReadOnlySpan<float> line, int first)
    {
        Span<float> values = stackalloc float[Eight];
        for (int i = 0; i < Eight; i++)
        {
            values[i] = line[Index[Math.Min(first + i, Length - 1)]];
        }

        return Vector256.Create<float>(values);
    }

    /// <summary>Interpolates between two lines of pixels, and repeats the last result up to the end of <paramref name="line"/>.</summary>
    /// <param name="before">The line at <see cref="Index"/>.</param>
    /// <param name="after">The line after it, as long.</param>
    /// <param name="weight">Of the line after.</param>
    /// <param name="line">Receives the results; at least as long.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Blend(ReadOnlySpan<float> before, ReadOnlySpan<float> after, float weight, Span<float> line)
    {
        float rest = 1 - weight;
        int i = 0;
        for (; i <= before.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            ((new Vector<float>(before[i..]) * rest) + (new Vector<float>(after[i..]) * weight)).CopyTo(line[i..]);
        }

        for (; i < before.Length; i++)
        {
            line[i] = (before[i] * rest) + (after[i] * weight);
        }

        line[before.Length..].Fill(line[before.Length - 1]);
    }
}
