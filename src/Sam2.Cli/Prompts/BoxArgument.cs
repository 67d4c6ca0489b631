namespace Sam2.Cli.Prompts;

/// <summary>A box around an object, as <c>--box X0,Y0,X1,Y1</c> gives it: its left, top, right and bottom edge.</summary>
/// <param name="X0">Left edge.</param>
/// <param name="Y0">Top edge.</param>
/// <param name="X1">Right edge.</param>
/// <param name="Y1">Bottom edge.</param>
public sealed record BoxArgument(Coordinate X0, Coordinate Y0, Coordinate X1, Coordinate Y1)
{
    private static readonly string[] Names = ["X0", "Y0", "X1", "Y1"];

    /// <summary>Reads a box.</summary>
    /// <param name="text"><c>X0,Y0,X1,Y1</c>.</param>
    /// <exception cref="FormatException">The text is no box; the message says which part and what is expected.</exception>
    public static BoxArgument Parse(string text)
    {
        var parts = text.Split(',');
        if (parts.Length != 4)
        {
            throw new FormatException($"--box '{text}' has {parts.Length} number{(parts.Length == 1 ? "" : "s")}; it takes X0,Y0,X1,Y1, such as 60,70,190,200");
        }

        var edges = new Coordinate[4];
        for (var i = 0; i < 4; i++)
        {
            if (!Coordinate.TryParse(parts[i], out edges[i]))
            {
                throw new FormatException($"--box '{text}': {Names[i]} '{parts[i]}' is not a number of pixels or a percentage");
            }
        }

        var box = new BoxArgument(edges[0], edges[1], edges[2], edges[3]);
        if (IsReversed(box.X0, box.X1) || IsReversed(box.Y0, box.Y1))
        {
            throw new FormatException($"--box '{text}' is empty: X0 must be less than X1 and Y0 less than Y1");
        }

        return box;
    }

    // Pixels and percentages can only be compared once the image's size is known.
    private static bool IsReversed(Coordinate low, Coordinate high) => low.IsPercent == high.IsPercent && low.Value >= high.Value;

    /// <inheritdoc/>
    public override string ToString() => $"{X0},{Y0},{X1},{Y1}";
}
