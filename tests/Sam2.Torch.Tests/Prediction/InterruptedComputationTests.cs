using System.Runtime.InteropServices;
using NUnit.Framework;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;
using TestSupport;
using TorchSharp;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>
/// A token that is cancelled, a frame that can't be read or a tensor operation without memory, at any place of a computation: what was
/// being used goes on as if nothing had happened, and no tensor is left behind. The places are numbered calls, so each run finds the same ones.
/// </summary>
public class InterruptedComputationTests : VideoSessionFixture
{
    /// <summary>Every so many calls; a prime, so that all kinds of modules have their turn.</summary>
    private const int Step = 151;

    private ModuleCalls _calls = null!;

    private static long LiveTensors => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    [OneTimeSetUp]
    public void CountCalls() => _calls = new ModuleCalls(Model);

    [TearDown]
    public void StopCounting() => _calls.At(int.MaxValue, () => { });

    [Test]
    public void A_prompt_that_runs_out_of_memory_leaves_a_session_as_it_was()
    {
        foreach (var prompt in new Action<VideoSession>[]
        {
            session => session.AddPoints(2, 1, ClickOn(1, 2)),
            session => session.AddMask(3, 2, Video.Drawn(3).Mask(2)),
            session => session.AddBox(0, 7, BoxAround(3, 0)),
        })
        {
            AssertUnharmed(prompt, ModuleCalls.RunOutOfMemory);
        }
    }

    [Test]
    public void Tracking_that_runs_out_of_memory_can_be_taken_up_again() => AssertUnharmed(
        session => _ = session.Propagate(maxFrames: 5).ToList(), ModuleCalls.RunOutOfMemory);

    [Test]
    public void Tracking_that_is_cancelled_can_be_taken_up_again()
    {
        // What a token does to the frame after the place where it was cancelled.
        using var cancel = new Renewable();
        AssertUnharmed(
            session => _ = session.Propagate(maxFrames: 6, cancellationToken: cancel.Token).ToList(), cancel.Cancel, cancel.Renew);
        AssertUnharmed(
            session => _ = session.Propagate(startFrame: 6, reverse: true, cancellationToken: cancel.Token).ToList(), cancel.Cancel, cancel.Renew);
    }

    [Test]
    public void Tracking_on_other_threads_that_is_cancelled_can_be_taken_up_again()
    {
        var expected = Expected(); // also makes what the model keeps for every later run
        var before = torch.Tensor.TotalCount;
        for (var frame = 0; frame < 5; frame++)
        {
            using (var session = Prompted(Video))
            {
                using var cancel = new CancellationTokenSource();
                async Task Track()
                {
                    await foreach (var masks in session.PropagateAsync(maxFrames: 5, cancellationToken: cancel.Token))
                    {
                        if (masks.Frame == frame) await cancel.CancelAsync();
                    }
                }

                Assert.That(Track, Throws.InstanceOf<OperationCanceledException>(), $"frame {frame}");
                AssertEqual(session.Propagate(startFrame: 0, maxFrames: 5).ToList(), expected);
            }

            Assert.That(torch.Tensor.TotalCount, Is.LessThanOrEqualTo(before), $"frame {frame}");
        }
    }

    [Test]
    public void A_frame_that_cannot_be_read_is_read_the_next_time()
    {
        var expected = Expected(); // also makes what the model keeps for every later run
        // The prompt has read frame 0.
        for (var frame = 1; frame < 6; frame++)
        {
            var video = new FaultyVideo(Video);
            var before = LiveTensors;
            using (var session = Prompted(video))
            {
                video.Fault = frame;
                Assert.That(() => session.Propagate(maxFrames: 5).ToList(), Throws.TypeOf<MediaException>());
                video.Fault = null;
                AssertEqual(session.Propagate(maxFrames: 5).ToList(), expected);
            }

            Assert.That(LiveTensors, Is.EqualTo(before), $"frame {frame}");
        }
    }

    [Test]
    public void Everything_in_a_picture_can_be_cancelled_or_fail_anywhere()
    {
        var generator = new MaskGenerator(Model, new() { PointsPerSide = 4, PointsPerBatch = 4, CropLayers = 1, PredIouThreshold = 0, StabilityScoreThreshold = 0 });
        var image = Video.Drawn(0).Image;
        using var cancel = new Renewable();
        IReadOnlyList<GeneratedMask> Generate() => generator.Generate(image, cancellationToken: cancel.Token);
        var expected = Generate();
        var all = _calls.Of(() => Generate());
        var before = LiveTensors;
        for (var call = 1; call <= all; call += Step)
        {
            _calls.At(call, ModuleCalls.RunOutOfMemory);
            Assert.That(Generate, Throws.InstanceOf<ExternalException>(), $"call {call} of {all}");
            _calls.At(call, cancel.Cancel);
            // Nothing asks any more after the last batch has begun.
            if (call < all / 2) Assert.That(Generate, Throws.InstanceOf<OperationCanceledException>(), $"call {call} of {all}");
            StopCounting();
            cancel.Renew();
            Assert.That(LiveTensors, Is.EqualTo(before), $"call {call} of {all}");
        }

        Assert.That(Generate().Select(m => m.Segmentation.ToCompressedString()), Is.EqualTo(expected.Select(m => m.Segmentation.ToCompressedString())));
    }

    [Test]
    public void Everything_in_a_video_goes_on_after_being_cancelled_in_any_search()
    {
        var options = new VideoMaskGeneratorOptions
        {
            Candidates = new() { PointsPerSide = 4, PointsPerBatch = 4, PredIouThreshold = 0, StabilityScoreThreshold = 0 },
            SearchInterval = 2,
            MaxObjects = 4,
        };
        List<string> Describe(IEnumerable<MaskletFrame> frames) =>
            [.. frames.Select(f => $"{f.Frame}: {string.Join(' ', f.Masks.Select(m => $"{m.MaskletId}={m.Mask.ToCompressedString()}"))}")];
        var video = new DrawnVideo(5);
        List<string> expected;
        int all;
        using (var whole = new VideoMaskGenerator(Model, video, options))
        {
            expected = [];
            all = _calls.Of(() => expected = Describe(whole.Generate()));
        }

        Assert.That(expected[^1], Does.Contain("="), "something is found");
        var before = LiveTensors;
        for (var call = 1; call <= all; call += 3 * Step)
        {
            using (var generator = new VideoMaskGenerator(Model, video, options))
            {
                using var cancel = new CancellationTokenSource();
                var frames = new List<MaskletFrame>();
                _calls.At(call, cancel.Cancel);
                try
                {
                    foreach (var frame in generator.Generate(cancellationToken: cancel.Token)) frames.Add(frame);
                }
                catch (OperationCanceledException)
                {
                    frames.AddRange(generator.Generate());
                }

                Assert.That(Describe(frames), Is.EqualTo(expected), $"call {call} of {all}");
            }

            Assert.That(LiveTensors, Is.EqualTo(before), $"call {call} of {all}");
        }
    }

    [Test]
    public void A_prediction_that_runs_out_of_memory_leaves_the_image_set()
    {
        using var predictor = new ImagePredictor(Model);
        var prompt = ObjectPrompt.FromPoints(ClickOn(1, 0));
        predictor.SetImage(Video.Drawn(0).Image);
        using var expected = predictor.Predict(prompt);
        var all = _calls.Of(() => predictor.Predict(prompt).Dispose());
        var before = LiveTensors;
        for (var call = 1; call <= all; call += 7)
        {
            _calls.At(call, ModuleCalls.RunOutOfMemory);
            Assert.That(() => predictor.Predict(prompt), Throws.InstanceOf<ExternalException>());
            Assert.That(LiveTensors, Is.EqualTo(before), $"call {call} of {all}");
        }

        StopCounting();
        using var again = predictor.Predict(prompt);
        Assert.That(again.LowResLogits.equal(expected.LowResLogits).all().item<bool>());
    }

    /// <summary>
    /// Runs an action on a session, with a fault at every so many of the model's calls; after each, the session tracks as one in which
    /// nothing has happened, and no tensor is left when it is gone.
    /// </summary>
    private void AssertUnharmed(Action<VideoSession> action, Action fault, Action? repair = null)
    {
        int all;
        using (var counted = Prompted(Video)) all = _calls.Of(() => action(counted));
        var expected = Expected();
        var before = LiveTensors;
        var faults = 0;
        for (var call = 1; call <= all; call += Math.Min(Step, Math.Max(all / 4, 1)))
        {
            using (var session = Prompted(Video))
            {
                _calls.At(call, fault);
                try
                {
                    action(session);
                }
                catch (Exception e) when (e is OperationCanceledException or ExternalException)
                {
                    faults++;
                }

                StopCounting();
                repair?.Invoke();
                Assert.That(session.ObjectIds, Is.EqualTo(new[] { 1, 2 }), $"call {call} of {all}");
                AssertEqual(session.Propagate(startFrame: 0, maxFrames: 5).ToList(), expected);
            }

            Assert.That(LiveTensors, Is.EqualTo(before), $"call {call} of {all}");
        }

        Assert.That(faults, Is.GreaterThan(2), "the test tests something");
    }

    private VideoSession Prompted(IFrameSource video)
    {
        var session = new VideoSession(Model, video, Logits with { ObjectBatch = 1 });
        session.AddPoints(0, 1, ClickOn(1, 0));
        session.AddMask(0, 2, Video.Drawn(0).Mask(2));
        return session;
    }

    private List<FrameMasks> Expected()
    {
        using var session = Prompted(Video);
        return session.Propagate(maxFrames: 5).ToList();
    }

    private sealed class FaultyVideo(IFrameSource video) : IFrameSource
    {
        public int? Fault { get; set; }

        public int? FrameCount => video.FrameCount;

        public int Width => video.Width;

        public int Height => video.Height;

        public RgbImage? Read(int frame) => frame == Fault ? throw new MediaException("v.mp4", "is damaged") : video.Read(frame);
    }

    /// <summary>A source of tokens that can be cancelled more than once.</summary>
    private sealed class Renewable : IDisposable
    {
        private CancellationTokenSource _source = new();

        public CancellationToken Token => _source.Token;

        public void Cancel() => _source.Cancel();

        public void Renew()
        {
            _source.Dispose();
            _source = new();
        }

        public void Dispose() => _source.Dispose();
    }
}
