using System.Globalization;
using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Prediction;
using TestSupport;
using TorchSharp;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>What a camera that never stops needs, and what many sessions of one model at once give.</summary>
public class SessionSoakTests : VideoSessionFixture
{
    /// <summary>
    /// Every so many frames an object is added and the oldest one removed, so that a session always does all it can do; after a few rounds
    /// it has as many objects and memories as a round ago.
    /// </summary>
    private const int Round = 40;

    private const int WarmUp = 5 * Round;

    /// <summary>Frames that are tracked; SAM2_SOAK_FRAMES=5000 is the long version.</summary>
    private static int Frames =>
        int.TryParse(Environment.GetEnvironmentVariable("SAM2_SOAK_FRAMES"), NumberStyles.None, CultureInfo.InvariantCulture, out var frames) ? frames : 600;

    [Test]
    public void Memory_stays_flat_while_objects_come_and_go()
    {
        // What grows with length does so at any resolution.
        using var model = TestModels.Nano(config: Sam2Presets.Nano with { ImageSize = 32 });
        using var session = VideoSession.Live(model, new() { RememberedFrames = 16, ObjectBatch = 2 });
        long tensors = 0, early = 0, late = 0;
        for (var frame = 0; frame < Frames; frame++)
        {
            session.PushFrame(Video.Read(frame % 20)!);
            switch (frame % Round)
            {
                case 0: session.AddPoints(frame, frame, ClickOn(1, frame % 20)); break;
                case 10: session.AddBox(frame, frame, BoxAround(2, frame % 20)); break;
                case 20: session.AddMask(frame, frame, Video.Drawn(frame % 20).Mask(3)); break;
                case 25: session.AddPoints(frame, session.ObjectIds[^1], ClickOn(3, frame % 20)); break;
                case 30: session.AddPoints(frame, frame, ClickOn(2, frame % 20)); session.ClearPrompts(frame, frame); session.RemoveObject(frame); break;
            }

            while (session.ObjectIds.Count > 4) session.RemoveObject(session.ObjectIds[0]);
            if (frame % 20 != 19) continue;
            // What a session holds counts, not the garbage that the runtime hasn't collected yet.
            GC.Collect(0, GCCollectionMode.Forced, blocking: true);
            if (frame > WarmUp) late = Math.Max(late, Environment.WorkingSet);
            else early = Math.Max(early, Environment.WorkingSet);
            if (frame % Round != Round - 1 || frame < WarmUp - 1) continue;
            var live = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
            if (tensors == 0) tensors = live;
            Assert.That(live, Is.EqualTo(tensors), $"live tensors on frame {frame}");
        }

        TestContext.Out.WriteLine($"{Frames} frames: {early / 1e6:0.0} MB until frame {WarmUp}, {late / 1e6:0.0} MB later, {tensors} live tensors");
        Assert.That(late, Is.LessThan(1.03 * early));
    }

    [Test]
    public void Ten_sessions_of_one_model_on_ten_threads_give_what_one_gives()
    {
        List<FrameMasks> Track()
        {
            // Frames are drawn on demand, which isn't for several threads.
            using var session = new VideoSession(Model, new DrawnVideo(24), Logits);
            session.AddPoints(0, 1, new PointPrompt(30, 40));
            session.AddBox(2, 2, new BoxPrompt(60, 30, 100, 70));
            var masks = session.Propagate(maxFrames: 8).ToList();
            session.AddPoints(5, 1, new PointPrompt(34, 44));
            masks.AddRange(session.Propagate(startFrame: 5, maxFrames: 3));
            return masks;
        }

        var expected = Track();
        var results = new List<FrameMasks>?[10];
        var errors = new List<Exception>();
        using var start = new Barrier(results.Length);
        var threads = Enumerable.Range(0, results.Length).Select(i => new Thread(() =>
        {
            try
            {
                start.SignalAndWait();
                results[i] = Track();
            }
            catch (Exception e)
            {
                lock (errors) errors.Add(e);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.That(errors, Is.Empty);
        foreach (var result in results) AssertEqual(result!, expected);
    }
}
