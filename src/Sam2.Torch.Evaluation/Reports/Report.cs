namespace Sam2.Torch.Evaluation.Reports;

/// <summary>What an evaluation found, as report.json holds it. All scores are in percent.</summary>
/// <param name="Kind">The protocol: <c>vos</c>, <c>interactive</c>, <c>image</c>, or <c>score</c> for predictions from elsewhere.</param>
/// <param name="Title">A heading for people.</param>
/// <param name="Settings">Everything that was chosen, by name.</param>
/// <param name="Metrics">The scores of the whole data set, those that matter most first.</param>
/// <param name="Items">The scores of every object of every video, or of every object of every image.</param>
public sealed record Report(
    string Kind, string Title, IReadOnlyDictionary<string, string> Settings, IReadOnlyDictionary<string, double> Metrics, IReadOnlyList<ReportItem> Items)
{
    /// <summary>The kind of reports of predictions from elsewhere.</summary>
    public const string ScoreKind = "score";

    /// <summary>How fast it was and how much memory it took: the model, or where predictions come from elsewhere, scoring them.</summary>
    public ReportSpeed? Speed { get; init; }

    /// <summary>The scores of every video or image that has objects, in the data set's order.</summary>
    public IReadOnlyList<ReportGroup> Videos { get; init; } = [];

    /// <summary>The scores of groups of objects.</summary>
    public IReadOnlyList<ReportBreakdown> Breakdowns { get; init; } = [];

    /// <summary>Scores as they depend on something.</summary>
    public IReadOnlyList<ReportChart> Charts { get; init; } = [];

    /// <summary>Where it went most wrong, worst first; at most one frame per object.</summary>
    public IReadOnlyList<WorstCase> WorstCases { get; init; } = [];

    /// <summary>Whether predictions from elsewhere were scored, whose own speed isn't known.</summary>
    internal bool IsOfPredictions => Kind == ScoreKind;

    /// <summary>The line that every evaluation ends with, such as <c>J&amp;F 54.64  J 50.11  F 59.17</c>.</summary>
    public string Headline() => string.Join("  ", new[] { MetricNames.JAndF, MetricNames.J, MetricNames.F }
        .Select(name => $"{name} {ReportNumber.Format(Metrics[name])}"));
}
