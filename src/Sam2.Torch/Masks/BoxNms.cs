using System.Numerics;
using System.Runtime.InteropServices;
using Sam2.Torch.Media;
using static TorchSharp.torch;

namespace Sam2.Torch.Masks;

/// <summary>
/// Greedy non-maximum suppression of boxes, with the results of torchvision's <c>nms</c> and <c>batched_nms</c>: boxes are taken
/// in order of falling score (equal scores in the order given), and each taken box drops those whose IoU with it is above the
/// threshold.
/// </summary>
public static class BoxNms
{
    /// <summary>Suppresses overlapping boxes.</summary>
    /// <param name="boxes"><c>[N, 4]</c>, x0, y0, x1, y1 in any unit, any floating or integer type and device.</param>
    /// <param name="scores"><c>[N]</c>.</param>
    /// <param name="iouThreshold">Boxes that overlap a better one by more than this are dropped.</param>
    /// <param name="categories"><c>[N]</c> integers: only boxes of the same category compete; null if all do.</param>
    /// <returns>The indices kept, <c>[K]</c> Int64 on the boxes' device, by falling score.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit together.</exception>
    public static Tensor Suppress(Tensor boxes, Tensor scores, double iouThreshold, Tensor? categories = null)
    {
        ArgumentNullException.ThrowIfNull(boxes);
        ArgumentNullException.ThrowIfNull(scores);
        long[] shape = boxes.shape;
        if (shape.Length != 2 || shape[1] != 4 || !scores.shape.SequenceEqual([shape[0]])
            || (categories is not null && !categories.shape.SequenceEqual([shape[0]])))
        {
            throw new ArgumentException(
                $"NMS needs boxes [N, 4] and scores [N], not [{string.Join(", ", shape)}] and [{string.Join(", ", scores.shape)}].",
                nameof(boxes));
        }

        using var scope = NewDisposeScope();
        var kept = Suppress(
            TensorMemory.ToArray<float>(boxes.to_type(ScalarType.Float32)),
            TensorMemory.ToArray<float>(scores.to_type(ScalarType.Float32)),
            iouThreshold,
            categories is null ? [] : TensorMemory.ToArray<long>(categories.to_type(ScalarType.Int64)));
        return TensorMemory.From<long>(kept, ScalarType.Int64, kept.Length).to(boxes.device).MoveToOuterDisposeScope();
    }

    /// <summary>Suppresses overlapping boxes held in arrays.</summary>
    /// <param name="boxes">4 N numbers: x0, y0, x1, y1 of each box.</param>
    /// <param name="scores">N numbers.</param>
    /// <param name="iouThreshold">Boxes that overlap a better one by more than this are dropped.</param>
    /// <param name="categories">N numbers: only boxes of the same category compete; empty if all do.</param>
    /// <returns>The indices kept, by falling score.</returns>
    /// <exception cref="ArgumentException">The lengths do not fit together.</exception>
    public static long[] Suppress(float[] boxes, float[] scores, double iouThreshold, long[] categories)
    {
        ArgumentNullException.ThrowIfNull(boxes);
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(categories);
        int count = scores.Length;
        if (boxes.Length != 4 * count || (categories.Length != 0 && categories.Length != count))
        {
            throw new ArgumentException($"{count} scores need {4 * count} coordinates, but {boxes.Length} were given.", nameof(boxes));
        }

        var order = Enumerable.Range(0, count).ToArray();
        Array.Sort(order, (a, b) => scores[a] != scores[b] ? scores[b].CompareTo(scores[a]) : a - b);
        var sorted = new SortedBoxes(boxes, order);
        float threshold = LargestFloatUpTo(iouThreshold);
        var kept = new List<long>();
        for (int i = 0; i < count; i++)
        {
            if (sorted.Dropped[i] != 0)
            {
                continue;
            }

            kept.Add(order[i]);
            if (categories.Length == 0)
            {
                sorted.DropOverlapping(i, threshold);
            }
            else
            {
                sorted.DropOverlappingOfCategory(i, threshold, order, categories);
            }
        }

        return [.. kept];
    }

    /// <summary>
    /// torchvision compares Float32 overlaps with a double threshold; comparing with this float is the same for every float.
    /// </summary>
    private static float LargestFloatUpTo(double value)
    {
        float rounded = (float)value;
        return rounded > value ? MathF.BitDecrement(rounded) : rounded;
    }

    /// <summary>Coordinates by falling score, one array each, so that a vector holds one coordinate of several boxes.</summary>
    private sealed class SortedBoxes
    {
        private readonly float[] _x0;
        private readonly float[] _y0;
        private readonly float[] _x1;
        private readonly float[] _y1;
        private readonly float[] _area;

        public SortedBoxes(float[] boxes, int[] order)
        {
            float[] Coordinate(int c) => Array.ConvertAll(order, i => boxes[(4 * i) + c]);
            (_x0, _y0, _x1, _y1) = (Coordinate(0), Coordinate(1), Coordinate(2), Coordinate(3));
            _area = new float[order.Length];
            for (int i = 0; i < order.Length; i++)
            {
                _area[i] = (_x1[i] - _x0[i]) * (_y1[i] - _y0[i]);
            }

            Dropped = new int[order.Length];
        }

        /// <summary>−1 where a box is dropped, else 0.</summary>
        public int[] Dropped { get; }

        public void DropOverlapping(int i, float threshold)
        {
            int start = i + 1;
            var x0 = Vectors(_x0, start);
            var y0 = Vectors(_y0, start);
            var x1 = Vectors(_x1, start);
            var y1 = Vectors(_y1, start);
            var area = Vectors(_area, start);
            var dropped = MemoryMarshal.Cast<int, Vector<int>>(Dropped.AsSpan(start));
            var limit = new Vector<float>(threshold);
            for (int v = 0; v < x0.Length; v++)
            {
                var width = Vector.Max(Vector<float>.Zero, Vector.Min(new Vector<float>(_x1[i]), x1[v]) - Vector.Max(new Vector<float>(_x0[i]), x0[v]));
                var height = Vector.Max(Vector<float>.Zero, Vector.Min(new Vector<float>(_y1[i]), y1[v]) - Vector.Max(new Vector<float>(_y0[i]), y0[v]));
                var intersection = width * height;
                var union = new Vector<float>(_area[i]) + area[v] - intersection;
                dropped[v] |= Vector.GreaterThan(intersection / union, limit);
            }

            for (int j = start + (x0.Length * Vector<float>.Count); j < Dropped.Length; j++)
            {
                Dropped[j] |= Overlap(i, j) > threshold ? -1 : 0;
            }
        }

        public void DropOverlappingOfCategory(int i, float threshold, int[] order, long[] categories)
        {
            long category = categories[order[i]];
            for (int j = i + 1; j < Dropped.Length; j++)
            {
                if (Dropped[j] == 0 && categories[order[j]] == category && Overlap(i, j) > threshold)
                {
                    Dropped[j] = -1;
                }
            }
        }

        private float Overlap(int i, int j)
        {
            float width = Math.Max(0, Math.Min(_x1[i], _x1[j]) - Math.Max(_x0[i], _x0[j]));
            float height = Math.Max(0, Math.Min(_y1[i], _y1[j]) - Math.Max(_y0[i], _y0[j]));
            float intersection = width * height;
            return intersection / (_area[i] + _area[j] - intersection);
        }

        private static ReadOnlySpan<Vector<float>> Vectors(float[] values, int start) =>
            MemoryMarshal.Cast<float, Vector<float>>(values.AsSpan(start));
    }
}
