using System.Globalization;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>Numbers as reports write them.</summary>
internal static class ReportNumber
{
    /// <summary>Two decimals; a dash for what there is no value of.</summary>
    public static string Format(double value) => double.IsFinite(value) ? value.ToString("0.00", CultureInfo.InvariantCulture) : "–";
}
