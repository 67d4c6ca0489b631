using System.Globalization;
using System.Net;
using System.Text;

namespace Sam2.Torch.Evaluation.Charts;

/// <summary>Writes the few elements of SVG that charts need. Text and axes take the colour of the surrounding page's text.</summary>
internal sealed class SvgBuilder
{
    private readonly StringBuilder _text = new();

    public SvgBuilder(double width, double height, string title)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:0.#} {height:0.#}\" ");
        _text.Append(CultureInfo.InvariantCulture, $"width=\"{width:0.#}\" height=\"{height:0.#}\" role=\"img\" ");
        _text.Append("font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"currentColor\">");
        _text.Append("<title>").Append(WebUtility.HtmlEncode(title)).Append("</title>");
    }

    public void Line(double x0, double y0, double x1, double y1, string colour = "currentColor", double width = 1, double opacity = 1) => _text.Append(
        CultureInfo.InvariantCulture,
        $"<line x1=\"{x0:0.##}\" y1=\"{y0:0.##}\" x2=\"{x1:0.##}\" y2=\"{y1:0.##}\" stroke=\"{colour}\" stroke-width=\"{width:0.##}\" stroke-opacity=\"{opacity:0.##}\"/>");

    public void Polyline(IEnumerable<(double X, double Y)> points, string colour) => _text.Append(
        CultureInfo.InvariantCulture,
        $"<polyline points=\"{List(points)}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-linejoin=\"round\"/>");

    public void Area(IEnumerable<(double X, double Y)> points, string colour) => _text.Append(
        CultureInfo.InvariantCulture, $"<polygon points=\"{List(points)}\" fill=\"{colour}\" fill-opacity=\"0.18\"/>");

    public void Dot(double x, double y, string colour, string? title) => _text.Append(
        CultureInfo.InvariantCulture,
        $"<circle cx=\"{x:0.##}\" cy=\"{y:0.##}\" r=\"3.5\" fill=\"{colour}\">{(title is null ? "" : $"<title>{WebUtility.HtmlEncode(title)}</title>")}</circle>");

    public void Rectangle(double x, double y, double width, double height, string colour, string? title = null) => _text.Append(
        CultureInfo.InvariantCulture,
        $"<rect x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{width:0.##}\" height=\"{height:0.##}\" fill=\"{colour}\">{(title is null ? "" : $"<title>{WebUtility.HtmlEncode(title)}</title>")}</rect>");

    /// <param name="x">Where the text is anchored.</param>
    /// <param name="y">Its base line.</param>
    /// <param name="text">The text.</param>
    /// <param name="anchor"><c>start</c>, <c>middle</c> or <c>end</c>.</param>
    /// <param name="bold">Whether it is a heading.</param>
    /// <param name="upwards">Whether it is turned to be read from below.</param>
    public void Text(double x, double y, string text, string anchor = "start", bool bold = false, bool upwards = false)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.##}\" y=\"{y:0.##}\" text-anchor=\"{anchor}\"");
        if (bold)
        {
            _text.Append(" font-weight=\"600\" font-size=\"14\"");
        }

        if (upwards)
        {
            _text.Append(CultureInfo.InvariantCulture, $" transform=\"rotate(-90 {x:0.##} {y:0.##})\"");
        }

        _text.Append('>').Append(WebUtility.HtmlEncode(text)).Append("</text>");
    }

    public override string ToString() => _text + "</svg>";

    private static string List(IEnumerable<(double X, double Y)> points) =>
        string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.X:0.##},{p.Y:0.##}")));
}

/// <summary>The colours of series: those of Okabe and Ito, which colour-blind readers can tell apart.</summary>
internal static class ChartColours
{
    private static readonly string[] Colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999"];

    /// <summary>The colour of a series; they repeat after seven.</summary>
    public static string Of(int series) => Colours[series % Colours.Length];
}

/// <summary>Maps values to a stretch of pixels and chooses round numbers to write beside it.</summary>
internal sealed class AxisScale
{
    private readonly double _from;
    private readonly double _to;
    private readonly bool _logarithmic;

    /// <summary>A scale that shows all values.</summary>
    /// <param name="values">What has to fit; those that aren't finite are ignored.</param>
    /// <param name="from">The pixel of the lowest value.</param>
    /// <param name="to">The pixel of the highest value.</param>
    /// <param name="logarithmic">Whether equal ratios take equal space; only if all values are above 0.</param>
    /// <param name="range">The range to show, or null to fit the values with some space around them.</param>
    /// <param name="ticks">About how many numbers there is space for.</param>
    public AxisScale(IEnumerable<double> values, double from, double to, bool logarithmic = false, (double Low, double High)? range = null, int ticks = 6)
    {
        var finite = values.Where(double.IsFinite).ToList();
        (_from, _to) = (from, to);
        _logarithmic = logarithmic && finite.TrueForAll(v => v > 0);
        var (low, high) = range ?? (finite.Count == 0 ? (0, 1) : (finite.Min(), finite.Max()));
        if (high <= low)
        {
            double around = low == 0 ? 1 : Math.Abs(low) * 0.1;
            (low, high) = (low - around, high + around);
        }

        if (_logarithmic)
        {
            (Low, High, Ticks) = (low, high, LogarithmicTicks(low, high));
            return;
        }

        // Counts are whole numbers, so no tick should stand between two of them.
        bool counts = range is null && high - low >= 2 && finite.TrueForAll(double.IsInteger);
        double step = Math.Max(RoundStep((high - low) / ticks), counts ? 1 : 0);
        if (range is null)
        {
            (low, high) = (Math.Floor(low / step) * step, Math.Ceiling(high / step) * step);
        }

        (Low, High) = (low, high);
        double first = Math.Ceiling((low / step) - 1e-9);
        Ticks = [.. Enumerable.Range(0, (int)(Math.Floor((high / step) + 1e-9) - first) + 1).Select(i => (first + i) * step)];
    }

    /// <summary>The lowest value shown.</summary>
    public double Low { get; }

    /// <summary>The highest value shown.</summary>
    public double High { get; }

    /// <summary>The values that get a number.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>The pixel of a value; values outside the range go to its ends.</summary>
    public double this[double value]
    {
        get
        {
            double clamped = Math.Clamp(value, Low, High);
            double part = _logarithmic ? Math.Log(clamped / Low) / Math.Log(High / Low) : (clamped - Low) / (High - Low);
            return _from + (part * (_to - _from));
        }
    }

    /// <summary>A value as it is written beside the axis.</summary>
    public static string Format(double value) => Math.Abs(value) switch
    {
        >= 1e6 => (value / 1e6).ToString("0.##", CultureInfo.InvariantCulture) + "M",
        >= 1e4 => (value / 1e3).ToString("0.##", CultureInfo.InvariantCulture) + "k",
        < 1e-3 and > 1e-12 => value.ToString("0.#e0", CultureInfo.InvariantCulture),
        _ => Math.Round(value, 6).ToString("0.####", CultureInfo.InvariantCulture),
    };

    /// <summary>The smallest 1, 2 or 5 times a power of ten that isn't below the distance wished for.</summary>
    private static double RoundStep(double wish)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(wish)));
        double leading = wish / power;
        return power * (leading <= 1 ? 1 : leading <= 2 ? 2 : leading <= 5 ? 5 : 10);
    }

    private static List<double> LogarithmicTicks(double low, double high)
    {
        double[] leading = high / low < 30 ? [1, 2, 5] : [1];
        var ticks = new List<double>();
        for (double power = Math.Pow(10, Math.Floor(Math.Log10(low))); power <= high; power *= 10)
        {
            ticks.AddRange(leading.Select(l => l * power).Where(v => v >= low * 0.999 && v <= high * 1.001));
        }

        return ticks;
    }
}
