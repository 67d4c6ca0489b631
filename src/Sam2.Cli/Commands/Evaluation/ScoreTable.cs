using System.Globalization;
using System.Text;
using Sam2.Torch.Evaluation.Reports;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>The scores of a report's objects, a line each, as the benchmarks' own tools print them.</summary>
internal static class ScoreTable
{
    private static readonly string[] Columns = [MetricNames.JAndF, MetricNames.J, MetricNames.F];

    public static string Of(Report report)
    {
        int width = report.Items.Select(i => i.Video.Length).Append("video".Length).Max();
        var text = new StringBuilder();
        text.Append("video".PadRight(width)).Append("  object");
        foreach (var column in Columns) text.Append(column.PadLeft(8));
        text.AppendLine();
        foreach (var item in report.Items)
        {
            text.Append(item.Video.PadRight(width)).Append("  ").Append(item.Object.PadRight(6));
            foreach (var column in Columns) text.Append(CultureInfo.InvariantCulture, $"{item.Values[column],8:0.00}");
            text.AppendLine();
        }

        return text.ToString();
    }
}
