using System.Globalization;

namespace Sam2.Cli.Prompts;

/// <summary>A click, as <c>--point X,Y[,LABEL]</c> gives it.</summary>
/// <param name="X">From the left.</param>
/// <param name="Y">From the top.</param>
/// <param name="Label">1 on the object (the default), 0 on what does not belong to it.</param>
public sealed record PointArgument(Coordinate X, Coordinate Y, int Label)
{
    /// <summary>Reads a point.</summary>
    /// <param name="text"><c>X,Y</c> or <c>X,Y,LABEL</c>.</param>
    /// <exception cref="FormatException">The text is no point; the message says which part and what is expected.</exception>
    public static PointArgument Parse(string text)
    {
        var parts = text.Split(',');
        if (parts.Length is < 2 or > 3)
        {
            throw new FormatException($"--point '{text}' has {parts.Length} number{(parts.Length == 1 ? "" : "s")}; it takes X,Y or X,Y,LABEL, such as 120,85 or 120,85,0");
        }

        var label = 1;
        if (parts.Length == 3 && !(int.TryParse(parts[2].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out label) && label is 0 or 1))
        {
            throw new FormatException($"--point '{text}': the label '{parts[2]}' must be 1 (on the object) or 0 (not on it)");
        }

        return new PointArgument(CoordinateOf(text, "X", parts[0]), CoordinateOf(text, "Y", parts[1]), label);
    }

    private static Coordinate CoordinateOf(string text, string name, string part) =>
        Coordinate.TryParse(part, out var coordinate)
            ? coordinate
            : throw new FormatException($"--point '{text}': {name} '{part}' is not a number of pixels or a percentage");

    /// <inheritdoc/>
    public override string ToString() => $"{X},{Y},{Label}";
}
