using NUnit.Framework;
using Sam2.Torch.Prediction;
using TestSupport;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>What a session answers: to prompts and corrections, forwards and backwards, live and from a file.</summary>
public class VideoSessionTests : VideoSessionFixture
{
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
    public void Live_results_equal_those_of_the_sameVideo_read_from_a_source()
    {
        using var offline = new VideoSession(Model, Video, Logits);
        using var live = VideoSession.Live(Model, Logits);

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
            var masks = live.PushFrame(Video.Read(i)!);
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
        using var session = new VideoSession(Model, video);
        for (byte id = 1; id <= 3; id++) session.AddPoints(0, id, ClickOn(id, 0));
        Assert.That(session.Propagate().Count(), Is.EqualTo(6));
        Assert.That(video.Reads, Is.EqualTo(6));
    }

    [Test]
    public void Masks_of_drawn_objects_are_found_and_followed()
    {
        using var model = TestModels.Nano();
        using var session = new VideoSession(model, Video);
        session.AddBox(0, 2, BoxAround(2, 0));
        session.AddMask(0, 3, Video.Drawn(0).Mask(3));
        var masks = session.Propagate().ToList();
        Assert.Multiple(() =>
        {
            Assert.That(masks.Average(m => m[2].Mask.Iou(Video.Drawn(m.Frame).Mask(2))), Is.GreaterThan(0.8));
            Assert.That(masks.Average(m => m[3].Mask.Iou(Video.Drawn(m.Frame).Mask(3))), Is.GreaterThan(0.7));
        });
    }

    [Test]
    public void A_correction_of_the_first_frame_is_kept_when_tracking_runs_again()
    {
        using var session = new VideoSession(Model, Video);
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
            using var session = new VideoSession(Model, Video, Logits);
            session.AddPoints(0, 1, ClickOn(1, 0));
            return session.AddPoints(0, 1, points, replace: replace)[1].Logits!;
        }

        var added = Second(replace: false, ClickOn(2, 0));
        Assert.That(added, Is.EqualTo(Second(replace: true, ClickOn(1, 0), ClickOn(2, 0))));
        Assert.That(added, Is.Not.EqualTo(Second(replace: true, ClickOn(2, 0))));
    }

    [Test]
    public void Tracking_can_run_backwards_and_stop_early()
    {
        using var session = new VideoSession(Model, Video);
        session.AddPoints(10, 1, ClickOn(1, 10));
        Assert.Multiple(() =>
        {
            Assert.That(session.Propagate(reverse: true).Select(m => m.Frame), Is.EqualTo(Enumerable.Range(0, 11).Reverse()));
            Assert.That(session.Propagate(reverse: true, maxFrames: 3).Select(m => m.Frame), Is.EqualTo((int[])[10, 9, 8, 7]));
            Assert.That(session.Propagate(maxFrames: 2).Select(m => m.Frame), Is.EqualTo((int[])[10, 11, 12]));
            Assert.That(session.Propagate(startFrame: 22).Select(m => m.Frame), Is.EqualTo((int[])[22, 23]));
            Assert.That(session.Propagate(startFrame: 0, reverse: true).Select(m => m.Frame), Is.EqualTo((int[])[0]), "the frame itself, as from any other");
        });
    }

    [Test]
    public void Disjoint_masks_share_no_pixel()
    {
        using var session = new VideoSession(Model, Video, new() { NonOverlappingMasks = true });
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
        using var session = new VideoSession(Model, Video);
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
        using var session = new VideoSession(Model, Video);
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
        using var session = new VideoSession(Model, Video, Logits);
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
        using var session = new VideoSession(Model, Video);
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
    public void AVideo_whose_length_is_known_at_its_end_only_is_tracked_to_the_end()
    {
        var video = new UnknownLength(Video);
        using var session = new VideoSession(Model, video);
        session.AddPoints(18, 1, ClickOn(1, 18));
        Assert.That(session.Propagate().Select(m => m.Frame), Is.EqualTo(Enumerable.Range(18, 6)));
        Assert.That(video.FrameCount, Is.EqualTo(24));
        Assert.That(session.Propagate().Select(m => m.Frame), Is.EqualTo(Enumerable.Range(18, 6)));
    }

    private PointPrompt[] CorrectionOn14 => [ClickOn(1, 14), ClickOn(2, 14) with { IsForeground = false }];

    private List<FrameMasks> TrackFour(int objectBatch)
    {
        using var session = new VideoSession(Model, Video, Logits with { ObjectBatch = objectBatch });
        session.AddPoints(0, 1, ClickOn(1, 0));
        session.AddBox(0, 2, BoxAround(2, 0));
        session.AddMask(0, 3, Video.Drawn(0).Mask(3));
        session.AddPoints(4, 4, ClickOn(1, 4));
        return session.Propagate(maxFrames: 12).ToList();
    }
}
