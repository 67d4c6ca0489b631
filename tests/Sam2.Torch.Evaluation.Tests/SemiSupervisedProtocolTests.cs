using NUnit.Framework;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Modeling;
using TestSupport;

namespace Sam2.Torch.Evaluation.Tests;

public class SemiSupervisedProtocolTests
{
    private Sam2Model _model = null!;

    [OneTimeSetUp]
    public void Load() => _model = TestModels.Nano();

    [OneTimeTearDown]
    public void Free() => _model.Dispose();

    [Test]
    public void Predictions_from_the_first_frames_masks_equal_the_originals()
    {
        var results = new List<VideoResult>();
        foreach (var video in GoldenVideo.All)
        {
            var sink = new MemorySink();
            results.Add(Run(video, PromptKind.Mask, sink));
            for (int frame = 0; frame < GoldenVideo.Frames; frame++)
            {
                foreach (var (id, expected) in video.Tracked(frame).Where(o => o.Value.Area > 50))
                {
                    Assert.That(sink.Frames[frame][id].Iou(expected), Is.GreaterThanOrEqualTo(0.99), $"{video.Name}, frame {frame}, object {id}");
                }
            }
        }

        // The scores of the original's predictions, from golden/evaluation/scores.json.
        var report = Report(results);
        Assert.That(report.Metrics[MetricNames.JAndF], Is.EqualTo(73.89758685237724).Within(0.1));
        Assert.That(report.Metrics[MetricNames.J], Is.EqualTo(73.47780807357452).Within(0.1));
        Assert.That(report.Metrics[MetricNames.F], Is.EqualTo(74.31736563117997).Within(0.1));
    }

    [Test]
    public void Objects_are_followed_from_every_kind_of_prompt([Values] PromptKind prompt)
    {
        var result = Run(new DrawnAnnotatedVideo("demo", 6), prompt);
        var objects = result.Rounds.Single().Objects;
        Assert.That(objects.Select(o => o.Object), Is.EqualTo((string[])["1", "2", "3"]));
        Assert.That(objects.Select(o => o.Prompted), Is.All.EqualTo((string[])["00000"]));
        Assert.That(objects.Average(o => o.Frames.Average(f => f.J)), Is.GreaterThan(0.7));
        Assert.That(result.Speed!.Frames, Is.EqualTo(6));
    }

    [Test]
    public void The_same_run_gives_the_same_numbers()
    {
        var first = Scores(Run(new DrawnAnnotatedVideo("demo", 4), PromptKind.Click3));
        var second = Scores(Run(new DrawnAnnotatedVideo("demo", 4), PromptKind.Click3));
        Assert.That(second, Is.EqualTo(first));
    }

    [Test]
    public void An_object_that_appears_later_is_prompted_there_and_has_no_mask_before()
    {
        var sink = new MemorySink();
        var late = Run(new DrawnAnnotatedVideo("late", 6, firstFrames: new Dictionary<int, int> { [3] = 3 }), PromptKind.Mask, sink).Rounds[0].Objects;
        Assert.That(late.Single(o => o.Object == "3").Prompted, Is.EqualTo((string[])["00003"]));
        Assert.That(Enumerable.Range(0, 6).Select(f => sink.Frames[f].ContainsKey(3)), Is.EqualTo((bool[])[false, false, false, true, true, true]));
        Assert.That(late.Single(o => o.Object == "3").Frames.Skip(3).Average(f => f.J), Is.GreaterThan(0.7));

        // Objects don't influence each other: the others are what they are without it.
        var sinkOfAll = new MemorySink();
        Run(new DrawnAnnotatedVideo("all", 6, overlap: true), PromptKind.Mask, sinkOfAll);
        for (int frame = 0; frame < 6; frame++)
        {
            Assert.That(sink.Frames[frame][1].Iou(sinkOfAll.Frames[frame][1]), Is.GreaterThan(0.999), $"frame {frame}");
        }
    }

    [Test]
    public void A_video_whose_objects_all_appear_late_begins_with_empty_predictions()
    {
        var sink = new MemorySink();
        Run(new DrawnAnnotatedVideo("late", 5, firstFrames: new Dictionary<int, int> { [1] = 2, [2] = 2, [3] = 3 }), PromptKind.Box, sink);
        Assert.That(Enumerable.Range(0, 5).Select(f => sink.Frames[f].Count), Is.EqualTo((int[])[0, 0, 2, 3, 3]));
    }

    [Test]
    public void Frames_without_annotation_are_predicted_but_not_scored()
    {
        var sink = new MemorySink();
        var result = Run(new DrawnAnnotatedVideo("sparse", 7, stride: 3, overlap: true), PromptKind.Mask, sink);
        Assert.That(sink.Frames, Has.Count.EqualTo(7));
        Assert.That(result.Rounds[0].Objects[0].Object, Is.EqualTo("001"));
        Assert.That(result.Rounds[0].Objects[0].Frames.Select(f => f.Frame), Is.EqualTo((string[])["00000", "00003", "00006"]));
    }

    [Test]
    public void A_video_of_which_only_the_first_frame_is_public_is_predicted_and_has_no_score()
    {
        var sink = new MemorySink();
        var report = Report([Run(new DrawnAnnotatedVideo("challenge", 4, stride: 100), PromptKind.Mask, sink)]);
        Assert.That(sink.Frames.Values.Select(masks => masks.Count), Is.All.EqualTo(3));
        Assert.That(report.Headline(), Is.EqualTo("J&F –  J –  F –"));
        Assert.That(ReportWriter.ToHtml(report, []), Does.Contain("J&amp;F –"));
        Assert.That(ReportWriter.ToMarkdown(report), Does.Contain("| J&F      |     – |"));
    }

    [Test]
    public void Cancelling_ends_between_two_frames_and_leaves_no_tensor()
    {
        using var cancel = new CancellationTokenSource();
        long before = TorchSharp.torch.Tensor.TotalCount;
        Assert.That(
            () => new SemiSupervisedProtocol(new()).Run(_model, new DrawnAnnotatedVideo("demo", 6), new VideoObserver(
                Progress: new CancelAt(0.4, cancel), CancellationToken: cancel.Token)),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(TorchSharp.torch.Tensor.TotalCount, Is.LessThanOrEqualTo(before));
    }

    private VideoResult Run(Sam2.Torch.Data.IAnnotatedVideo video, PromptKind prompt, MemorySink? sink = null) =>
        new SemiSupervisedProtocol(new SemiSupervisedOptions { Prompt = prompt }).Run(_model, video, new VideoObserver(sink));

    private sealed class CancelAt(double part, CancellationTokenSource cancel) : IProgress<double>
    {
        public void Report(double value)
        {
            if (value > part) cancel.Cancel();
        }
    }

    private static Report Report(IReadOnlyList<VideoResult> results) =>
        VideoReport.Create("vos", "", new Dictionary<string, string>(), results, skipFirstAndLast: true);

    private static double[] Scores(VideoResult result) => [.. result.Rounds[0].Objects.SelectMany(o => o.Frames.Select(f => f.J + f.F))];
}
