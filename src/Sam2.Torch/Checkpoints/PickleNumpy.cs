using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// NumPy's single numbers, which training scripts leave in checkpoints where they meant plain ones (<c>np.float64(0.93)</c>). A pickle gives them as a
/// type, such as <c>f8</c>, and its bytes; both are read as data.
/// </summary>
internal static class PickleNumpy
{
    /// <summary>The plain value; null if the type has none, or the bytes don't fit it.</summary>
    public static object? Value(PickleGlobal.NumpyType type, ReadOnlySpan<byte> data)
    {
        if (type.Code.Length < 2 || !int.TryParse(type.Code.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int size))
        {
            return null;
        }

        // Text has four bytes a character.
        bool isText = type.Code[0] == 'U';
        if (data.Length != (isText ? 4L * size : size) || data.Length > PickleLimits.MaxIntegerBytes * 4)
        {
            return null;
        }

        var bytes = data.ToArray();
        if (type.Order == ">")
        {
            for (int i = 0; i < bytes.Length; i += isText ? 4 : bytes.Length)
            {
                Array.Reverse(bytes, i, isText ? 4 : bytes.Length);
            }
        }

        return (type.Code[0], size) switch
        {
            ('f', 2) => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
            ('f', 4) => (double)BinaryPrimitives.ReadSingleLittleEndian(bytes),
            ('f', 8) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            ('i' or 'u', 1 or 2 or 4 or 8) => Whole(new BigInteger(bytes, isUnsigned: type.Code[0] == 'u')),
            ('b', 1) => bytes[0] != 0,
            ('U', _) => Encoding.UTF32.GetString(bytes).TrimEnd('\0'),
            _ => null,
        };
    }

    private static object Whole(BigInteger value) => value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
}
