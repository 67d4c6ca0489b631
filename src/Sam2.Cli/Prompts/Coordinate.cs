using System.Globalization;

namespace Sam2.Cli.Prompts;

/// <summary>A coordinate on the command line: pixels, or percent of the image's width or height.</summary>
/// <param name="Value">The number as written, without the percent sign.</param>
/// <param name="IsPercent">Whether it is a percentage.</param>
public readonly record struct Coordinate(double Value, bool IsPercent)
{
    /// <summary>The coordinate in pixels.</summary>
    /// <param name="size">The image's width or height in pixels.</param>
    public double ToPixels(int size) => IsPercent ? Value / 100 * size : Value;

    /// <summary>Reads <c>12</c>, <c>12.5</c> or <c>50%</c>; refuses anything that is not a finite number.</summary>
    /// <param name="text">One coordinate.</param>
    /// <param name="coordinate">The result where it can be read.</param>
    public static bool TryParse(string text, out Coordinate coordinate)
    {
        text = text.Trim();
        var percent = text.EndsWith('%');
        var number = percent ? text[..^1] : text;
        var read = double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value);
        coordinate = new Coordinate(value, percent);
        return read;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture) + (IsPercent ? "%" : "");
}
