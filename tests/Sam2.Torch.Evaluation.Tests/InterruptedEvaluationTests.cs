using System.Runtime.InteropServices;
using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Modeling;
using Sam2.Torch.Tracking.Policies;
using TestSupport;
using TorchSharp;

namespace Sam2.Torch.Evaluation.Tests;

/// <summary>
/// A token that is cancelled, or a tensor operation without memory, at any place of an evaluation: no tensor is left behind, and the model gives
/// the same scores as before.
/// </summary>
public class InterruptedEvaluationTests
{
    private const int Places = 4;

    private Sam2Model _model = null!;
    private ModuleCalls _calls = null!;

    private static DrawnAnnotatedVideo Video => new("demo", 4, firstFrames: new Dictionary<int, int> { [2] = 1 });

    [OneTimeSetUp]
    public void Load()
    {
        // What is left behind doesn't depend on the resolution.
        _model = TestModels.Nano(config: Sam2Presets.Nano with { ImageSize = 64 });
        _calls = new ModuleCalls(_model);
    }

    [OneTimeTearDown]
    public void Free() => _model.Dispose();

    [Test]
    public void Following_from_prompts() => AssertUnharmed(observer => new SemiSupervisedProtocol(new() { Prompt = PromptKind.Click3 }).Run(_model, Video, observer).Rounds);

    [Test]
    public void Correcting_in_passes() => AssertUnharmed(observer => new OfflineProtocol(new() { AnnotatedFrames = 2 }).Run(_model, Video, observer).Rounds);

    [Test]
    public void Correcting_as_the_video_runs() => AssertUnharmed(observer => new OnlineProtocol(new() { AnnotatedFrames = 2 }).Run(_model, Video, observer).Rounds);

    [Test]
    public void Clicking_on_images() => AssertUnharmed(observer => new ImageProtocol(new() { Clicks = 5, FrameStride = 2 }).Run(_model, Video, observer).Objects);

    [Test]
    public void Comparing_memories() => AssertUnharmed(observer => Memories().Run(_model, Video, observer).Policies.Select(policy => policy.Rounds));

    [Test]
    public void Measuring_what_memories_cost() => AssertUnharmed(
        observer => Memories().MeasureCost(_model, Video, 4, observer.CancellationToken).Select(cost => cost.Memory));

    private static MemoryComparison Memories() => new([.. MemoryPolicies.Names.Take(2).Select(MemoryPolicies.Parse)], new());

    private void AssertUnharmed<T>(Func<VideoObserver, T> evaluate)
    {
        string Scores() => JsonSerializer.Serialize(evaluate(new VideoObserver()));
        var expected = Scores(); // also makes what the model keeps for every later run
        var all = _calls.Of(() => Scores());
        var before = torch.Tensor.TotalCount;
        var faults = 0;
        for (var place = 0; place < Places; place++)
        {
            var call = 1 + (place * (all - 1) / Places);
            foreach (var fails in new[] { false, true })
            {
                using var cancel = new CancellationTokenSource();
                _calls.At(call, fails ? ModuleCalls.RunOutOfMemory : cancel.Cancel);
                try
                {
                    evaluate(new VideoObserver(CancellationToken: cancel.Token));
                }
                catch (Exception e) when (e is OperationCanceledException or ExternalException)
                {
                    faults++;
                }

                _calls.At(int.MaxValue, () => { });
                Assert.That(torch.Tensor.TotalCount, Is.EqualTo(before), $"call {call} of {all}, {(fails ? "without memory" : "cancelled")}");
            }
        }

        // Nothing asks any more after the last frame has begun.
        Assert.That(faults, Is.GreaterThan(Places), "the test tests something");
        Assert.That(Scores(), Is.EqualTo(expected));
    }
}
