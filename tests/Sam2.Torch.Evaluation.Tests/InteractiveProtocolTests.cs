using NUnit.Framework;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using TestSupport;

namespace Sam2.Torch.Evaluation.Tests;

public class InteractiveProtocolTests : ShippedModelTests
{
    [Test]
    public void Offline_each_round_corrects_the_frame_that_was_worst_after_the_round_before()
    {
        var result = Run(new OfflineProtocol(new() { AnnotatedFrames = 3 }), GoldenVideo.All[0]);
        Assert.That(result.Rounds.Select(r => r.AnnotatedFrames), Is.EqualTo((int[])[1, 2, 3]));
        foreach (int o in Enumerable.Range(0, 3))
        {
            Assert.That(result.Rounds[0].Objects[o].Prompted, Is.EqualTo((string[])["00000"]));
            for (int round = 1; round < 3; round++)
            {
                var before = result.Rounds[round - 1].Objects[o];
                var annotated = result.Rounds[round].Objects[o].Prompted;
                Assert.That(annotated.SkipLast(1), Is.EqualTo(before.Prompted));
                var candidates = before.Frames.Where(f => f.IsVisible && !before.Prompted.Contains(f.Frame));
                Assert.That(annotated[^1], Is.EqualTo(candidates.MinBy(f => f.J).Frame));
            }
        }

        Assert.That(result.Speed!.Frames, Is.EqualTo(3 * GoldenVideo.Frames));
    }

    [Test]
    public void More_annotations_help_and_the_first_round_is_the_same_in_both_modes()
    {
        var options = new InteractiveOptions { AnnotatedFrames = 4 };
        var offline = Run(new OfflineProtocol(options), GoldenVideo.All[1]);
        var online = Run(new OnlineProtocol(options), GoldenVideo.All[1]);
        Assert.That(MeanJ(offline.Rounds[3]), Is.GreaterThan(MeanJ(offline.Rounds[0]) + 0.02));
        Assert.That(MeanJ(online.Rounds[3]), Is.GreaterThan(MeanJ(online.Rounds[0]) + 0.02));
        Assert.That(Js(online.Rounds[0]), Is.EqualTo(Js(offline.Rounds[0])));

        // The first round is what tracking from the same clicks gives.
        var tracked = new SemiSupervisedProtocol(new() { Prompt = PromptKind.Click3 }).Run(Model, GoldenVideo.All[1], new VideoObserver());
        Assert.That(Js(tracked.Rounds[0]).Average(), Is.EqualTo(MeanJ(offline.Rounds[0])).Within(0.01));
    }

    [Test]
    public void Online_the_pass_stops_only_below_the_threshold_and_never_more_often_than_allowed()
    {
        var result = Run(new OnlineProtocol(new() { AnnotatedFrames = 3, Threshold = 0.75 }), GoldenVideo.All[0]);
        foreach (int o in Enumerable.Range(0, 3))
        {
            var (once, last) = (result.Rounds[0].Objects[o], result.Rounds[2].Objects[o]);
            Assert.That(last.Prompted, Has.Count.InRange(1, 3));

            // Up to the first stop nothing differs; it is where the pass without corrections falls below.
            if (last.Prompted.Count > 1)
            {
                Assert.That(last.Prompted[1], Is.EqualTo(once.Frames.Skip(1).First(f => f.J < 0.75).Frame));
            }
            else
            {
                Assert.That(once.Frames.Skip(1).Select(f => f.J), Is.All.GreaterThanOrEqualTo(0.75));
            }
        }

        var never = Run(new OnlineProtocol(new() { AnnotatedFrames = 3, Threshold = 0 }), GoldenVideo.All[0]);
        Assert.That(never.Rounds[2].Objects.Select(o => o.Prompted.Count), Is.All.EqualTo(1));
        Assert.That(never.Speed!.Frames, Is.EqualTo(GoldenVideo.Frames), "one pass is enough to know");
        Assert.That(never.Rounds, Has.Count.EqualTo(3));
    }

    [Test]
    public void Objects_that_appear_later_are_annotated_there_and_frames_without_annotation_never([Values] bool online)
    {
        var video = new DrawnAnnotatedVideo("late", 8, stride: 2, firstFrames: new Dictionary<int, int> { [3] = 4 });
        var options = new InteractiveOptions { AnnotatedFrames = 2, Threshold = 0.99 };
        var sink = new MemorySink();
        var result = Run(online ? new OnlineProtocol(options) : new OfflineProtocol(options), video, sink);
        var late = result.Rounds[1].Objects.Single(o => o.Object == "3");
        Assert.That(late.Prompted, Has.Count.EqualTo(2));
        Assert.That(late.Prompted[0], Is.EqualTo("00004"));
        Assert.That(result.Rounds[1].Objects.SelectMany(o => o.Prompted).Select(f => int.Parse(f) % 2), Is.All.Zero);
        Assert.That(Enumerable.Range(0, 8).Select(f => sink.Frames[f].ContainsKey(3)), Is.EqualTo(Enumerable.Range(0, 8).Select(f => f >= 4)));
    }

    [Test]
    public void A_report_has_a_score_for_every_number_of_annotated_frames()
    {
        var result = Run(new OfflineProtocol(new() { AnnotatedFrames = 2 }), new DrawnAnnotatedVideo("demo", 4));
        var report = InteractiveReport.Create("", new Dictionary<string, string>(), [result], skipFirstAndLast: false);
        Assert.That(report.Metrics["J&F"], Is.EqualTo((report.Metrics["J&F@1"] + report.Metrics["J&F@2"]) / 2).Within(1e-9));
        Assert.That(report.Metrics["annotated frames"], Is.InRange(1, 2));
        Assert.That(report.Items, Has.Count.EqualTo(3));
        Assert.That(report.Charts[0].Series[0].Points.Select(p => p.X), Is.EqualTo((double[])[1, 2]));
    }

    [Test]
    public void Options_out_of_range_are_refused_and_no_tensor_is_left()
    {
        Assert.That(() => new OfflineProtocol(new() { AnnotatedFrames = 0 }), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => new OnlineProtocol(new() { Threshold = 1.5 }), Throws.InstanceOf<ArgumentException>());
        VideoResult RunOnce() => Run(new OnlineProtocol(new() { AnnotatedFrames = 2, Threshold = 1 }), new DrawnAnnotatedVideo("demo", 3));
        RunOnce(); // The model keeps what the first run computes for all, such as position encodings.
        long before = TorchSharp.torch.Tensor.TotalCount;
        RunOnce();
        Assert.That(TorchSharp.torch.Tensor.TotalCount, Is.LessThanOrEqualTo(before));
    }

    private VideoResult Run(IVideoProtocol protocol, IAnnotatedVideo video, MemorySink? sink = null) => protocol.Run(Model, video, new VideoObserver(sink));

    private static double[] Js(RoundResult round) => [.. round.Objects.SelectMany(o => o.Frames.Select(f => f.J))];

    private static double MeanJ(RoundResult round) => Js(round).Average();
}
