using System.Globalization;
using System.Net;
using System.Text;
using Sam2.Torch.Media;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>A page that needs no other file: its style, charts and pictures are part of it. Readable in light and dark.</summary>
public sealed class HtmlPage
{
    private const string Style = """
        :root { color-scheme: light dark; }
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
        table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
        th, td { padding: .25rem .8rem; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); text-align: right; }
        th:first-child, td:first-child { text-align: left; }
        thead th { border-bottom-color: currentColor; }
        figure { margin: 1rem 0; } figure img { max-width: 100%; image-rendering: auto; } figcaption { opacity: .75; }
        svg { max-width: 100%; height: auto; }
        .scroll { overflow-x: auto; }
        .big { font-size: 1.6rem; font-weight: 600; }
        """;

    private readonly StringBuilder _body = new();
    private readonly string _title;

    /// <summary>Begins a page.</summary>
    /// <param name="title">Its title, also the first heading.</param>
    public HtmlPage(string title)
    {
        _title = title;
        _body.Append("<h1>").Append(WebUtility.HtmlEncode(title)).AppendLine("</h1>");
    }

    /// <summary>Adds a heading.</summary>
    public HtmlPage Heading(string text) => Add("h2", text);

    /// <summary>Adds a paragraph.</summary>
    public HtmlPage Paragraph(string text) => Add("p", text);

    /// <summary>Adds the line that matters most.</summary>
    public HtmlPage Headline(string text)
    {
        _body.Append("<p class=\"big\">").Append(WebUtility.HtmlEncode(text)).AppendLine("</p>");
        return this;
    }

    /// <summary>Adds a table; the first column is aligned to the left, the others to the right.</summary>
    /// <param name="table">The table.</param>
    public HtmlPage Table(ReportTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _body.Append("<div class=\"scroll\"><table><thead>");
        Row("th", table.Columns);
        _body.Append("</thead><tbody>");
        foreach (var row in table.Rows)
        {
            Row("td", row);
        }

        _body.AppendLine("</tbody></table></div>");
        return this;
    }

    /// <summary>Adds a chart.</summary>
    /// <param name="svg">An SVG element; it is part of the page as it is.</param>
    public HtmlPage Chart(string svg)
    {
        _body.Append("<figure>").Append(svg).AppendLine("</figure>");
        return this;
    }

    /// <summary>Adds a picture.</summary>
    /// <param name="image">The picture, embedded as PNG.</param>
    /// <param name="caption">What it shows.</param>
    public HtmlPage Picture(RgbImage image, string caption)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var png = ImageFile.EncodePng(image);
        string text = WebUtility.HtmlEncode(caption);
        _body.Append("<figure><img alt=\"").Append(text).Append("\" src=\"data:image/png;base64,")
            .Append(Convert.ToBase64String(png.AsSpan())).Append("\"><figcaption>").Append(text).AppendLine("</figcaption></figure>");
        return this;
    }

    /// <summary>The page.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{WebUtility.HtmlEncode(_title)}</title>
        <style>
        {Style}
        </style></head>
        <body>
        {_body}</body>
        </html>

        """);

    private HtmlPage Add(string element, string text)
    {
        _body.Append('<').Append(element).Append('>').Append(WebUtility.HtmlEncode(text)).Append("</").Append(element).AppendLine(">");
        return this;
    }

    private void Row(string element, IEnumerable<string> cells)
    {
        _body.Append("<tr>");
        foreach (var cell in cells)
        {
            _body.Append('<').Append(element).Append('>').Append(WebUtility.HtmlEncode(cell)).Append("</").Append(element).Append('>');
        }

        _body.Append("</tr>");
    }
}
