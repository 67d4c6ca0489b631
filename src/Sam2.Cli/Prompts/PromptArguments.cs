using System.Globalization;
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
                throw new CliException($"--point {points[i]} lies in none of the {boxes.Count} boxes, so it is not clear which object it belongs to");
            }
        }

        return [.. edges.Select(box => new ObjectPrompt { Points = [.. clicks.Where(click => Contains(box, click))], Box = box })];
    }

    private static PointPrompt ToPixels(PointArgument point, int width, int height)
    {
        var (x, y) = (point.X.ToPixels(width), point.Y.ToPixels(height));
        return x >= 0 && x <= width && y >= 0 && y <= height
            ? new PointPrompt((float)x, (float)y, point.Label == 1)
            : throw new CliException($"--point {point} lies outside the image, which is {width} pixels wide and {height} high");
    }

    private static BoxPrompt ToPixels(BoxArgument box, int width, int height)
    {
        var (x0, y0, x1, y1) = (box.X0.ToPixels(width), box.Y0.ToPixels(height), box.X1.ToPixels(width), box.Y1.ToPixels(height));
        if (x0 >= x1 || y0 >= y1)
        {
            throw new CliException(
                $"--box {box} is empty: {Text(x0)},{Text(y0)} to {Text(x1)},{Text(y1)} in pixels of the image of {width} by {height}");
        }

        // A box that was drawn a little over the edge of the image is still a box around an object in it.
        return x0 < width && y0 < height && x1 > 0 && y1 > 0
            ? new BoxPrompt((float)x0, (float)y0, (float)x1, (float)y1)
            : throw new CliException($"--box {box} lies outside the image, which is {width} pixels wide and {height} high");
    }

    private static bool Contains(BoxPrompt box, PointPrompt click) =>
        click.X >= box.X0 && click.X <= box.X1 && click.Y >= box.Y0 && click.Y <= box.Y1;

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
