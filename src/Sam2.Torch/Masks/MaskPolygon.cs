namespace Sam2.Torch.Masks;

/// <summary>
/// A connected part of a mask as polygons along the edges between pixels: vertices are corners of pixels (whole numbers, the
/// picture's upper left corner is 0, 0), so areas are exact and filling gives back the very mask.
/// </summary>
/// <param name="Outer">The outline, clockwise as seen on the screen: x and y of each vertex in turn.</param>
/// <param name="Holes">The outlines of the holes, counter-clockwise.</param>
public sealed record MaskPolygon(int[] Outer, IReadOnlyList<int[]> Holes)
{
    /// <summary>The number of pixels inside.</summary>
    public long Area => SignedArea(Outer) + Holes.Sum(SignedArea);

    /// <summary>
    /// Outline and holes as one ring, for formats whose polygons have no holes: lines there and back lead from the outline to
    /// each hole. They enclose nothing, so the ring fills to the same mask.
    /// </summary>
    /// <returns>x and y of each vertex in turn.</returns>
    public int[] ToSingleRing() => Join([Outer, .. Holes]);

    /// <summary>Several parts with their holes as one ring, for formats that know one polygon per object.</summary>
    /// <returns>x and y of each vertex in turn; empty if there are no parts.</returns>
    public static int[] ToSingleRing(IReadOnlyList<MaskPolygon> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return Join([.. parts.SelectMany(part => part.Holes.Prepend(part.Outer))]);
    }

    /// <summary>Goes once around each ring, from the first vertex of one to the first vertex of the next, and all the way back.</summary>
    private static int[] Join(IReadOnlyList<int[]> rings)
    {
        if (rings.Count == 1)
        {
            return rings[0];
        }

        var joined = new List<int>(rings.Sum(ring => ring.Length + 4));
        foreach (var ring in rings)
        {
            joined.AddRange(ring);
            joined.AddRange(ring.AsSpan(0, 2));
        }

        for (int i = rings.Count - 2; i > 0; i--)
        {
            joined.AddRange(rings[i].AsSpan(0, 2));
        }

        return [.. joined];
    }

    /// <summary>The shoelace formula, positive for clockwise rings (y points down).</summary>
    private static long SignedArea(int[] ring)
    {
        long twice = 0;
        for (int i = 0; i < ring.Length; i += 2)
        {
            int next = (i + 2) % ring.Length;
            twice += ((long)ring[i] * ring[next + 1]) - ((long)ring[next] * ring[i + 1]);
        }

        return twice / 2;
    }
}
