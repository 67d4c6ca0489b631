using NUnit.Framework;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using TestSupport;

namespace Sam2.Torch.Evaluation.Tests;

public class ReportComparisonTests
{
    [Test]
    public void Differences_are_those_of_the_same_objects()
    {
        var comparison = ReportComparison.Create(
            [("a", Report(("x", "1", 50), ("x", "2", 60), ("y", "1", 70), ("only a", "1", 0))), ("b", Report(("y", "1", 74), ("x", "1", 51), ("x", "2", 61), ("only b", "1", 99)))]);
        var difference = comparison.Differences.Single();
        Assert.That(difference.Mean, Is.EqualTo(2).Within(1e-12));
        Assert.That((difference.Videos, difference.Objects), Is.EqualTo((2, 3)));
        Assert.That(difference.Low, Is.EqualTo(1).Within(1e-12), "both draws can be x");
        Assert.That(difference.High, Is.EqualTo(4).Within(1e-12), "or y");
        Assert.That(comparison.Table().ToMarkdown(), Does.Contain("+2.00").And.Contain("+1.00 to +4.00"));
        Assert.That(comparison.ToHtml(), Does.Contain("<svg"));
    }

    [Test]
    public void An_interval_of_independent_videos_is_that_of_the_normal_distribution()
    {
        var random = new Random(5);
        var videos = Enumerable.Range(0, 400).Select(_ => (IReadOnlyList<double>)[random.NextDouble()]).ToList();
        double mean = videos.Average(v => v[0]);
        double error = Math.Sqrt(videos.Average(v => (v[0] - mean) * (v[0] - mean)) / 400);
        var (low, high) = BootstrapInterval.OfMean(videos);
        Assert.That(low, Is.EqualTo(mean - (1.96 * error)).Within(0.1 * error));
        Assert.That(high, Is.EqualTo(mean + (1.96 * error)).Within(0.1 * error));
        Assert.That(BootstrapInterval.OfMean(videos), Is.EqualTo((low, high)), "the same again");

        // Objects of one video are no independent evidence.
        var (doubleLow, doubleHigh) = BootstrapInterval.OfMean([.. videos.Select(v => (IReadOnlyList<double>)[v[0], v[0], v[0]])]);
        Assert.That(doubleHigh - doubleLow, Is.EqualTo(high - low).Within(1e-9));
    }

    [Test]
    public void How_fast_predictions_were_scored_is_not_compared()
    {
        var report = Report(("x", "1", 50)) with { Speed = new EvaluationSpeed(10, 1, 5_000_000) };
        Assert.That(ReportComparison.Create([("a", report), ("b", report)]).ToHtml(), Does.Contain("Speed against accuracy").And.Contain("<td>10.00</td>"));
        report = report with { Kind = "score" };
        Assert.That(ReportComparison.Create([("a", report), ("b", report)]).ToHtml(), Does.Not.Contain("Speed against accuracy").And.Not.Contain("<td>10.00</td>"));
    }

    [Test]
    public void What_cannot_be_compared_is_said()
    {
        var a = Report(("x", "1", 50));
        Assert.That(() => ReportComparison.Create([("a", a), ("b", a with { Kind = "image" })]), Throws.TypeOf<DatasetException>().With.Message.Contains("image"));
        Assert.That(() => ReportComparison.Create([("a", a), ("b", Report(("y", "1", 50)))]), Throws.TypeOf<DatasetException>().With.Message.Contains("in common"));
        Assert.That(() => ReportComparison.Create([("a", a), ("b", a)], "NoC@85"), Throws.TypeOf<DatasetException>().With.Message.Contains("NoC@85"));
    }

    [Test]
    public void A_report_survives_its_file_exactly_and_damaged_files_are_named()
    {
        using var folder = new TemporaryFolder();
        var report = Report(("x", "1", 100.0 / 3), ("y", "ä|2", double.NaN)) with { Speed = new EvaluationSpeed(10, 1 / 7.0, 12345) };
        ReportWriter.Write(folder.Path, report);
        var read = ReportJson.Read<Report>(folder["report.json"]);
        Assert.That(read.Items[0].Values["J&F"], Is.EqualTo(100.0 / 3));
        Assert.That(read.Items[1].Values["J&F"], Is.NaN);
        Assert.That(read.Items[1].Object, Is.EqualTo("ä|2"));
        Assert.That(read.Speed, Is.EqualTo(report.Speed));
        Assert.That(folder.Files, Is.EqualTo((string[])["report.html", "report.json", "report.md"]));

        File.WriteAllText(folder["report.json"], """{"kind": "vos"}""");
        Assert.That(() => ReportJson.Read<Report>(folder["report.json"]), Throws.TypeOf<DatasetException>().With.Message.Contains("report.json"));
        File.WriteAllText(folder["report.json"], "{\n\"kind\": 3}");
        Assert.That(
            () => ReportJson.Read<Report>(folder["report.json"]),
            Throws.TypeOf<DatasetException>().With.Message.Contains("line 2").And.Message.Contains("kind").And.Message.Not.Contains("System."));
        Assert.That(() => ReportJson.Read<Report>(folder["none.json"]), Throws.TypeOf<DatasetException>().With.Message.Contains("none.json"));
    }

    private static Report Report(params (string Video, string Object, double Score)[] objects) => new(
        "vos", "title", new Dictionary<string, string>(), new Dictionary<string, double> { ["J&F"] = 60, ["J"] = 60, ["F"] = 60 },
        [.. objects.Select(o => new ReportItem(o.Video, o.Object, new Dictionary<string, double> { ["J&F"] = o.Score }))]);
}
