using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TestSupport;
using TorchSharp;

namespace Sam2.Torch.Tests.Prediction;

[TestFixture]
public class VideoSessionTests
{
    private Sam2Model _model = null!;
    private DrawnVideo _video = null!;

    [OneTimeSetUp]
    public void Load()
    {
        // Half the resolution of the small architecture: a quarter of the work.
        _model = TestModels.Nano(config: Sam2Presets.Nano with { ImageSize = 64 });
        _video = new DrawnVideo(24);
    }

    [OneTimeTearDown]
    public void Free() => _model.Dispose();

    [Test]
    public void Batched_objects_are_tracked_as_they_are_alone()
    {
        var alone = TrackFour(objectBatch: 1);
        var batched = TrackFour(objectBatch: 4);
        for (var i = 0; i < alone.Count; i++)
        {
            for (var o = 0; o < 4; o++)
            {
                Assert.That(batched[i].Objects[o].ObjectScore, Is.EqualTo(alone[i].Objects[o].ObjectScore).Within(1e-4));
                var (a, b) = (batched[i].Objects[o].Logits!.Cast<float>(), alone[i].Objects[o].Logits!.Cast<float>());
                var mean = b.Average();
                var deviation = Math.Sqrt(b.Average(x => (x - mean) * (x - mean)));
                Assert.That(a.Zip(b, (x, y) => Math.Abs(x - y)).Max() / deviation, Is.LessThan(1e-4), $"frame {i}, object {o}");
            }
        }
    }

    [Test]
    public void Live_results_equal_those_of_the_same_video_read_from_a_source()
    {
        using var offline = new VideoSession(_model, _video, Logits);
        using var live = VideoSession.Live(_model, Logits);

        var expected = new List<FrameMasks>();
        offline.AddPoints(0, 1, ClickOn(1, 0));
        expected.AddRange(offline.Propagate(maxFrames: 8));
        offline.AddBox(8, 2, BoxAround(2, 8));
        expected.AddRange(offline.Propagate(startFrame: 9, maxFrames: 5));
        offline.AddPoints(14, 1, CorrectionOn14);
        expected.AddRange(offline.Propagate(startFrame: 15));

        var actual = new List<FrameMasks>();
        for (var i = 0; i < 24; i++)
        {
            var masks = live.PushFrame(_video.Read(i)!);
            Assert.That(masks.Frame, Is.EqualTo(i));
            if (i == 0) masks = live.AddPoints(0, 1, ClickOn(1, 0));
            actual.Add(masks);
            if (i == 8) live.AddBox(8, 2, BoxAround(2, 8));
            if (i == 14) live.AddPoints(14, 1, CorrectionOn14);
        }

        AssertEqual(actual, expected);
    }

    [Test]
    public void The_encoder_runs_once_per_frame_whatever_the_number_of_objects()
    {
        var video = new DrawnVideo(6);
        using var session = new VideoSession(_model, video);
        for (byte id = 1; id <= 3; id++) session.AddPoints(0, id, ClickOn(id, 0));
        Assert.That(session.Propagate().Count(), Is.EqualTo(6));
        Assert.That(video.Reads, Is.EqualTo(6));
    }

    [Test]
    public void Masks_of_drawn_objects_are_found_and_followed()
    {
        using var model = TestModels.Nano();
        using var session = new VideoSession(model, _video);
        session.AddBox(0, 2, BoxAround(2, 0));
        session.AddMask(0, 3, _video.Drawn(0).Mask(3));
        var masks = session.Propagate().ToList();
        Assert.Multiple(() =>
        {
            Assert.That(masks.Average(m => m[2].Mask.Iou(_video.Drawn(m.Frame).Mask(2))), Is.GreaterThan(0.8));
            Assert.That(masks.Average(m => m[3].Mask.Iou(_video.Drawn(m.Frame).Mask(3))), Is.GreaterThan(0.7));
        });
    }

    [Test]
    public void A_correction_of_the_first_frame_is_kept_when_tracking_runs_again()
    {
        using var session = new VideoSession(_model, _video);
        session.AddPoints(0, 1, ClickOn(1, 0));
        _ = session.Propagate(maxFrames: 2).ToList();
        var corrected = session.AddPoints(0, 1, ClickOn(2, 0));
        Assert.That(session.Propagate(maxFrames: 0).Single()[1].Mask, Is.EqualTo(corrected[1].Mask));
    }

    [Test]
    public void Points_accumulate_unless_they_replace()
    {
        // The second answer starts from the first one's logits, whichever points it is given.
        float[,] Second(bool replace, params PointPrompt[] points)
        {
            using var session = new VideoSession(_model, _video, Logits);
            session.AddPoints(0, 1, ClickOn(1, 0));
            return session.AddPoints(0, 1, points, replace: replace)[1].Logits!;
        }

        var added = Second(replace: false, ClickOn(2, 0));
        Assert.That(added, Is.EqualTo(Second(replace: true, ClickOn(1, 0), ClickOn(2, 0))));
        Assert.That(added, Is.Not.EqualTo(Second(replace: true, ClickOn(2, 0))));
    }

    [Test]
    public void Frames_that_are_forgotten_are_not_attended_to([Values(1, 12)] int stride, [Values] bool reverse)
    {
        using var model = TestModels.Nano(config: _model.Config with { MemoryTemporalStrideForEval = stride });
        List<FrameMasks> Track(int remembered)
        {
            using var session = new VideoSession(
                model, new DrawnVideo(100), Logits with { RememberedFrames = remembered, RememberedAroundFirst = 0 });
            session.AddPoints(reverse ? 99 : 0, 1, ClickOn(1, reverse ? 99 : 0));
            return session.Propagate(reverse: reverse).ToList();
        }

        AssertEqual(Track(remembered: 1), Track(remembered: 100));
    }

    [Test]
    public void Turning_round_at_the_first_prompt_attends_to_what_was_tracked_beyond_it()
    {
        List<FrameMasks> ThereAndBack(int remembered, int aroundFirst)
        {
            using var session = new VideoSession(
                _model, new DrawnVideo(70), Logits with { RememberedFrames = remembered, RememberedAroundFirst = aroundFirst });
            session.AddPoints(20, 1, ClickOn(1, 20));
            _ = session.Propagate().Last();
            return session.Propagate(reverse: true).ToList();
        }

        var unlimited = ThereAndBack(remembered: 100, aroundFirst: 0);
        AssertEqual(ThereAndBack(remembered: 32, aroundFirst: 16), unlimited);
        Assert.That(ThereAndBack(remembered: 32, aroundFirst: 0)[5][1].Logits, Is.Not.EqualTo(unlimited[5][1].Logits), "the test tests something");
    }

    [Test]
    public void Tracking_can_run_backwards_and_stop_early()
    {
        using var session = new VideoSession(_model, _video);
        session.AddPoints(10, 1, ClickOn(1, 10));
        Assert.Multiple(() =>
        {
            Assert.That(session.Propagate(reverse: true).Select(m => m.Frame), Is.EqualTo(Enumerable.Range(0, 11).Reverse()));
            Assert.That(session.Propagate(reverse: true, maxFrames: 3).Select(m => m.Frame), Is.EqualTo((int[])[10, 9, 8, 7]));
            Assert.That(session.Propagate(maxFrames: 2).Select(m => m.Frame), Is.EqualTo((int[])[10, 11, 12]));
            Assert.That(session.Propagate(startFrame: 22).Select(m => m.Frame), Is.EqualTo((int[])[22, 23]));
            Assert.That(session.Propagate(startFrame: 0, reverse: true), Is.Empty);
        });
    }

    [Test]
    public void Disjoint_masks_share_no_pixel()
    {
        using var session = new VideoSession(_model, _video, new() { NonOverlappingMasks = true });
        session.AddPoints(0, 1, ClickOn(1, 0));
        session.AddPoints(0, 2, ClickOn(1, 0), ClickOn(2, 0));
        foreach (var masks in session.Propagate(maxFrames: 4))
        {
            var both = masks[1].Mask.Data.Zip(masks[2].Mask.Data, (a, b) => a & b).Sum();
            Assert.That(both, Is.Zero);
        }
    }

    [Test]
    public void Clearing_prompts_removing_objects_and_resetting_undo_them()
    {
        using var session = new VideoSession(_model, _video);
        session.AddPoints(0, 1, ClickOn(1, 0));
        session.AddPoints(0, 2, ClickOn(2, 0));
        Assert.That(session.ClearPrompts(0, 2)[2].ObjectScore, Is.Null);
        Assert.That(() => session.Propagate(), Throws.InvalidOperationException.With.Message.Contains("Object 2"));
        session.RemoveObject(2);
        Assert.That(session.ObjectIds, Is.EqualTo((int[])[1]));
        Assert.That(session.Propagate(maxFrames: 1).Count(), Is.EqualTo(2));
        session.Reset();
        Assert.That(session.ObjectIds, Is.Empty);
        Assert.That(() => session.Propagate(), Throws.InvalidOperationException);
    }

    [Test]
    public void Cancelling_stops_between_frames_and_leaves_the_session_usable()
    {
        using var session = new VideoSession(_model, _video);
        session.AddPoints(0, 1, ClickOn(1, 0));
        using var cancel = new CancellationTokenSource();
        var seen = 0;
        Assert.That(() =>
        {
            foreach (var _ in session.Propagate(cancellationToken: cancel.Token))
            {
                if (++seen == 3) cancel.Cancel();
            }
        }, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(seen, Is.EqualTo(3));
        Assert.That(session.Propagate(maxFrames: 1).Count(), Is.EqualTo(2));
    }

    [Test]
    public async Task Asynchronous_results_equal_synchronous_ones()
    {
        using var session = new VideoSession(_model, _video, Logits);
        session.AddPoints(0, 1, ClickOn(1, 0));
        var expected = session.Propagate(maxFrames: 5).ToList();
        var frame = 0;
        await foreach (var masks in session.PropagateAsync(maxFrames: 5))
        {
            Assert.That(masks[1].Mask, Is.EqualTo(expected[frame][1].Mask));
            frame++;
        }

        Assert.That(frame, Is.EqualTo(6));
    }

    [Test]
    public void Cancelling_stops_asynchronous_tracking_between_frames()
    {
        using var session = new VideoSession(_model, _video);
        session.AddPoints(0, 1, ClickOn(1, 0));
        using var cancel = new CancellationTokenSource();
        var seen = 0;
        Assert.That(async () =>
        {
            await foreach (var _ in session.PropagateAsync().WithCancellation(cancel.Token))
            {
                if (++seen == 3) cancel.Cancel();
            }
        }, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(seen, Is.EqualTo(3));
        Assert.That(session.Propagate(maxFrames: 1).Count(), Is.EqualTo(2));
    }

    [Test]
    public void Misuse_is_refused_with_a_reason()
    {
        using var session = new VideoSession(_model, _video);
        Assert.Multiple(() =>
        {
            Assert.That(() => session.Propagate(), Throws.InvalidOperationException.With.Message.Contains("no object"));
            Assert.That(() => session.AddPoints(24, 1, ClickOn(1, 0)), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("24 frames"));
            Assert.That(() => session.AddPoints(-1, 1, ClickOn(1, 0)), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => session.AddPoints(0, 1), Throws.ArgumentException.With.Message.Contains("empty"));
            Assert.That(() => session.AddPoints(0, 1, new PointPrompt(float.NaN, 1)), Throws.ArgumentException.With.Message.Contains("finite"));
            Assert.That(() => session.AddPoints(0, 1, new PointPrompt(500, 1)), Throws.ArgumentException.With.Message.Contains("outside"));
            Assert.That(() => session.AddBox(0, 1, new BoxPrompt(50, 50, 50, 60)), Throws.ArgumentException.With.Message.Contains("empty"));
            Assert.That(() => session.AddPoints(0, 1, [], BoxAround(1, 0), replace: false), Throws.ArgumentException);
            Assert.That(() => session.ClearPrompts(0, 5), Throws.ArgumentException.With.Message.Contains("no object 5"));
            Assert.That(() => session.RemoveObject(5), Throws.ArgumentException.With.Message.Contains("no object 5"));
            Assert.That(() => session.PushFrame(_video.Read(0)!), Throws.InvalidOperationException);
            Assert.That(session.ObjectIds, Is.Empty);
        });
        session.AddPoints(0, 1, ClickOn(1, 0));
        Assert.Multiple(() =>
        {
            Assert.That(() => session.Propagate(startFrame: 24), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => session.Propagate(maxFrames: -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => session.Propagate(maxFrames: 1).First()[7], Throws.InstanceOf<KeyNotFoundException>().With.Message.Contains("no object 7"));
        });
        session.Dispose();
        Assert.That(() => session.Propagate(), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => session.AddPoints(0, 1, ClickOn(1, 0)), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void A_video_whose_length_is_known_at_its_end_only_is_tracked_to_the_end()
    {
        var video = new UnknownLength(_video);
        using var session = new VideoSession(_model, video);
        session.AddPoints(18, 1, ClickOn(1, 18));
        Assert.That(session.Propagate().Select(m => m.Frame), Is.EqualTo(Enumerable.Range(18, 6)));
        Assert.That(video.FrameCount, Is.EqualTo(24));
        Assert.That(session.Propagate().Select(m => m.Frame), Is.EqualTo(Enumerable.Range(18, 6)));
    }

    [Test]
    public void A_start_behind_the_end_of_a_video_of_unknown_length_is_refused()
    {
        using var session = new VideoSession(_model, new UnknownLength(_video));
        session.AddPoints(0, 1, ClickOn(1, 0));
        Assert.That(() => session.Propagate(startFrame: 30).ToList(), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("30"));
        using var another = new VideoSession(_model, new UnknownLength(_video));
        another.AddPoints(0, 1, ClickOn(1, 0));
        Assert.That(
            async () => { await foreach (var _ in another.PropagateAsync(startFrame: 30)) { } },
            Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => session.Propagate(startFrame: 30), Throws.InstanceOf<ArgumentOutOfRangeException>(), "the length is known by now");
        Assert.That(session.Propagate(startFrame: 22).Count(), Is.EqualTo(2));
    }

    [Test]
    public void A_prompt_is_a_mask_alone_or_points_and_a_box()
    {
        using var session = new VideoSession(_model, _video);
        var (click, mask) = (ObjectPrompt.FromPoints(ClickOn(1, 0)), ObjectPrompt.FromMask(_video.Drawn(0).Mask(3)));
        session.AddPrompt(0, 1, click);
        Assert.That(session.AddPrompt(0, 3, mask)[3].Mask.Area, Is.Positive);
        Assert.That(() => session.AddPrompt(0, 1, click with { Mask = mask.Mask }), Throws.ArgumentException.With.Message.Contains("one of the two"));
    }

    [Test]
    public void Misuse_of_a_live_session_is_refused_with_a_reason()
    {
        using var session = VideoSession.Live(_model, new() { CachedFrames = 2 });
        Assert.That(() => session.AddPoints(0, 1, ClickOn(1, 0)), Throws.InstanceOf<ArgumentOutOfRangeException>());
        for (var i = 0; i < 4; i++) session.PushFrame(_video.Read(i)!);
        Assert.Multiple(() =>
        {
            Assert.That(() => session.AddPoints(1, 1, ClickOn(1, 1)), Throws.InvalidOperationException.With.Message.Contains("2, 3"));
            Assert.That(() => session.AddPoints(4, 1, ClickOn(1, 1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => session.Propagate(), Throws.InvalidOperationException);
            Assert.That(() => session.PushFrame(new RgbImage(10, 10)), Throws.ArgumentException.With.Message.Contains("10×10"));
        });
        Assert.That(session.AddPoints(2, 1, ClickOn(1, 2)).Objects, Has.Count.EqualTo(1));
    }

    [Test]
    public void Models_and_options_that_cannot_track_are_refused()
    {
        using var imagesOnly = new Sam2Model(Sam2Presets.Nano with { NumMaskmem = 0 });
        Assert.That(() => new VideoSession(imagesOnly, _video), Throws.ArgumentException.With.Message.Contains("training mode"));
        imagesOnly.eval();
        Assert.That(() => new VideoSession(imagesOnly, _video), Throws.ArgumentException.With.Message.Contains("no memory"));
        Assert.That(() => new VideoSession(_model, _video, new() { ObjectBatch = 0 }), Throws.ArgumentException.With.Message.Contains("ObjectBatch"));
    }

    [Test]
    public void A_session_leaves_no_tensor_behind()
    {
        TrackAndCorrect();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        TrackAndCorrect();
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(before));
    }

    [Test, Category("Slow")]
    public void Five_thousand_frames_take_the_memory_of_two_hundred([Values(1, 4)] int objects)
    {
        var video = new DrawnVideo(5000, 64, 48);
        // What grows with length does so at any resolution.
        using var model = TestModels.Nano(config: Sam2Presets.Nano with { ImageSize = 32 });
        using var session = new VideoSession(model, video);
        for (var id = 1; id <= objects; id++) session.AddBox(0, id, new BoxPrompt(5 + 10 * id, 5, 15 + 10 * id, 30));

        long tensors = 0, early = 0, late = 0;
        foreach (var masks in session.Propagate())
        {
            if (masks.Frame % 20 != 0) continue;
            // What a session holds counts, not the garbage that the runtime hasn't collected yet.
            GC.Collect(0, GCCollectionMode.Forced, blocking: true);
            var live = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
            if (masks.Frame == 200) tensors = live;
            if (masks.Frame > 200) Assert.That(live, Is.EqualTo(tensors), $"live tensors on frame {masks.Frame}");
            if (masks.Frame <= 200) early = Math.Max(early, Environment.WorkingSet);
            else late = Math.Max(late, Environment.WorkingSet);
        }

        TestContext.Out.WriteLine($"{objects} objects: {early >> 20} MB until frame 200, {late >> 20} MB later");
        Assert.That(late, Is.LessThan(1.03 * early));
    }

    private static VideoSessionOptions Logits => new() { ReturnLogits = true };

    private PointPrompt[] CorrectionOn14 => [ClickOn(1, 14), ClickOn(2, 14) with { IsForeground = false }];

    private static void AssertEqual(List<FrameMasks> actual, List<FrameMasks> expected)
    {
        Assert.That(actual.Select(m => m.Frame), Is.EqualTo(expected.Select(m => m.Frame)));
        foreach (var (a, e) in actual.Zip(expected))
        {
            Assert.That(a.Objects.Select(o => o.ObjectId), Is.EqualTo(e.Objects.Select(o => o.ObjectId)), $"frame {e.Frame}");
            foreach (var (x, y) in a.Objects.Zip(e.Objects))
                Assert.That(x.Logits!.Cast<float>().Zip(y.Logits!.Cast<float>(), (p, q) => Math.Abs(p - q)).Max(), Is.LessThan(1e-5), $"frame {e.Frame}");
        }
    }

    private List<FrameMasks> TrackFour(int objectBatch)
    {
        using var session = new VideoSession(_model, _video, Logits with { ObjectBatch = objectBatch });
        session.AddPoints(0, 1, ClickOn(1, 0));
        session.AddBox(0, 2, BoxAround(2, 0));
        session.AddMask(0, 3, _video.Drawn(0).Mask(3));
        session.AddPoints(4, 4, ClickOn(1, 4));
        return session.Propagate(maxFrames: 12).ToList();
    }

    private void TrackAndCorrect()
    {
        using var session = new VideoSession(_model, _video);
        session.AddPoints(0, 1, ClickOn(1, 0));
        session.AddMask(1, 2, _video.Drawn(1).Mask(2));
        foreach (var masks in session.Propagate(maxFrames: 4))
        {
            if (masks.Frame == 2) session.AddPoints(2, 1, ClickOn(1, 2));
        }

        session.ClearPrompts(1, 2);
        session.AddPoints(3, 2, ClickOn(2, 3));
        _ = session.Propagate(startFrame: 3, reverse: true).ToList();
        session.RemoveObject(1);
    }

    private PointPrompt ClickOn(byte id, int frame)
    {
        var (x, y, width, height) = _video.Drawn(frame).Mask(id).BoundingBox;
        return new PointPrompt(x + width / 2f, y + height / 2f);
    }

    private BoxPrompt BoxAround(byte id, int frame)
    {
        var (x, y, width, height) = _video.Drawn(frame).Mask(id).BoundingBox;
        return new BoxPrompt(x, y, x + width, y + height);
    }

    /// <summary>A video that tells its length when its end was reached, as long files do.</summary>
    private sealed class UnknownLength(IFrameSource video) : IFrameSource
    {
        public int? FrameCount { get; private set; }

        public int Width => video.Width;

        public int Height => video.Height;

        public RgbImage? Read(int frame)
        {
            var image = video.Read(frame);
            if (image is null) FrameCount = video.FrameCount;
            return image;
        }
    }
}
