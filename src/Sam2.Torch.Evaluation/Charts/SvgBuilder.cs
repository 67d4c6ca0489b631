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
