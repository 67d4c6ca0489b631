using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking.Policies;
using TestSupport;

namespace Sam2.Torch.Tests.Tracking.Policies;

/// <summary>What holds for all memory policies alike, in sessions with a model.</summary>
[TestFixture]
public class PolicySessionTests
{
    private static readonly string[] Policies =
        ["sam2", "sam2:stride=2", "samurai:stable_frames=2", "sam2long", "dam4sam:interval=2,min_iou=0.3,max_overlap=1", "efficient", "slow:interval=1,min_iou=0.2"];

    private Sam2Model _model = null!;
    private DrawnVideo _video = null!;

    // Long enough that its length, which a live session doesn't know, doesn't limit the object pointers.
    private DrawnVideo _long = null!;

    [OneTimeSetUp]
    public void Load()
    {
        _model = TestModels.Nano(config: Sam2Presets.Nano with { ImageSize = 64 });
        _video = new DrawnVideo(8);
        _long = new DrawnVideo(20);
    }

    [OneTimeTearDown]
    public void Free() => _model.Dispose();

    [TestCaseSource(nameof(Policies))]
    public void Objects_do_not_influence_each_other_and_runs_are_repeated_exactly(string memory)
    {
        var together = Track(memory, [1, 3]);
        var again = Track(memory, [1, 3]);
        var alone = Track(memory, [3]);
        Assert.That(again, Is.EqualTo(together));
        Assert.That(alone[3], Is.EqualTo(together[3]).Within(1e-4f));
    }

    [TestCaseSource(nameof(Policies))]
    public void A_live_session_gives_what_one_with_a_source_gives(string memory)
    {
        using var session = VideoSession.Live(_model, Options(memory));
        var logits = new List<float>();
        _ = session.PushFrame(_long.Read(0)!);
        session.AddMask(0, 1, _long.Drawn(0).Mask(1));
        for (var frame = 1; frame < 6; frame++) logits.AddRange(session.PushFrame(_long.Read(frame)!)[1].Logits!.Cast<float>());
        Assert.That(logits, Is.EqualTo(Track(memory, [1], video: _long)[1]).Within(1e-4f));
    }

    [TestCaseSource(nameof(Policies))]
    public void Tracking_turns_round_and_corrections_are_taken(string memory)
    {
        using var session = new VideoSession(_model, _video, Options(memory));
        session.AddMask(3, 1, _video.Drawn(3).Mask(1));
        var forwards = session.Propagate(startFrame: 3).ToList();
        var backwards = session.Propagate(startFrame: 3, reverse: true).ToList();
        Assert.That(forwards.Select(f => f.Frame), Is.EqualTo(new[] { 3, 4, 5, 6, 7 }));
        Assert.That(backwards.Select(f => f.Frame), Is.EqualTo(new[] { 3, 2, 1, 0 }));
        session.AddPoints(6, 1, new PointPrompt(60, 45));
        Assert.That(session.Propagate(startFrame: 5).ToList(), Has.Count.EqualTo(3));
        session.ClearPrompts(6, 1);
        Assert.That(session.Propagate(startFrame: 3).SelectMany(f => f[1].Logits!.Cast<float>()), Has.All.Matches<float>(float.IsFinite));
    }

    [Test]
    public void SAM_2s_own_is_the_default_bit_for_bit() => Assert.That(Track("sam2", [1, 3]), Is.EqualTo(Track(null, [1, 3])));

    [Test]
    public void A_stride_is_that_of_the_models_configuration()
    {
        using var strided = new Sam2Model(_model.Config with { MemoryTemporalStrideForEval = 2 });
        strided.load_state_dict(_model.state_dict());
        strided.eval();
        Assert.That(Track("sam2:stride=2", [1]), Is.EqualTo(Track(null, [1], strided)));
    }

    private static VideoSessionOptions Options(string? memory) => new()
    {
        ReturnLogits = true, Memory = memory is null ? null : MemoryPolicies.Parse(memory).For(Sam2Presets.Nano with { ImageSize = 64 }),
    };

    /// <summary>The logits of frames 1 to 5, by object.</summary>
    private Dictionary<int, List<float>> Track(string? memory, int[] objects, Sam2Model? model = null, DrawnVideo? video = null)
    {
        video ??= _video;
        using var session = new VideoSession(model ?? _model, video, Options(memory));
        foreach (var id in objects) session.AddMask(0, id, video.Drawn(0).Mask((byte)id));
        var logits = objects.ToDictionary(id => id, _ => new List<float>());
        foreach (var frame in session.Propagate(maxFrames: 5).Skip(1))
        {
            foreach (var id in objects) logits[id].AddRange(frame[id].Logits!.Cast<float>());
        }

        return logits;
    }
}
