using System.Numerics;
using System.Runtime.InteropServices;
using Sam2.Torch.Media;
using static TorchSharp.torch;

namespace Sam2.Torch.Masks;

/// <summary>
/// A binary mask in managed memory: one byte per pixel, 0 or 1, row-major. Bytes rather than bits: encoding, labelling and
/// drawing all walk pixels, and a byte each is what vector instructions and tensors share.
/// </summary>
public sealed class BinaryMask : IEquatable<BinaryMask>
{
    /// <summary>An empty mask.</summary>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <param name="width">Width in pixels, at least 1.</param>
    public BinaryMask(int height, int width)
        : this(height, width, new byte[Count(height, width)], trusted: true)
    {
    }

    /// <summary>Wraps values without copying them; every value other than 0 becomes 1 in place.</summary>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="data">height × width values, row-major.</param>
    /// <exception cref="ArgumentException">The array's length does not fit the dimensions.</exception>
    public BinaryMask(int height, int width, byte[] data)
        : this(height, width, data, trusted: false)
    {
    }

    private BinaryMask(int height, int width, byte[] data, bool trusted)
    {
        ArgumentNullException.ThrowIfNull(data);
        int count = Count(height, width);
        if (data.Length != count)
        {
            throw new ArgumentException($"{height}×{width} pixels need {count} values, but {data.Length} were given.", nameof(data));
        }

        if (!trusted)
        {
            Normalise(data);
        }

        Height = height;
        Width = width;
        Data = data;
    }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>The values, 0 or 1, row-major. Other values must not be written: <see cref="Area"/> and all code that takes masks rely on this.</summary>
    public byte[] Data { get; }

    /// <summary>Whether the pixel at row <paramref name="y"/> and column <paramref name="x"/> belongs to the mask.</summary>
    public bool this[int y, int x]
    {
        get => Data[Offset(y, x)] != 0;
        set => Data[Offset(y, x)] = value ? (byte)1 : (byte)0;
    }

    /// <summary>The number of pixels that belong to the mask.</summary>
    public long Area => ByteSpans.Sum(Data);

    /// <summary>The values of one row, in place.</summary>
    public Span<byte> Row(int y) => Data.AsSpan(y * Width, Width);

    /// <summary>The smallest box around the mask, <c>(x, y, width, height)</c> in pixels; zeros for an empty mask.</summary>
    public (int X, int Y, int Width, int Height) BoundingBox
    {
        get
        {
            int left = Width, right = -1, top = -1, bottom = -1;
            for (int y = 0; y < Height; y++)
            {
                var row = Row(y);
                int first = row.IndexOf((byte)1);
                if (first < 0)
                {
                    continue;
                }

                top = top < 0 ? y : top;
                bottom = y;
                left = Math.Min(left, first);
                right = Math.Max(right, row.LastIndexOf((byte)1));
            }

            return bottom < 0 ? (0, 0, 0, 0) : (left, top, right - left + 1, bottom - top + 1);
        }
    }

    /// <summary>Intersection over union with another mask of the same size; 1 if both are empty.</summary>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public double Iou(BinaryMask other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Height != Height || other.Width != Width)
        {
            throw new ArgumentException($"The masks differ in size: {Height}×{Width} and {other.Height}×{other.Width}.", nameof(other));
        }

        long both = ByteSpans.Sum(Data, other.Data);
        long either = Area + other.Area - both;
        return either == 0 ? 1 : (double)both / either;
    }

    /// <summary>A copy with values of its own.</summary>
    public BinaryMask Clone() => new(Height, Width, (byte[])Data.Clone(), trusted: true);

    /// <summary>A bool tensor <c>[H, W]</c> on the CPU with a copy of the values.</summary>
    public Tensor ToTensor() => TensorMemory.From<byte>(Data, ScalarType.Bool, Height, Width);

    /// <summary>A mask from a tensor <c>[H, W]</c> (or with leading dimensions of 1) on any device; values other than 0 belong to it.</summary>
    /// <exception cref="ArgumentException">The tensor is not one mask.</exception>
    public static BinaryMask FromTensor(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var shape = Shape(tensor);
        if (shape.Count != 1)
        {
            throw new ArgumentException($"One mask is [H, W], not [{string.Join(", ", tensor.shape)}].", nameof(tensor));
        }

        return FromTensors(tensor)[0];
    }

    /// <summary>Masks from a tensor <c>[..., H, W]</c> on any device, in row-major order of the leading dimensions.</summary>
    /// <exception cref="ArgumentException">The tensor has fewer than two dimensions.</exception>
    public static BinaryMask[] FromTensors(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var (count, height, width) = Shape(tensor);
        using var scope = NewDisposeScope();
        bool isByteSized = tensor.dtype is ScalarType.Bool or ScalarType.Byte;
        int size = height * width;
        var values = (isByteSized ? tensor : tensor.ne(Scalars.Of(0))).detach().cpu().contiguous().reshape(count, size);
        var masks = new BinaryMask[count];
        for (int i = 0; i < count; i++)
        {
            // One slice at a time: a span cannot cover more than 2 GB, a stack of masks can.
            var data = values[i].bytes.ToArray();
            masks[i] = new BinaryMask(height, width, data, trusted: tensor.dtype != ScalarType.Byte);
        }

        return masks;
    }

    /// <inheritdoc/>
    public bool Equals(BinaryMask? other) =>
        other is not null && other.Height == Height && other.Width == Width && Data.AsSpan().SequenceEqual(other.Data);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as BinaryMask);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Height, Width, Area);

    private static void Normalise(Span<byte> data)
    {
        if (!data.ContainsAnyExceptInRange((byte)0, (byte)1))
        {
            return;
        }

        foreach (ref byte b in data)
        {
            b = Math.Min(b, (byte)1);
        }
    }

    private static (int Count, int Height, int Width) Shape(Tensor tensor)
    {
        long[] shape = tensor.shape;
        if (shape.Length < 2 || shape[^1] < 1 || shape[^2] < 1)
        {
            throw new ArgumentException($"Masks are [..., H, W], not [{string.Join(", ", shape)}].", nameof(tensor));
        }

        int height = checked((int)shape[^2]);
        int width = checked((int)shape[^1]);
        return (checked((int)shape[..^2].Aggregate(1L, (product, n) => product * n)), height, width);
    }

    private int Offset(int y, int x) => (uint)y < (uint)Height && (uint)x < (uint)Width
        ? (y * Width) + x
        : throw new ArgumentOutOfRangeException(nameof(y), $"Row {y}, column {x} is outside a mask of {Height}×{Width}.");

    private static int Count(int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        long count = (long)height * width;
        return count <= Array.MaxLength
            ? (int)count
            : throw new ArgumentOutOfRangeException(nameof(height), $"A mask of {height}×{width} does not fit one array.");
    }
}

/// <summary>Bitwise operations on rows of bytes, a vector at a time (the JIT does not vectorise loops itself).</summary>
internal static class ByteSpans
{
    /// <summary>target = a ^ b; all of one length. <paramref name="target"/> may be one of the operands.</summary>
    public static void Xor(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> target)
    {
        var va = MemoryMarshal.Cast<byte, Vector<byte>>(a);
        var vb = MemoryMarshal.Cast<byte, Vector<byte>>(b);
        var vt = MemoryMarshal.Cast<byte, Vector<byte>>(target);
        for (int i = 0; i < vt.Length; i++)
        {
            vt[i] = va[i] ^ vb[i];
        }

        for (int i = vt.Length * Vector<byte>.Count; i < target.Length; i++)
        {
            target[i] = (byte)(a[i] ^ b[i]);
        }
    }

    /// <summary>The sum of all bytes.</summary>
    public static long Sum(ReadOnlySpan<byte> data) => Sum(data, data);

    /// <summary>The sum of all bytes of a &amp; b, of one length.</summary>
    public static long Sum(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        long sum = 0;
        var va = MemoryMarshal.Cast<byte, Vector<byte>>(a);
        var vb = MemoryMarshal.Cast<byte, Vector<byte>>(b);
        int i = 0;
        while (i < va.Length)
        {
            // 16-bit lanes hold 128 additions of two bytes before they overflow.
            var partial = Vector<ushort>.Zero;
            for (int end = Math.Min(i + 128, va.Length); i < end; i++)
            {
                Vector.Widen(va[i] & vb[i], out var low, out var high);
                partial += low + high;
            }

            Vector.Widen(partial, out var wideLow, out var wideHigh);
            sum += Vector.Sum(wideLow + wideHigh);
        }

        for (int j = va.Length * Vector<byte>.Count; j < a.Length; j++)
        {
            sum += a[j] & b[j];
        }

        return sum;
    }
}
