using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Prediction;
using TestSupport;
using TorchSharp;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>What a session remembers of earlier frames, and that it needs no more memory for a longer video.</summary>
public class VideoSessionMemoryTests : VideoSessionFixture
{
    [Test]
    public void Frames_that_are_forgotten_are_not_attended_to([Values(1, 12)] int stride, [Values] bool reverse)
    {
        using var model = TestModels.Nano(config: Model.Config with { MemoryTemporalStrideForEval = stride });
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
                Model, new DrawnVideo(70), Logits with { RememberedFrames = remembered, RememberedAroundFirst = aroundFirst });
            session.AddPoints(20, 1, ClickOn(1, 20));
            _ = session.Propagate().Last();
            return session.Propagate(reverse: true).ToList();
        }

        var unlimited = ThereAndBack(remembered: 100, aroundFirst: 0);
        AssertEqual(ThereAndBack(remembered: 32, aroundFirst: 16), unlimited);
        Assert.That(ThereAndBack(remembered: 32, aroundFirst: 0)[5][1].Logits, Is.Not.EqualTo(unlimited[5][1].Logits), "the test tests something");
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
    public void Five_thousand_frames_take_the_memory_of_two_hundred()
    {
        const int objects = 4;
        var video = new DrawnVideo(5000, 64, 48);
        // What grows with length does so at any resolution.
        using var model = TestModels.Nano(config: Sam2Presets.Nano with { ImageSize = 32 });
        // On each frame, three objects are tracked together and one alone.
        using var session = new VideoSession(model, video, new() { ObjectBatch = objects - 1 });
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

        TestContext.Out.WriteLine($"{early >> 20} MB until frame 200, {late >> 20} MB later");
        Assert.That(late, Is.LessThan(1.03 * early));
    }

    private void TrackAndCorrect()
    {
        using var session = new VideoSession(Model, Video);
        session.AddPoints(0, 1, ClickOn(1, 0));
        session.AddMask(1, 2, Video.Drawn(1).Mask(2));
        foreach (var masks in session.Propagate(maxFrames: 4))
        {
            if (masks.Frame == 2) session.AddPoints(2, 1, ClickOn(1, 2));
        }

        session.ClearPrompts(1, 2);
        session.AddPoints(3, 2, ClickOn(2, 3));
        _ = session.Propagate(startFrame: 3, reverse: true).ToList();
        session.RemoveObject(1);
    }
}
