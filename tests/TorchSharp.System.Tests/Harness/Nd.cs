using static TorchSharp.torch;

namespace TorchSharp.Tests.Harness;

/// <summary>
/// An n-dimensional row-major array of doubles: the plain reference that operators are compared with.
/// Nothing in it calls libtorch except the conversions to and from tensors.
/// </summary>
public sealed class Nd
{
    public Nd(long[] shape, double[] data)
    {
        if (Count(shape) != data.Length)
            throw new ArgumentException($"{data.Length} values for the shape {Text(shape)}");
        Shape = shape;
        Data = data;
    }

    public long[] Shape { get; }

    public double[] Data { get; }

    public int Rank => Shape.Length;

    public double this[params long[] index]
    {
        get => Data[Offset(index)];
        set => Data[Offset(index)] = value;
    }

    public static Nd Of(long[] shape, Func<long[], double> value)
    {
        var result = Zeros(shape);
        var i = 0;
        foreach (var index in Indices(shape))
            result.Data[i++] = value(index);
        return result;
    }

    public static Nd Zeros(params long[] shape) => new(shape, new double[Count(shape)]);

    public static Nd Full(double value, params long[] shape) => Of(shape, _ => value);

    public static Nd Scalar(double value) => new([], [value]);

    public static Nd Vector(params double[] values) => new([values.Length], values);

    public static Nd Range(params long[] shape)
    {
        var i = 0;
        return Of(shape, _ => i++);
    }

    /// <summary>Uniform values in [low, high), rounded to float32 so that both precisions start from the same numbers.</summary>
    public static Nd Uniform(int seed, double low, double high, params long[] shape)
    {
        var random = new Random(seed);
        return Of(shape, _ => (float)(low + (high - low) * random.NextDouble()));
    }

    /// <summary>Uniform integers in [low, high].</summary>
    public static Nd Integers(int seed, int low, int high, params long[] shape)
    {
        var random = new Random(seed);
        return Of(shape, _ => random.Next(low, high + 1));
    }

    /// <summary>0, 1, … n − 1 in random order, reshaped: values without ties.</summary>
    public static Nd Shuffled(int seed, params long[] shape)
    {
        var values = Enumerable.Range(0, (int)Count(shape)).Select(i => (double)i).ToArray();
        new Random(seed).Shuffle(values);
        return new Nd(shape, values);
    }

    public static Nd From(Tensor tensor)
    {
        using var plain = tensor.detach().to(ScalarType.Float64).contiguous();
        // TorchSharp's accessor throws for tensors without elements.
        return new Nd(plain.shape, plain.numel() == 0 ? [] : plain.data<double>().ToArray());
    }

    public Tensor ToTensor(ScalarType dtype = ScalarType.Float64, Layout layout = Layout.Contiguous)
        => Layouts.Create(this, dtype, layout);

    public Nd Map(Func<double, double> f) => new(Shape, Array.ConvertAll(Data, x => f(x)));

    /// <summary>Combines two arrays element by element with broadcasting.</summary>
    public static Nd Zip(Nd a, Nd b, Func<double, double, double> f)
    {
        var shape = Broadcast(a.Shape, b.Shape);
        return Of(shape, index => f(a.At(index), b.At(index)));
    }

    /// <summary>The element at <paramref name="index"/> of the array that this one broadcasts to.</summary>
    public double At(long[] index)
    {
        var own = new long[Rank];
        for (var d = 0; d < Rank; d++)
            own[d] = Shape[d] == 1 ? 0 : index[index.Length - Rank + d];
        return this[own];
    }

    public Nd Permute(params int[] dims)
        => Of([.. dims.Select(d => Shape[d])], index =>
        {
            var own = new long[Rank];
            for (var d = 0; d < dims.Length; d++)
                own[dims[d]] = index[d];
            return this[own];
        });

    public Nd Reshape(params long[] shape) => new(shape, Data);

    /// <summary>Applies <paramref name="f"/> to the values along one dimension and puts its results in their place.</summary>
    public Nd Along(int dim, Func<double[], double[]> f)
    {
        dim = dim < 0 ? dim + Rank : dim;
        var lanes = Shape.Where((_, d) => d != dim).ToArray();
        Nd? result = null;
        foreach (var lane in Indices(lanes))
        {
            var values = new double[Shape[dim]];
            for (var i = 0; i < values.Length; i++)
                values[i] = this[Insert(lane, dim, i)];
            var mapped = f(values);
            result ??= Zeros(Replace(Shape, dim, mapped.Length));
            for (var i = 0; i < mapped.Length; i++)
                result[Insert(lane, dim, i)] = mapped[i];
        }
        return result ?? Zeros(Shape);
    }

    /// <summary>Reduces the given dimensions (all when empty) with <paramref name="f"/> over their values in row-major order.</summary>
    public Nd Reduce(int[] dims, bool keepdim, Func<double[], double> f)
    {
        var reduced = dims.Length == 0
            ? Enumerable.Range(0, Rank).ToArray()
            : [.. dims.Select(d => d < 0 ? d + Rank : d)];
        var kept = Enumerable.Range(0, Rank).Except(reduced).ToArray();
        var inner = Enumerable.Range(0, Rank).Intersect(reduced).Select(d => Shape[d]).ToArray();
        var innerDims = Enumerable.Range(0, Rank).Intersect(reduced).ToArray();
        var result = Of([.. kept.Select(d => Shape[d])], outer =>
        {
            var index = new long[Rank];
            for (var d = 0; d < kept.Length; d++)
                index[kept[d]] = outer[d];
            var values = new List<double>();
            foreach (var position in Indices(inner))
            {
                for (var d = 0; d < innerDims.Length; d++)
                    index[innerDims[d]] = position[d];
                values.Add(this[index]);
            }
            return f([.. values]);
        });
        return keepdim ? result.Reshape([.. Shape.Select((n, d) => reduced.Contains(d) ? 1 : n)]) : result;
    }

    public static IEnumerable<long[]> Indices(long[] shape)
    {
        var count = Count(shape);
        for (long flat = 0; flat < count; flat++)
        {
            var index = new long[shape.Length];
            var rest = flat;
            for (var d = shape.Length - 1; d >= 0; d--)
            {
                index[d] = rest % shape[d];
                rest /= shape[d];
            }
            yield return index;
        }
    }

    public static long Count(long[] shape) => shape.Aggregate(1L, (a, b) => a * b);

    public static string Text(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";

    public static long[] Broadcast(long[] a, long[] b)
    {
        var rank = Math.Max(a.Length, b.Length);
        var shape = new long[rank];
        for (var d = 1; d <= rank; d++)
        {
            var x = d <= a.Length ? a[^d] : 1;
            var y = d <= b.Length ? b[^d] : 1;
            shape[^d] = x == 1 ? y : x;
        }
        return shape;
    }

    private static long[] Insert(long[] lane, int dim, long value)
        => [.. lane[..dim], value, .. lane[dim..]];

    private static long[] Replace(long[] shape, int dim, long value)
    {
        var copy = (long[])shape.Clone();
        copy[dim] = value;
        return copy;
    }

    private long Offset(long[] index)
    {
        long offset = 0;
        for (var d = 0; d < Rank; d++)
            offset = offset * Shape[d] + index[d];
        return offset;
    }
}
