using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>What a session refuses, and the reasons that it gives.</summary>
public class VideoSessionMisuseTests : VideoSessionFixture
{
    [Test]
    public void Misuse_is_refused_with_a_reason()
    {
        using var session = new VideoSession(Model, Video);
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
            Assert.That(() => session.PushFrame(Video.Read(0)!), Throws.InvalidOperationException);
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
    public void A_start_behind_the_end_of_aVideo_of_unknown_length_is_refused()
    {
        using var session = new VideoSession(Model, new UnknownLength(Video));
        session.AddPoints(0, 1, ClickOn(1, 0));
        Assert.That(() => session.Propagate(startFrame: 30).ToList(), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("30"));
        using var another = new VideoSession(Model, new UnknownLength(Video));
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
        using var session = new VideoSession(Model, Video);
        var (click, mask) = (ObjectPrompt.FromPoints(ClickOn(1, 0)), ObjectPrompt.FromMask(Video.Drawn(0).Mask(3)));
        session.AddPrompt(0, 1, click);
        Assert.That(session.AddPrompt(0, 3, mask)[3].Mask.Area, Is.Positive);
        Assert.That(() => session.AddPrompt(0, 1, click with { Mask = mask.Mask }), Throws.ArgumentException.With.Message.Contains("one of the two"));
    }

    [Test]
    public void Misuse_of_a_live_session_is_refused_with_a_reason()
    {
        using var session = VideoSession.Live(Model, new() { CachedFrames = 2 });
        Assert.That(() => session.AddPoints(0, 1, ClickOn(1, 0)), Throws.InstanceOf<ArgumentOutOfRangeException>());
        for (var i = 0; i < 4; i++) session.PushFrame(Video.Read(i)!);
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
        Assert.That(() => new VideoSession(imagesOnly, Video), Throws.ArgumentException.With.Message.Contains("training mode"));
        imagesOnly.eval();
        Assert.That(() => new VideoSession(imagesOnly, Video), Throws.ArgumentException.With.Message.Contains("no memory"));
        Assert.That(() => new VideoSession(Model, Video, new() { ObjectBatch = 0 }), Throws.ArgumentException.With.Message.Contains("ObjectBatch"));
    }
}
