using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Tracking;

/// <summary>Policies as someone writes them against the package: only its public members are used.</summary>
[TestFixture]
public class MemoryPolicyTests
{
    private Sam2Model _model = null!;
    private DrawnVideo _video = null!;

    [OneTimeSetUp]
    public void Load()
    {
        _model = TestModels.Nano(config: Sam2Presets.Nano with { ImageSize = 64 });
        _video = new DrawnVideo(8);
    }

    [OneTimeTearDown]
    public void Free() => _model.Dispose();

    [Test]
    public void A_policy_that_keeps_prompted_frames_only_tracks_each_frame_from_the_prompt()
    {
        ConditioningFramesOnly? policy = null;
        using var session = Session(_ => policy = new ConditioningFramesOnly());
        var tracked = session.Propagate(maxFrames: 5).ToList();
        Assert.That(policy!.ConditioningFrames, Is.EqualTo((int[])[0]));
        Assert.That(policy.OtherFrames, Is.Empty);

        using var usual = Session(memory: null);
        AssertEqual(usual.Propagate(startFrame: 5, maxFrames: 0).Single(), tracked[5]);
        using var remembering = Session(memory: null);
        var withOthers = remembering.Propagate(maxFrames: 5).Last();
        Assert.That(withOthers[1].Logits!.Cast<float>(), Is.Not.EqualTo(tracked[5][1].Logits!.Cast<float>()));
    }

    [Test]
    public void A_policy_is_told_of_every_frame_and_asked_what_to_attend_to()
    {
        var policies = new Dictionary<int, Recorder>();
        using (var session = Session(id => policies[id] = new Recorder(_model.Config)))
        using (var usual = Session(memory: null))
        {
            foreach (var (actual, expected) in session.Propagate(maxFrames: 2).Zip(usual.Propagate(maxFrames: 2))) AssertEqual(expected, actual);
        }

        Assert.That(policies.Keys, Is.EqualTo((int[])[1]));
        Assert.That(policies[1].Calls, Is.EqualTo((string[])
        [
            "add 0, conditioning", "prompted 0", "prompted 0", "select for 1", "add 1", "select for 2", "add 2", "dispose",
        ]));
    }

    [Test]
    public void Prompts_that_are_taken_back_and_objects_that_are_removed_reach_the_policy()
    {
        var policy = new Recorder(_model.Config);
        using var session = Session(_ => policy);
        _ = session.Propagate(maxFrames: 0).Single();
        session.ClearPrompts(0, 1);
        session.RemoveObject(1);
        Assert.That(policy.Calls[^2..], Is.EqualTo((string[])["demote 0", "dispose"]));
    }

    [Test]
    public void A_policy_can_drop_the_frames_on_which_the_object_is_lost()
    {
        ForgetsLostFrames? policy = null;
        using var session = Session(_ => policy = new ForgetsLostFrames(_model.Config));
        foreach (var masks in session.Propagate(maxFrames: 4).Skip(1))
            Assert.That(policy!.HasOther(masks.Frame), Is.EqualTo(masks[1].ObjectScore > 0));
    }

    [Test]
    public void A_selection_of_nothing_or_of_unknown_positions_is_refused_with_a_reason()
    {
        using var nothing = Session(_ => new Selects(new([], [], 1)));
        Assert.That(() => nothing.Propagate(maxFrames: 1).Last(), Throws.InvalidOperationException.With.Message.Contains("attends to nothing"));
        using var beyond = Session(_ => new Selects(new([new(0, Conditioning: true, Offset: _model.Config.NumMaskmem)], [], 1)));
        Assert.That(() => beyond.Propagate(maxFrames: 1).Last(), Throws.InvalidOperationException.With.Message.Contains("temporal position"));
    }

    [Test]
    public void The_usual_memory_is_bounded_and_frees_what_it_forgets()
    {
        using var bank = new MemoryBank(capacity: 2);
        var outputs = Enumerable.Range(0, 6).Select(_ => new FrameOutput(zeros(1, 1, 4, 4), zeros(1, 8), ones(1, 1), zeros(1, 16, 4))).ToList();
        bank.Add(0, outputs[0], conditioning: true);
        for (var frame = 1; frame < outputs.Count; frame++) bank.Add(frame, outputs[frame], conditioning: false);
        Assert.That(bank.ConditioningFrames, Is.EqualTo((int[])[0]));
        Assert.That(bank.OtherFrames, Is.EqualTo((int[])[4, 5]));
        Assert.That(outputs.Select(o => o.MaskLogits.IsInvalid), Is.EqualTo((bool[])[false, true, true, true, false, false]));
        Assert.That(outputs.Select(o => o.Memory!.Features.IsInvalid), Is.EqualTo((bool[])[false, true, true, true, false, false]));
    }

    private VideoSession Session(Func<int, IMemoryPolicy>? memory)
    {
        var session = new VideoSession(_model, _video, new() { ReturnLogits = true, Memory = memory });
        session.AddMask(0, 1, _video.Drawn(0).Mask(1));
        return session;
    }

    private static void AssertEqual(FrameMasks expected, FrameMasks actual)
    {
        Assert.That(actual.Frame, Is.EqualTo(expected.Frame));
        Assert.That(actual[1].Logits!.Cast<float>(), Is.EqualTo(expected[1].Logits!.Cast<float>()).Within(1e-5f));
    }

    private sealed class ConditioningFramesOnly() : MemoryBank(capacity: 1)
    {
        public override void Add(int frame, FrameOutput output, bool conditioning)
        {
            if (conditioning) base.Add(frame, output, conditioning);
            else output.Dispose();
        }
    }

    private sealed class ForgetsLostFrames(Sam2Config config) : MemoryBank(config)
    {
        public override void Add(int frame, FrameOutput output, bool conditioning)
        {
            if (conditioning || output.ObjectScore.item<float>() > 0) base.Add(frame, output, conditioning);
            else output.Dispose();
        }
    }

    private sealed class Selects(MemorySelection selection) : MemoryBank(capacity: 1)
    {
        public override MemorySelection Select(Sam2Config config, FramePosition at, bool training) => selection;
    }

    /// <summary>SAM 2's own memory behind an implementation of the whole interface.</summary>
    private sealed class Recorder(Sam2Config config) : IMemoryPolicy
    {
        private readonly MemoryBank _inner = new(config);

        public List<string> Calls { get; } = [];

        public IReadOnlyCollection<int> ConditioningFrames => _inner.ConditioningFrames;

        public IReadOnlyCollection<int> OtherFrames => _inner.OtherFrames;

        public bool HasOther(int frame) => _inner.HasOther(frame);

        public FrameMemory Conditioning(int frame) => _inner.Conditioning(frame);

        public FrameMemory Other(int frame) => _inner.Other(frame);

        public FrameOutput? Find(int frame) => _inner.Find(frame);

        public MemorySelection Select(Sam2Config config, FramePosition at, bool training)
        {
            Calls.Add($"select for {at.Frame}");
            return _inner.Select(config, at, training);
        }

        public void Add(int frame, FrameOutput output, bool conditioning)
        {
            Calls.Add($"add {frame}{(conditioning ? ", conditioning" : "")}");
            _inner.Add(frame, output, conditioning);
        }

        public void OnPrompted(int frame)
        {
            Calls.Add($"prompted {frame}");
            _inner.OnPrompted(frame);
        }

        public bool Demote(int frame)
        {
            Calls.Add($"demote {frame}");
            return _inner.Demote(frame);
        }

        public void Dispose()
        {
            Calls.Add("dispose");
            _inner.Dispose();
        }
    }
}
