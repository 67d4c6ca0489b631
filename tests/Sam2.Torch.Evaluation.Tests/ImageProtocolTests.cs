using NUnit.Framework;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Masks;
using Sam2.Torch.Prediction;
using TestSupport;

namespace Sam2.Torch.Evaluation.Tests;

public class ImageProtocolTests : ShippedModelTests
{
    [Test]
    public void Every_figure_is_that_of_the_image_predictor_with_the_same_prompts()
    {
        var video = GoldenVideo.All[0];
        var sink = new MemorySink();
        var result = Run(video, new ImageProtocolOptions { Clicks = 5, FrameStride = 100 }, sink);
        Assert.That(result.Objects.Select(o => (o.Frame, o.Object)), Is.EqualTo((IEnumerable<(string, string)>)[("00000", "1"), ("00000", "2"), ("00000", "3")]));

        using var predictor = new ImagePredictor(Model);
        predictor.SetImage(video.ReadFrame(0));
        using var scope = TorchSharp.torch.NewDisposeScope();
        foreach (var (id, truth) in video.ReadMasks(0))
        {
            var measured = result.Objects.Single(o => o.Object == $"{id}");
            var click = SimulatedUser.NextClick(truth)!.Value;
            using var first = predictor.Predict(ObjectPrompt.FromPoints(click), multimask: true);
            var masks = BinaryMask.FromTensors(first.Masks);
            int best = (int)first.Scores.argmax().item<long>();
            Assert.That(measured.ClickIous[0], Is.EqualTo(masks[best].Iou(truth)));
            Assert.That(measured.OracleIou, Is.EqualTo(masks.Max(m => m.Iou(truth))));
            Assert.That(measured.ClickBoundaryIous[0], Is.EqualTo(MaskMetrics.BoundaryIou(masks[best], truth)));
            Assert.That(measured.J, Is.EqualTo(measured.ClickIous[0]));
            Assert.That(measured.F, Is.EqualTo(MaskMetrics.BoundaryAccuracy(masks[best], truth)));
            Assert.That(measured.Area, Is.EqualTo(truth.Area));

            // The second click refines the chosen answer.
            var logits = first.LowResLogits[0][best];
            using var second = predictor.Predict(
                new ObjectPrompt { Points = [click, SimulatedUser.NextClick(truth, masks[best])!.Value], MaskLogits = logits }, multimask: false);
            Assert.That(BinaryMask.FromTensor(second.Masks).Iou(truth), Is.EqualTo(measured.ClickIous[1]).Within(1e-3));

            using var box = predictor.Predict(new ObjectPrompt { Box = SimulatedUser.Box(truth) }, multimask: false);
            Assert.That(BinaryMask.FromTensor(box.Masks).Iou(truth), Is.EqualTo(measured.BoxIou).Within(1e-3));
        }

        Assert.That(sink.Frames.Keys, Is.EqualTo((int[])[0]));
        Assert.That(sink.Frames[0].Keys, Is.EqualTo((int[])[1, 2, 3]));
    }

    [Test]
    public void A_report_has_curves_oracle_clicks_needed_and_failures()
    {
        var result = Run(new DrawnAnnotatedVideo("demo", 4), new ImageProtocolOptions { Prompt = PromptKind.Box, Clicks = 10, FrameStride = 2 });
        Assert.That(result.Objects, Has.Count.EqualTo(6));
        Assert.That(result.Objects.Select(o => o.ClickIous.Count), Is.All.EqualTo(10));
        Assert.That(result.Objects.Select(o => o.OracleIou - o.ClickIous[0]), Is.All.Not.Negative);
        Assert.That(result.Objects.Select(o => o.J), Is.EqualTo(result.Objects.Select(o => o.BoxIou)));

        var report = ImageReport.Create("", new Dictionary<string, string>(), [result]);
        Assert.That(report.Metrics["mIoU@1"], Is.GreaterThan(50));
        Assert.That(report.Metrics["mIoU box"], Is.EqualTo(report.Metrics["J"]));
        Assert.That(report.Metrics["oracle mIoU@1"], Is.GreaterThanOrEqualTo(report.Metrics["mIoU@1"]));
        Assert.That(report.Metrics.ContainsKey("mIoU@20"), Is.False);
        Assert.That(report.Metrics["failures@90"], Is.EqualTo(result.Objects.Count(o => o.ClickIous.All(iou => iou < 0.9))));
        Assert.That(report.Charts[0].Series[0].Points, Has.Count.EqualTo(10));
        Assert.That(report.Videos.Select(v => (v.Name, v.Objects, v.Values["J"])), Is.EqualTo((IEnumerable<(string, int, double)>)[("demo", 6, report.Metrics["J"])]));
        Assert.That(report.Headline(), Does.Match(@"^J&F \d+\.\d\d  J \d+\.\d\d  F \d+\.\d\d$"));
    }

    [Test]
    public void No_tensor_is_left()
    {
        long before = TorchSharp.torch.Tensor.TotalCount;
        Run(new DrawnAnnotatedVideo("demo", 2), new ImageProtocolOptions { Clicks = 3 });
        Assert.That(TorchSharp.torch.Tensor.TotalCount, Is.LessThanOrEqualTo(before));
    }

    [Test]
    public void Options_that_make_no_sense_are_refused()
    {
        Assert.That(() => new ImageProtocol(new() { Prompt = PromptKind.Mask }), Throws.ArgumentException.With.Message.Contains("box"));
        Assert.That(() => new ImageProtocol(new() { Prompt = PromptKind.Click5, Clicks = 3 }), Throws.ArgumentException.With.Message.Contains("5"));
    }

    [TestCase(new[] { 0.5, 0.86, 0.7, 0.9 }, 0.85, 2, false)]
    [TestCase(new[] { 0.5, 0.86, 0.7, 0.9 }, 0.90, 4, false)]
    [TestCase(new[] { 0.5, 0.86, 0.7, 0.9 }, 0.95, 4, true)]
    public void The_number_of_clicks_is_the_first_that_reaches_the_IoU(double[] ious, double threshold, int clicks, bool failure) =>
        Assert.That(ClickCurve.NumberOfClicks(ious, threshold), Is.EqualTo((clicks, failure)));

    [Test]
    public void The_area_under_the_curve_weighs_the_ends_half()
    {
        Assert.That(ClickCurve.Area([0.2, 0.6, 1.0]), Is.EqualTo(0.6).Within(1e-12));
        Assert.That(ClickCurve.Area([0.0, 1.0, 1.0]), Is.EqualTo(0.75).Within(1e-12));
        Assert.That(ClickCurve.Area([0.4]), Is.EqualTo(0.4));
    }

    private ImageResult Run(Sam2.Torch.Data.IAnnotatedVideo video, ImageProtocolOptions options, MemorySink? sink = null) =>
        new ImageProtocol(options).Run(Model, video, new VideoObserver(sink));
}
