using Sam2.Torch.Media;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Masks;

/// <summary>
/// 8-connected components, on the CPU. What the original's CUDA extension computes (<c>sam2/csrc/connected_components.cu</c>),
/// except that components are numbered 1, 2, … in raster order of their first pixel.
/// </summary>
public static class ConnectedComponents
{
    /// <summary>Labels one mask.</summary>
    /// <param name="mask">The mask.</param>
    /// <returns>Labels per pixel (row-major, 0 outside the mask) and the area in pixels of label 1, 2, ….</returns>
    public static (int[] Labels, long[] Areas) Label(BinaryMask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        var components = new RunComponents();
        components.Find(mask.Data, mask.Height, mask.Width, 1);
        var labels = new int[mask.Data.Length];
        for (int i = 0; i < components.RunCount; i++)
        {
            var (run, component) = components[i];
            labels.AsSpan(run.Start, run.Length).Fill(component + 1);
        }

        return (labels, [.. components.Areas]);
    }

    /// <summary>Labels a batch of masks, each on its own.</summary>
    /// <param name="masks"><c>[N, 1, H, W]</c> (any leading dimensions), values other than 0 belong to the mask; any device.</param>
    /// <returns>
    /// Two Int32 tensors of the same shape on the same device: labels (0 outside) and, at every pixel of the mask, the area of
    /// its component (0 outside).
    /// </returns>
    /// <exception cref="ArgumentException">The tensor has fewer than two dimensions.</exception>
    public static (Tensor Labels, Tensor Areas) Label(Tensor masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        using var scope = NewDisposeScope();
        var all = BinaryMask.FromTensors(masks);
        var labels = torch.zeros(masks.shape, dtype: ScalarType.Int32);
        var areas = torch.zeros(masks.shape, dtype: ScalarType.Int32);
        var components = new RunComponents();
        for (int n = 0; n < all.Length; n++)
        {
            int size = all[n].Data.Length;
            components.Find(all[n].Data, all[n].Height, all[n].Width, 1);
            var labelsOfMask = TensorMemory.Span<int>(labels.reshape(all.Length, size)[n]);
            var areasOfMask = TensorMemory.Span<int>(areas.reshape(all.Length, size)[n]);
            for (int i = 0; i < components.RunCount; i++)
            {
                var (run, component) = components[i];
                labelsOfMask.Slice(run.Start, run.Length).Fill(component + 1);
                areasOfMask.Slice(run.Start, run.Length).Fill((int)components.Areas[component]);
            }
        }

        return (labels.to(masks.device).MoveToOuterDisposeScope(), areas.to(masks.device).MoveToOuterDisposeScope());
    }
}

/// <summary>
/// The connected components of a binary picture as horizontal runs: two passes, the first finds runs and joins those that
/// touch the row above (union-find), the second gives every component its number and area. Buffers are reused between pictures.
/// </summary>
internal sealed class RunComponents
{
    private readonly List<Run> _runs = [];
    private readonly List<int> _parents = [];
    private readonly List<long> _areas = [];
    private int[] _rowStarts = [];

    /// <summary>A horizontal run of pixels.</summary>
    /// <param name="Start">First pixel, counted row-major over the picture.</param>
    /// <param name="Length">Number of pixels.</param>
    public readonly record struct Run(int Start, int Length);

    /// <summary>The number of runs.</summary>
    public int RunCount => _runs.Count;

    /// <summary>The areas in pixels of the components, in raster order of their first pixel.</summary>
    public IReadOnlyList<long> Areas => _areas;

    /// <summary>One run and the index of its component.</summary>
    public (Run Run, int Component) this[int index] => (_runs[index], _parents[index]);

    /// <summary>Finds the components of all pixels that have <paramref name="value"/>.</summary>
    /// <param name="data">height × width bytes, 0 or 1, row-major.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="value">0 or 1.</param>
    /// <param name="diagonal">True if pixels that touch at a corner only are connected (8-connected, else 4-connected).</param>
    public void Find(ReadOnlySpan<byte> data, int height, int width, byte value, bool diagonal = true)
    {
        _runs.Clear();
        _parents.Clear();
        _areas.Clear();
        if (_rowStarts.Length < height + 1)
        {
            _rowStarts = new int[height + 1];
        }

        for (int y = 0; y < height; y++)
        {
            _rowStarts[y] = _runs.Count;
            FindRunsOfRow(data.Slice(y * width, width), y * width, value);
            if (y > 0)
            {
                JoinWithRowAbove(_rowStarts[y - 1], _rowStarts[y], width, diagonal ? 0 : 1);
            }
        }

        NumberComponents();
    }

    /// <summary>The component of the run that holds a pixel, counted row-major; the pixel must belong to one.</summary>
    public int ComponentAt(int pixel)
    {
        int low = 0, high = _runs.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = _runs[middle].Start <= pixel ? (middle, high) : (low, middle - 1);
        }

        return _parents[low];
    }

    private void FindRunsOfRow(ReadOnlySpan<byte> row, int offset, byte value)
    {
        int x = 0;
        while (x < row.Length)
        {
            int skip = row[x..].IndexOf(value);
            if (skip < 0)
            {
                return;
            }

            x += skip;
            int length = row[x..].IndexOfAnyExcept(value);
            length = length < 0 ? row.Length - x : length;
            _parents.Add(_runs.Count);
            _runs.Add(new Run(offset + x, length));
            x += length;
        }
    }

    private void JoinWithRowAbove(int aboveStart, int rowStart, int width, int overlap)
    {
        int above = aboveStart;
        int current = rowStart;
        while (above < rowStart && current < _runs.Count)
        {
            // Both in columns of the current row; runs touch when they overlap or, if that counts, meet at a corner.
            int aboveFirst = _runs[above].Start + width;
            int aboveEnd = aboveFirst + _runs[above].Length;
            int first = _runs[current].Start;
            int end = first + _runs[current].Length;
            if (aboveFirst + overlap <= end && first + overlap <= aboveEnd)
            {
                Join(above, current);
            }

            // The run that ends first cannot touch anything further on.
            if (aboveEnd < end)
            {
                above++;
            }
            else
            {
                current++;
            }
        }
    }

    private void Join(int a, int b)
    {
        int rootA = Root(a);
        int rootB = Root(b);

        // The earlier run becomes the root, so components are numbered in raster order.
        if (rootA < rootB)
        {
            _parents[rootB] = rootA;
        }
        else
        {
            _parents[rootA] = rootB;
        }
    }

    private int Root(int run)
    {
        while (_parents[run] != run)
        {
            _parents[run] = _parents[_parents[run]];
            run = _parents[run];
        }

        return run;
    }

    /// <summary>Replaces parents by component numbers. A parent precedes its children, so one pass suffices.</summary>
    private void NumberComponents()
    {
        for (int i = 0; i < _runs.Count; i++)
        {
            int parent = _parents[i];
            int component = parent == i ? _areas.Count : _parents[parent];
            if (parent == i)
            {
                _areas.Add(0);
            }

            _parents[i] = component;
            _areas[component] += _runs[i].Length;
        }
    }
}

/// <summary>
/// Finds small components of masks with tensor operations alone, so that no mask has to leave its device: reading one back makes the
/// processor wait for everything that the device was asked to do before.
/// </summary>
internal static class DeviceComponents
{
    /// <summary>Largest area for which this is worth it: each pixel of it costs a pass over the masks.</summary>
    public const double MaxArea = 1024;

    /// <summary>
    /// Marks 8-connected components of at most <paramref name="maxArea"/> pixels.
    /// <para>
    /// Every pixel takes the largest label among its neighbours, as often as a component of that area is wide at most. In a small component all
    /// labels are then equal. In a larger one they may differ, and where they do a label has a neighbour with another one, which no
    /// complete component has.
    /// </para>
    /// </summary>
    /// <param name="mask"><c>[…, H, W]</c>, bool, on any device.</param>
    /// <param name="maxArea">In pixels.</param>
    /// <returns>A mask of the same shape.</returns>
    public static Tensor Mark(Tensor mask, double maxArea)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (mask.size(-2), mask.size(-1));
        var pixels = height * width;
        var area = (long)Math.Min(Math.Floor(maxArea), pixels);
        if (area < 1) return zeros_like(mask).MoveToOuterDisposeScope();

        // Labels are whole numbers, which float32 holds exactly up to 2^24.
        var type = pixels < 1 << 24 ? ScalarType.Float32 : ScalarType.Float64;
        var inside = mask.reshape(-1, 1, height, width);
        var factor = inside.to(type);
        var labels = TensorArithmetic.Range(1, pixels + 1, type, mask.device).view(1, 1, height, width) * factor;
        for (long step = 1; step < area; step++)
        {
            var spread = Largest(labels, factor);
            labels.Dispose();
            labels = spread;
        }

        // Outside of the mask, more than any label.
        var smallest = labels.Plus(factor.SubtractedFrom(1).Times(pixels + 1)).negative();
        var settled = Largest(labels, factor).eq(labels).bitwise_and(Pool(smallest).negative().eq(labels).bitwise_or(inside.bitwise_not()));

        var index = labels.to(int64).flatten(1);
        var sizes = CountByLabel(index, ones_like(index, dtype: type), pixels);
        var open = CountByLabel(index, settled.bitwise_not().to(type).flatten(1), pixels);
        var small = sizes.le(Scalars.Of(area)).bitwise_and(open.eq(Scalars.Of(0)));
        return small.gather(1, index).reshape(mask.shape).bitwise_and(mask).MoveToOuterDisposeScope();
    }

    /// <summary>The largest label of each pixel's neighbourhood; 0 outside of the mask.</summary>
    private static Tensor Largest(Tensor labels, Tensor factor)
    {
        using var largest = Pool(labels);
        return largest * factor;
    }

    private static Tensor Pool(Tensor x) => F.max_pool2d(x, [3, 3], [1, 1], [1, 1]);

    private static Tensor CountByLabel(Tensor index, Tensor counted, long labels)
    {
        using var none = zeros([index.size(0), labels + 1], dtype: counted.dtype, device: index.device);
        return none.scatter_add(1, index, counted);
    }
}
