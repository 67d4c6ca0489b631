using System.Globalization;
using System.Text;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>A table of a report.</summary>
/// <param name="Columns">The columns' headings.</param>
/// <param name="Rows">The cells, row by row, as many as there are columns.</param>
public sealed record ReportTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>The table in Markdown, aligned so that the text is readable as it is.</summary>
    public string ToMarkdown()
    {
        var widths = Columns.Select((c, i) => Math.Max(3, Rows.Select(r => Escape(r[i]).Length).Append(c.Length).Max())).ToList();
        var text = new StringBuilder();
        Append(Columns);
        text.Append('|');
        for (int i = 0; i < widths.Count; i++)
        {
            text.Append(i == 0 ? $" {new string('-', widths[i])} |" : $" {new string('-', widths[i] - 1)}: |");
        }

        text.Append('\n');
        foreach (var row in Rows)
        {
            Append(row);
        }

        return text.ToString();

        void Append(IReadOnlyList<string> cells)
        {
            text.Append('|');
            for (int i = 0; i < widths.Count; i++)
            {
                string cell = Escape(cells[i]);
                text.Append(' ').Append(i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i])).Append(" |");
            }

            text.Append('\n');
        }
    }

    private static string Escape(string cell) => cell.Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ');
}

/// <summary>Numbers as reports write them.</summary>
internal static class ReportNumber
{
    /// <summary>Two decimals; a dash where there is no value.</summary>
    public static string Format(double value) => double.IsFinite(value) ? value.ToString("0.00", CultureInfo.InvariantCulture) : "–";
}
