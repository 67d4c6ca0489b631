namespace Sam2.Torch.Evaluation.Charts;

/// <summary>The colours of series: those of Okabe and Ito, which colour-blind readers can tell apart.</summary>
internal static class ChartColours
{
    private static readonly string[] Colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999"];

    /// <summary>The colour of a series; they repeat after seven.</summary>
    public static string Of(int series) => Colours[series % Colours.Length];
}
