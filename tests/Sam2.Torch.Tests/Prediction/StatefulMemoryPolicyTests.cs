using System.Globalization;
using NUnit.Framework;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>Policies with state of their own, as someone writes them against the package: only its public members are used.</summary>
[TestFixture]
public class StatefulMemoryPolicyTests : FolderTests
{
    private const int Stop = 4;

    private static readonly VideoMaskGeneratorOptions Options = new()
    {
        Candidates = new() { PointsPerSide = 4, PredIouThreshold = 0.5, StabilityScoreThreshold = 0.5 },
        SearchInterval = 0,
        MaxObjects = 2,
    };

    private Sam2Model _model = null!;
    private DrawnVideo _video = null!;
    [OneTimeSetUp]
    public void Load()
    {
        _model = TestModels.Shipped();
        _video = new DrawnVideo(8, 160, 120);
    }

    [OneTimeTearDown]
    public void Free() => _model.Dispose();

    [Test]
    public void A_policy_with_state_goes_on_as_if_it_had_not_been_interrupted()
    {
        var (whole, parts) = (new Dictionary<int, RemembersEveryThird>(), new Dictionary<int, RemembersEveryThird>());
        using var uninterrupted = new VideoMaskGenerator(_model, _video, With(id => whole[id] = new RemembersEveryThird()));
        var expected = uninterrupted.Generate().ToList();
        Assert.That(whole, Is.Not.Empty);

        SaveAfterStop(_ => new RemembersEveryThird());
        using var resumed = VideoMaskGenerator.Resume(State, _model, _video, With(id => parts[id] = new RemembersEveryThird()));
        var actual = resumed.Generate().ToList();
        Assert.That(
            actual.SelectMany(frame => frame.Masks).Select(mask => (mask.MaskletId, mask.Mask)),
            Is.EqualTo(expected.Skip(Stop).SelectMany(frame => frame.Masks).Select(mask => (mask.MaskletId, mask.Mask))));
        Assert.That(parts, Is.Not.Empty);
        foreach (var (id, policy) in parts)
        {
            Assert.That((policy.Seen, policy.ConditioningFrames, policy.OtherFrames), Is.EqualTo((whole[id].Seen, whole[id].ConditioningFrames, whole[id].OtherFrames)));
            Assert.That(policy.OtherFrames, Is.EqualTo(new[] { 3, 6 }), "third and sixth, counted over the interruption");
            Assert.That(policy.Scores, Is.EqualTo(whole[id].Scores).Within(1e-4), "all scores, those before the interruption too");
        }
    }

    [Test]
    public void A_policy_that_hides_its_state_is_refused_when_it_is_resumed()
    {
        SaveAfterStop(_ => new HidesItsState());
        Assert.That(
            () => VideoMaskGenerator.Resume(State, _model, _video, With(_ => new HidesItsState())),
            Throws.InvalidOperationException.With.Message.Contains(nameof(HidesItsState)).And.Message.Contains(nameof(IStatefulMemoryPolicy)));
    }

    [Test]
    public void A_run_is_not_resumed_with_another_policy()
    {
        SaveAfterStop(_ => new RemembersEveryThird());
        Assert.That(
            () => VideoMaskGenerator.Resume(State, _model, _video, Options),
            Throws.InvalidOperationException.With.Message.Contains(nameof(RemembersEveryThird)).And.Message.Contains(nameof(MemoryBank)));
        SaveAfterStop(memory: null);
        Assert.That(
            () => VideoMaskGenerator.Resume(State, _model, _video, With(_ => new RemembersEveryThird())),
            Throws.InvalidOperationException.With.Message.Contains("without state of its own").And.Message.Contains(nameof(RemembersEveryThird)));
    }

    [Test]
    public void A_state_is_bounded()
    {
        using var scope = NewDisposeScope();
        var large = zeros(1, dtype: ScalarType.Byte).expand(MemoryPolicyState.MaxTensorBytes + 1);
        Assert.That(() => new MemoryPolicyState(new string(' ', MemoryPolicyState.MaxTextLength)), Throws.Nothing);
        Assert.That(() => new MemoryPolicyState(new string(' ', MemoryPolicyState.MaxTextLength + 1)), Throws.ArgumentException.With.Message.Contains("1000001"));
        Assert.That(() => new MemoryPolicyState("", new Dictionary<string, Tensor> { ["large"] = large }), Throws.ArgumentException.With.Message.Contains("64000001 bytes"));
    }

    private string State => Folder["state.pt"];

    private static VideoMaskGeneratorOptions With(Func<int, IMemoryPolicy>? memory) => Options with { Tracking = Options.Tracking with { Memory = memory } };

    private void SaveAfterStop(Func<int, IMemoryPolicy>? memory)
    {
        using var generator = new VideoMaskGenerator(_model, _video, With(memory));
        _ = generator.Generate().Take(Stop).Count();
        generator.Save(State);
    }

    /// <summary>Remembers every third frame that comes, and the scores of all: neither can be told from the frames that it remembers.</summary>
    private sealed class RemembersEveryThird() : MemoryBank(capacity: 16), IStatefulMemoryPolicy
    {
        // The session makes the policy in a dispose scope of its own.
        private Tensor _scores = zeros(0).DetachFromDisposeScope();

        public int Seen { get; private set; }

        public float[] Scores => _scores.data<float>().ToArray();

        public override void Add(int frame, FrameOutput output, bool conditioning)
        {
            var scores = cat([_scores, output.ObjectScore.flatten()]);
            _scores.Dispose();
            _scores = scores.DetachFromDisposeScope();
            if (conditioning || ++Seen % 3 == 0) base.Add(frame, output, conditioning);
            else output.Dispose();
        }

        public MemoryPolicyState SaveState() => new(Seen.ToString(CultureInfo.InvariantCulture), new Dictionary<string, Tensor> { ["scores"] = _scores });

        public void Restore(MemoryPolicyState state, IReadOnlyList<(int Frame, FrameOutput Output, bool Conditioning)> frames)
        {
            Seen = int.Parse(state.Text, CultureInfo.InvariantCulture);
            _scores.Dispose();
            _scores = state.Tensors["scores"];
            foreach (var (frame, output, conditioning) in frames) base.Add(frame, output, conditioning);
        }

        public override void Dispose()
        {
            _scores.Dispose();
            base.Dispose();
        }
    }

    private sealed class HidesItsState() : MemoryBank(capacity: 16)
    {
        private int _seen;

        public override void Add(int frame, FrameOutput output, bool conditioning)
        {
            if (conditioning || ++_seen % 3 == 0) base.Add(frame, output, conditioning);
            else output.Dispose();
        }
    }
}
