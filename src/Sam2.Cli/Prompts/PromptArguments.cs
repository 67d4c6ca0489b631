using System.Globalization;
using Sam2.Torch.Masks;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Prompts;

/// <summary>Makes prompts in pixels of the points and boxes of a command line, once the image's size is known.</summary>
public static class PromptArguments
{
    /// <summary>
    /// Sorts points and boxes into objects. Without a box, all points mark one object. Each box is an object of its own;
    /// with several boxes, a point belongs to every box that it lies in.
    /// </summary>
    /// <param name="points">Clicks as given.</param>
    /// <param name="boxes">Boxes as given.</param>
    /// <param name="width">The image's width in pixels.</param>
    /// <param name="height">The image's height in pixels.</param>
    /// <returns>One prompt per object, in the order of the boxes.</returns>
    /// <exception cref="CliException">A prompt lies outside the image, a box is empty, or a point lies in none of several boxes.</exception>
    public static IReadOnlyList<ObjectPrompt> Resolve(
        IReadOnlyList<PointArgument> points, IReadOnlyList<BoxArgument> boxes, int width, int height)
    {
        var clicks = points.Select(point => ToPixels(point, width, height)).ToArray();
        if (boxes.Count == 0)
        {
            return [new ObjectPrompt { Points = clicks }];
        }

        var edges = boxes.Select(box => ToPixels(box, width, height)).ToArray();
        if (boxes.Count == 1)
        {
            return [new ObjectPrompt { Points = clicks, Box = edges[0] }];
        }

        for (var i = 0; i < clicks.Length; i++)
        {
            if (!edges.Any(box => Contains(box, clicks[i])))
            {
                throw new CliException($"point {points[i]} lies in none of the {boxes.Count} boxes, so it is not clear which object it belongs to");
            }
        }

        return [.. edges.Select(box => new ObjectPrompt { Points = [.. clicks.Where(click => Contains(box, click))], Box = box })];
    }

    private static PointPrompt ToPixels(PointArgument point, int width, int height)
    {
        var (x, y) = (point.X.ToPixels(width), point.Y.ToPixels(height));
        return x >= 0 && x <= width && y >= 0 && y <= height
            ? new PointPrompt((float)x, (float)y, point.Label == 1)
            : throw new CliException($"point {point} lies outside the image, which is {width} pixels wide and {height} high");
    }

    private static BoxPrompt ToPixels(BoxArgument box, int width, int height)
    {
        var (x0, y0, x1, y1) = (box.X0.ToPixels(width), box.Y0.ToPixels(height), box.X1.ToPixels(width), box.Y1.ToPixels(height));
        if (x0 >= x1 || y0 >= y1)
        {
            throw new CliException(
                $"box {box} is empty: {Text(x0)},{Text(y0)} to {Text(x1)},{Text(y1)} in pixels of the image of {width} by {height}");
        }

        // A box that was drawn a little over the edge of the image is still a box around an object in it.
        return x0 < width && y0 < height && x1 > 0 && y1 > 0
            ? new BoxPrompt((float)x0, (float)y0, (float)x1, (float)y1)
            : throw new CliException($"box {box} lies outside the image, which is {width} pixels wide and {height} high");
    }

    private static bool Contains(BoxPrompt box, PointPrompt click) =>
        click.X >= box.X0 && click.X <= box.X1 && click.Y >= box.Y0 && click.Y <= box.Y1;

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}

/// <summary>A click, as <c>--point X,Y[,LABEL]</c> gives it.</summary>
/// <param name="X">From the left.</param>
/// <param name="Y">From the top.</param>
/// <param name="Label">1 on the object (the default), 0 on what does not belong to it.</param>
public sealed record PointArgument(Coordinate X, Coordinate Y, int Label)
{
    /// <summary>Reads a point.</summary>
    /// <param name="text"><c>X,Y</c> or <c>X,Y,LABEL</c>.</param>
    /// <exception cref="FormatException">The text is no point; the message says which part and what is expected.</exception>
    public static PointArgument Parse(string text) => Parse(text, "--point");

    /// <summary>Reads a point.</summary>
    /// <param name="text"><c>X,Y</c> or <c>X,Y,LABEL</c>.</param>
    /// <param name="place">Where the point was given, for the message.</param>
    /// <exception cref="FormatException">The text is no point; the message says which part and what is expected.</exception>
    public static PointArgument Parse(string text, string place)
    {
        var parts = text.Split(',');
        if (parts.Length is < 2 or > 3)
        {
            throw new FormatException($"{place} '{text}' has {parts.Length} number{(parts.Length == 1 ? "" : "s")}; it takes X,Y or X,Y,LABEL, such as 120,85 or 120,85,0");
        }

        var label = 1;
        if (parts.Length == 3 && !(int.TryParse(parts[2].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out label) && label is 0 or 1))
        {
            throw new FormatException($"{place} '{text}': the label '{parts[2]}' must be 1 (on the object) or 0 (not on it)");
        }

        return new PointArgument(CoordinateOf(place, text, "X", parts[0]), CoordinateOf(place, text, "Y", parts[1]), label);
    }

    private static Coordinate CoordinateOf(string place, string text, string name, string part) =>
        Coordinate.TryParse(part, out var coordinate)
            ? coordinate
            : throw new FormatException($"{place} '{text}': {name} '{part}' is not a number of pixels or a percentage");

    /// <inheritdoc/>
    public override string ToString() => $"{X},{Y},{Label}";
}

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
    public static BoxArgument Parse(string text) => Parse(text, "--box");

    /// <summary>Reads a box.</summary>
    /// <param name="text"><c>X0,Y0,X1,Y1</c>.</param>
    /// <param name="place">Where the box was given, for the message.</param>
    /// <exception cref="FormatException">The text is no box; the message says which part and what is expected.</exception>
    public static BoxArgument Parse(string text, string place)
    {
        var parts = text.Split(',');
        if (parts.Length != 4)
        {
            throw new FormatException($"{place} '{text}' has {parts.Length} number{(parts.Length == 1 ? "" : "s")}; it takes X0,Y0,X1,Y1, such as 60,70,190,200");
        }

        var edges = new Coordinate[4];
        for (var i = 0; i < 4; i++)
        {
            if (!Coordinate.TryParse(parts[i], out edges[i]))
            {
                throw new FormatException($"{place} '{text}': {Names[i]} '{parts[i]}' is not a number of pixels or a percentage");
            }
        }

        var box = new BoxArgument(edges[0], edges[1], edges[2], edges[3]);
        if (IsReversed(box.X0, box.X1) || IsReversed(box.Y0, box.Y1))
        {
            throw new FormatException($"{place} '{text}' is empty: X0 must be less than X1 and Y0 less than Y1");
        }

        return box;
    }

    // Pixels and percentages can only be compared once the image's size is known.
    private static bool IsReversed(Coordinate low, Coordinate high) => low.IsPercent == high.IsPercent && low.Value >= high.Value;

    /// <inheritdoc/>
    public override string ToString() => $"{X0},{Y0},{X1},{Y1}";
}

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

/// <summary>Prompts as overlays show them.</summary>
internal static class ShownPrompts
{
    /// <summary>The points and boxes of prompts; points that several share are shown once.</summary>
    /// <param name="prompts">Each prompt, in pixels of the picture, with the number of its object, which decides a box's colour.</param>
    public static OverlayPrompts Of(IEnumerable<(long Object, IReadOnlyList<PointPrompt> Points, BoxPrompt? Box)> prompts)
    {
        var list = prompts.ToList();
        return new OverlayPrompts
        {
            Points = [.. list.SelectMany(prompt => prompt.Points).Distinct().Select(p => ((double)p.X, (double)p.Y, p.IsForeground))],
            Boxes = [.. list.Where(prompt => prompt.Box is not null)
                .Select(prompt => (prompt.Object, Box: prompt.Box!.Value))
                .Select(b => ((double)b.Box.X0, (double)b.Box.Y0, (double)b.Box.X1, (double)b.Box.Y1, b.Object))],
        };
    }
}
