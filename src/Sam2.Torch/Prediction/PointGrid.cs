namespace Sam2.Torch.Prediction;

/// <summary>Regular grids of points to prompt with (sam2/utils/amg.py, <c>build_point_grid</c>).</summary>
public static class PointGrid
{
    /// <summary>Evenly spaced points, row by row, each in the middle of its cell.</summary>
    /// <param name="perSide">Points along each side, at least 1.</param>
    /// <returns><paramref name="perSide"/>² points with coordinates in (0, 1), relative to the image's width and height.</returns>
    public static IReadOnlyList<(double X, double Y)> Build(int perSide)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perSide, 1);
        return [.. from y in Enumerable.Range(0, perSide)
                   from x in Enumerable.Range(0, perSide)
                   select ((x + 0.5) / perSide, (y + 0.5) / perSide)];
    }

    /// <summary>One grid per crop layer; layer n has <c>perSide / downscale^n</c> points a side, rounded down.</summary>
    /// <param name="perSide">Points along each side for the whole image.</param>
    /// <param name="layers">Crop layers beyond the whole image.</param>
    /// <param name="downscale">By how much grids become coarser from layer to layer.</param>
    /// <exception cref="ArgumentException">A layer would have no point.</exception>
    public static IReadOnlyList<IReadOnlyList<(double X, double Y)>> BuildLayers(int perSide, int layers, int downscale)
    {
        var grids = new List<IReadOnlyList<(double X, double Y)>>();
        for (var layer = 0; layer <= layers; layer++)
        {
            var points = (int)(perSide / Math.Pow(downscale, layer));
            if (points < 1)
                throw new ArgumentException($"{perSide} points per side, divided by {downscale} for each of {layer} crop layers, leave none.");
            grids.Add(Build(points));
        }
        return grids;
    }
}
