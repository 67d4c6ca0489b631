using System.Runtime.InteropServices;
using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Modeling;
using TestSupport;
using TorchSharp;

namespace Sam2.Torch.Evaluation.Tests;

/// <summary>
/// A token that is cancelled, or a tensor operation without memory, at any place of an evaluation: no tensor is left behind, and the model gives
/// the same scores as before.
/// </summary>
public class InterruptedEvaluationTests
{
    private const int Places = 6;

    private Sam2Model _model = null!;
    private ModuleCalls _calls = null!;

    private static long LiveTensors => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    [OneTimeSetUp]
    public void Load()
    {
        _model = TestModels.Nano();
        _calls = new ModuleCalls(_model);
    }

    [OneTimeTearDown]
    public void Free() => _model.Dispose();

    [Test]
    public void Following_from_prompts() => AssertUnharmed(observer => new SemiSupervisedProtocol(new()).Run(_model, new DrawnAnnotatedVideo("demo", 4), observer).Rounds);

    [Test]
    public void Correcting_in_passes() => AssertUnharmed(
        observer => new OfflineProtocol(new() { AnnotatedFrames = 2 }).Run(_model, new DrawnAnnotatedVideo("demo", 4), observer).Rounds);

    [Test]
    public void Correcting_as_the_video_runs() => AssertUnharmed(
        observer => new OnlineProtocol(new() { AnnotatedFrames = 2 }).Run(_model, new DrawnAnnotatedVideo("demo", 4), observer).Rounds);

    [Test]
    public void Clicking_on_images() => AssertUnharmed(
        observer => new ImageProtocol(new() { Clicks = 5, FrameStride = 2 }).Run(_model, new DrawnAnnotatedVideo("demo", 4), observer).Objects);

    private void AssertUnharmed<T>(Func<VideoObserver, T> evaluate)
    {
        string Scores() => JsonSerializer.Serialize(evaluate(new VideoObserver()));
        var expected = Scores(); // also makes what the model keeps for every later run
        var all = _calls.Of(() => Scores());
        var before = LiveTensors;
        var faults = 0;
        for (var place = 0; place < Places; place++)
        {
            var call = 1 + (place * (all - 1) / Places);
            using var cancel = new CancellationTokenSource();
            foreach (var fault in new Action[] { cancel.Cancel, ModuleCalls.RunOutOfMemory })
            {
                _calls.At(call, fault);
                try
                {
                    evaluate(new VideoObserver(CancellationToken: cancel.Token));
                }
                catch (Exception e) when (e is OperationCanceledException or ExternalException)
                {
                    faults++;
                }

                _calls.At(int.MaxValue, () => { });
                Assert.That(LiveTensors, Is.EqualTo(before), $"call {call} of {all}");
            }
        }

        Assert.That(faults, Is.GreaterThan(Places), "the test tests something");
        Assert.That(Scores(), Is.EqualTo(expected));
    }
}
