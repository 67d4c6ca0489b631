using static TorchSharp.torch;

namespace Sam2.Torch.Tracking.Policies;

/// <summary>A box around a mask, in pixels of the mask, from its left and top edge to its right and bottom one.</summary>
/// <param name="Left">Left edge.</param>
/// <param name="Top">Top edge.</param>
/// <param name="Right">Right edge: a box of one column is 1 wide.</param>
/// <param name="Bottom">Bottom edge.</param>
public readonly record struct MaskBox(double Left, double Top, double Right, double Bottom)
{
    private double Area => Math.Max(0, Right - Left) * Math.Max(0, Bottom - Top);

    /// <summary>The boxes of masks.</summary>
    /// <param name="logits">Mask logits, <c>[M, h, w]</c>; a pixel above 0 belongs to the mask.</param>
    /// <returns>M boxes; null for an empty mask.</returns>
    public static IReadOnlyList<MaskBox?> Of(Tensor logits)
    {
        ArgumentNullException.ThrowIfNull(logits);
        using var scope = NewDisposeScope();
        var inside = logits.gt(Scalars.Of(0));
        var (height, width) = ((int)logits.size(1), (int)logits.size(2));
        var columns = inside.any(1).to(uint8).cpu().contiguous().data<byte>().ToArray();
        var rows = inside.any(2).to(uint8).cpu().contiguous().data<byte>().ToArray();
        var boxes = new MaskBox?[logits.size(0)];
        for (var i = 0; i < boxes.Length; i++)
        {
            ReadOnlySpan<byte> across = columns.AsSpan(i * width, width), down = rows.AsSpan(i * height, height);
            if (across.IndexOf((byte)1) is var left && left < 0) continue;
            boxes[i] = new MaskBox(left, down.IndexOf((byte)1), across.LastIndexOf((byte)1) + 1, down.LastIndexOf((byte)1) + 1);
        }

        return boxes;
    }

    /// <summary>Intersection over union, from 0 to 1; 0 for boxes without area.</summary>
    public double Iou(MaskBox other)
    {
        var both = new MaskBox(
            Math.Max(Left, other.Left), Math.Max(Top, other.Top), Math.Min(Right, other.Right), Math.Min(Bottom, other.Bottom)).Area;
        var either = Area + other.Area - both;
        return either > 0 ? both / either : 0;
    }

    /// <summary>The smallest box that holds this one and another.</summary>
    public MaskBox Union(MaskBox other) =>
        new(Math.Min(Left, other.Left), Math.Min(Top, other.Top), Math.Max(Right, other.Right), Math.Max(Bottom, other.Bottom));
}

/// <summary>
/// A Kalman filter with constant velocity on the centre, width and height of a box: the state x, y, w, h and their change per frame of
/// SAMURAI (arXiv 2411.11922, section 4.1).
/// </summary>
/// <remarks>
/// The paper gives no noise. It is that of DeepSORT (arXiv 1703.07402), whose filter the public code has: proportional to the size of the
/// box, width for x and w, height for y and h. As no quantity is coupled to another one, the filter of eight states is four filters of two.
/// </remarks>
public sealed class KalmanBoxFilter
{
    private const double PositionNoise = 1.0 / 20, VelocityNoise = 1.0 / 160;

    private readonly Quantity[] _state = new Quantity[4];

    /// <summary>Starts at a box, at rest.</summary>
    public KalmanBoxFilter(MaskBox box)
    {
        var measured = Measured(box);
        for (var i = 0; i < 4; i++)
        {
            var size = SizeFor(i, measured[2], measured[3]);
            _state[i] = new Quantity(measured[i], 0, Square(2 * PositionNoise * size), 0, Square(10 * VelocityNoise * size));
        }
    }

    /// <summary>Goes on with numbers that <see cref="Numbers"/> gave.</summary>
    internal KalmanBoxFilter(IReadOnlyList<double> numbers)
    {
        for (var i = 0; i < 4; i++)
            _state[i] = new Quantity(numbers[5 * i], numbers[5 * i + 1], numbers[5 * i + 2], numbers[5 * i + 3], numbers[5 * i + 4]);
    }

    /// <summary>The box that is expected now.</summary>
    public MaskBox Box
    {
        get
        {
            var (x, y, w, h) = (_state[0].Value, _state[1].Value, Math.Max(0, _state[2].Value), Math.Max(0, _state[3].Value));
            return new MaskBox(x - w / 2, y - h / 2, x + w / 2, y + h / 2);
        }
    }

    /// <summary>Centre, width and height per frame.</summary>
    public (double X, double Y, double Width, double Height) Velocity =>
        (_state[0].Velocity, _state[1].Velocity, _state[2].Velocity, _state[3].Velocity);

    /// <summary>The filter's state: for x, y, w and h their value, velocity, and variance of the value, covariance, variance of the velocity.</summary>
    internal double[] Numbers => [.. _state.SelectMany(q => new[] { q.Value, q.Velocity, q.ValueVariance, q.Covariance, q.VelocityVariance })];

    /// <summary>Goes one frame on.</summary>
    public void Predict()
    {
        var (width, height) = (_state[2].Value, _state[3].Value);
        for (var i = 0; i < 4; i++)
        {
            var (q, size) = (_state[i], SizeFor(i, width, height));
            _state[i] = new Quantity(
                q.Value + q.Velocity,
                q.Velocity,
                q.ValueVariance + 2 * q.Covariance + q.VelocityVariance + Square(PositionNoise * size),
                q.Covariance + q.VelocityVariance,
                q.VelocityVariance + Square(VelocityNoise * size));
        }
    }

    /// <summary>Takes the box into account that was seen.</summary>
    public void Update(MaskBox box)
    {
        var measured = Measured(box);
        var (width, height) = (_state[2].Value, _state[3].Value);
        for (var i = 0; i < 4; i++)
        {
            var q = _state[i];
            var total = q.ValueVariance + Square(PositionNoise * SizeFor(i, width, height));
            var (gain, velocityGain, surprise) = (q.ValueVariance / total, q.Covariance / total, measured[i] - q.Value);
            _state[i] = new Quantity(
                q.Value + gain * surprise,
                q.Velocity + velocityGain * surprise,
                q.ValueVariance - gain * q.ValueVariance,
                q.Covariance - gain * q.Covariance,
                q.VelocityVariance - velocityGain * q.Covariance);
        }
    }

    private static double[] Measured(MaskBox box) =>
        [(box.Left + box.Right) / 2, (box.Top + box.Bottom) / 2, box.Right - box.Left, box.Bottom - box.Top];

    /// <summary>What the noise of a quantity is proportional to; a box never gets so small that there is none.</summary>
    private static double SizeFor(int quantity, double width, double height) => Math.Max(1, quantity % 2 == 0 ? width : height);

    private static double Square(double value) => value * value;

    private readonly record struct Quantity(double Value, double Velocity, double ValueVariance, double Covariance, double VelocityVariance);
}
