using System.Numerics;
using System.Runtime.InteropServices;

namespace Sam2.Torch.Masks;

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
