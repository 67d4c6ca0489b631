using NUnit.Framework;
using Sam2.Torch.Data;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Runs;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TestSupport;

namespace Sam2.Torch.Evaluation.Tests;

/// <summary>A protocol and a sink as a user of the package writes them: against its public API only.</summary>
public sealed class OwnProtocolTests : FolderTests
{
    private static readonly ProceduralDataset Clips = new(
        2, seed: 3, new() { Width = 96, Height = 96, FrameCount = 3, MaxObjects = 2, MinRadius = 0.2, MaxDistractors = 0, LeaveProbability = 0, Clutter = 0 });

    [Test]
    public void An_own_protocol_runs_over_a_data_set_and_hands_its_masks_to_an_own_sink()
    {
        using var model = TestModels.Shipped();
        var sinks = new Dictionary<string, Areas>();
        var run = RunFolder.Open(Folder["run"], new Dictionary<string, string> { ["protocol"] = "boxes on every frame" });
        var results = EvaluationRun.Run(
            run, Clips, (video, observer) => new BoxOnEveryFrame().Run(model, video, observer with { Predictions = sinks[video.Name] = new() }),
            new() { StorePredictions = false });

        Assert.That(results.Select(result => result.Video), Is.EqualTo(Clips.Select(clip => clip.Name)));
        foreach (var (result, clip) in results.Zip(Clips))
        {
            var objects = result.Rounds.Single().Objects;
            Assert.That(objects.Select(o => o.Frames.Count), Has.All.EqualTo(3));
            Assert.That(objects.Average(o => o.Frames.Average(frame => frame.J)), Is.GreaterThan(0.5));
            Assert.That(sinks[clip.Name].Pixels.Keys, Is.EqualTo(new[] { 0, 1, 2 }));
            Assert.That(sinks[clip.Name].Pixels.Values, Has.All.Positive);
        }

        // What is done is read again, not done again.
        Assert.That(
            EvaluationRun.Run<VideoResult>(run, Clips, (_, _) => throw new InvalidOperationException("done already"), new()).Select(result => result.Video),
            Is.EqualTo(results.Select(result => result.Video)));
    }

    [Test]
    public void An_own_protocol_is_cancelled_by_the_observer()
    {
        using var model = TestModels.Shipped();
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.That(
            () => new BoxOnEveryFrame().Run(model, Clips[0], new VideoObserver(CancellationToken: cancel.Token)), Throws.InstanceOf<OperationCanceledException>());
    }

    /// <summary>Takes each frame as an image of its own and gives the box of each object.</summary>
    private sealed class BoxOnEveryFrame : IVideoProtocol
    {
        public VideoResult Run(Sam2Model model, IAnnotatedVideo video, VideoObserver observer)
        {
            using var predictor = new ImagePredictor(model);
            var scorer = new VideoScorer(video.Name);
            for (var frame = 0; frame < video.FrameCount; frame++)
            {
                observer.CancellationToken.ThrowIfCancellationRequested();
                predictor.SetImage(video.ReadFrame(frame));
                var truth = video.ReadMasks(frame);
                var masks = truth.Where(o => o.Value.Area > 0).ToDictionary(o => o.Key, o => Segment(predictor, SimulatedUser.Box(o.Value)));
                scorer.Add(video.FrameName(frame), truth, masks);
                observer.Predictions?.Write(frame, masks);
            }
            return new(video.Name, [new(video.FrameCount, [.. scorer.Frames.Select(o => new ObjectFrames($"{o.Key}", o.Value))])]);
        }

        private static BinaryMask Segment(ImagePredictor predictor, BoxPrompt box)
        {
            using var prediction = predictor.Predict(ObjectPrompt.FromBox(box.X0, box.Y0, box.X1, box.Y1), multimask: false);
            return BinaryMask.FromTensor(prediction.Masks);
        }
    }

    /// <summary>Counts the pixels of all masks of a frame.</summary>
    private sealed class Areas : IPredictionSink
    {
        public SortedDictionary<int, long> Pixels { get; } = [];

        public void Write(int frame, IReadOnlyDictionary<int, BinaryMask> masks) => Pixels.Add(frame, masks.Values.Sum(mask => (long)mask.Area));
    }
}
