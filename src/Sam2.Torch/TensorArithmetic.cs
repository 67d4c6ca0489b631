using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch;

/// <summary>
/// Arithmetic in which no number is lost to the garbage collector. TorchSharp hands a number to libtorch as a <see cref="Scalar"/> on the native
/// heap and doesn't keep it alive during the call, so its finalizer can free it before libtorch has read it: the call fails with "Expected
/// false to be true", or computes with another number. Its operators do so for <c>tensor * 2</c>, and also for the sum
/// <c>a + b</c> of two tensors, of which the second has a factor, 1.
/// </summary>
/// <remarks>
/// With the collector running all the time, 266 of 1.4 million products <c>x * 1.5</c> failed. Differences, products and
/// quotients of two tensors take no number: their operators are safe.
/// </remarks>
public static class TensorArithmetic
{
    /// <summary><c>left + right</c>.</summary>
    /// <param name="left">Any shape.</param>
    /// <param name="right">A shape that broadcasts with the other.</param>
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, Scalars.One);

    /// <summary><c>left + right</c>.</summary>
    /// <param name="left">Any shape.</param>
    /// <param name="right">Is added to every element.</param>
    public static Tensor Plus(this Tensor left, double right) => left.add(Scalars.Of(right), Scalars.One);

    /// <inheritdoc cref="Plus(Tensor, double)"/>
    public static Tensor Plus(this Tensor left, long right) => left.add(Scalars.Of(right), Scalars.One);

    /// <summary><c>left += right</c>, in the left one's memory.</summary>
    /// <param name="left">Any shape.</param>
    /// <param name="right">A shape that broadcasts to the left one's.</param>
    /// <returns><paramref name="left"/>.</returns>
    public static Tensor AddInPlace(this Tensor left, Tensor right) => left.add_(right, Scalars.One);

    /// <summary><c>left - right</c>.</summary>
    /// <param name="left">Any shape.</param>
    /// <param name="right">Is subtracted from every element.</param>
    public static Tensor Minus(this Tensor left, double right) => left.sub(Scalars.Of(right));

    /// <inheritdoc cref="Minus(Tensor, double)"/>
    public static Tensor Minus(this Tensor left, long right) => left.sub(Scalars.Of(right));

    /// <summary><c>whole - tensor</c>: what remains of a number.</summary>
    /// <param name="tensor">Any shape.</param>
    /// <param name="whole">What every element is subtracted from.</param>
    public static Tensor SubtractedFrom(this Tensor tensor, double whole)
    {
        using var negative = tensor.negative();
        return negative.Plus(whole);
    }

    /// <inheritdoc cref="SubtractedFrom(Tensor, double)"/>
    public static Tensor SubtractedFrom(this Tensor tensor, long whole)
    {
        using var negative = tensor.negative();
        return negative.Plus(whole);
    }

    /// <summary><c>left * right</c>.</summary>
    /// <param name="left">Any shape.</param>
    /// <param name="right">What every element is multiplied by.</param>
    public static Tensor Times(this Tensor left, double right) => left.mul(Scalars.Of(right));

    /// <inheritdoc cref="Times(Tensor, double)"/>
    public static Tensor Times(this Tensor left, long right) => left.mul(Scalars.Of(right));

    /// <summary><c>left / right</c>; the quotient of integers is a floating-point number.</summary>
    /// <param name="left">Any shape.</param>
    /// <param name="right">What every element is divided by.</param>
    public static Tensor DividedBy(this Tensor left, double right) => left.div(Scalars.Of(right));

    /// <inheritdoc cref="DividedBy(Tensor, double)"/>
    public static Tensor DividedBy(this Tensor left, long right) => left.div(Scalars.Of(right));

    /// <summary>The numbers from <paramref name="start"/> to <paramref name="stop"/> − 1, <c>[stop − start]</c>, as of <c>arange</c>.</summary>
    /// <param name="start">The first number.</param>
    /// <param name="stop">The number after the last.</param>
    /// <param name="dtype">The type of the numbers.</param>
    /// <param name="device">Where they are put.</param>
    public static Tensor Range(long start, long stop, ScalarType dtype = ScalarType.Int64, Device? device = null) =>
        arange(Scalars.Of(start), Scalars.Of(stop), Scalars.One, dtype, device);
}

/// <summary>
/// Numbers for TorchSharp's functions that take a <see cref="Scalar"/>, such as <c>clamp</c>, <c>gt</c>, <c>full</c> and <c>arange</c>:
/// <c>x.gt(Scalars.Of(0))</c> instead of <c>x.gt(0)</c>; see <see cref="TensorArithmetic"/> for the reason.
/// </summary>
public static class Scalars
{
    // Far more than one call takes, so that what is dropped was passed to a call that is long over.
    private const int Kept = 64;

    [ThreadStatic]
    private static Recent? _recent;

    /// <summary>1, for the factor that sums have.</summary>
    public static Scalar One { get; } = 1L.ToScalar();

    /// <summary>A floating-point number, for one call on this thread: it lives until 64 more have been made there.</summary>
    /// <param name="value">Any value.</param>
    public static Scalar Of(double value) => Keep(value.ToScalar());

    /// <summary>A whole number, for one call on this thread: it lives until 64 more have been made there.</summary>
    /// <param name="value">Any value.</param>
    public static Scalar Of(long value) => Keep(value.ToScalar());

    /// <summary>A truth value, for one call on this thread: it lives until 64 more have been made there.</summary>
    /// <param name="value">Either value.</param>
    public static Scalar Of(bool value) => Keep(value.ToScalar());

    private static Scalar Keep(Scalar scalar)
    {
        var recent = _recent ??= new Recent();
        recent.Ring[recent.Next++ % Kept] = scalar;
        return scalar;
    }

    private sealed class Recent
    {
        public readonly Scalar?[] Ring = new Scalar?[Kept];
        public uint Next;
    }
}
