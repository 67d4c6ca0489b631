using System.Runtime.InteropServices;
using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Recipes;
using TestSupport;
using TorchSharp;

namespace Sam2.Torch.Training.Tests;

/// <summary>
/// A token that is cancelled, or a tensor operation without memory, at any place of training: no tensor is left behind, and the run goes on to
/// the bytes of an undisturbed one, in the same trainer or in a new one.
/// </summary>
public sealed class InterruptedTrainingTests : FolderTests
{
    private const int Places = 4;

    private static readonly Recipe Recipe = new()
    {
        Steps = 3,
        Accumulate = 2,
        Model = new()
        {
            Architecture = "sam2.1_hiera_nano",
            Settings = Settings(("image_size", 64L), ("memory_attention", Settings(("layer", Settings(
                ("dropout", 0L), ("self_attention", Settings(("dropout", 0L))), ("cross_attention", Settings(("dropout", 0L)))))))),
        },
        Prompting = TrainingOptions.FineTuning with { NumCorrectionPtPerFrame = 1 },
        Ema = new() { Decay = 0.9 },
        Log = new() { Every = 1, Tensorboard = false },
        Checkpoint = new() { Every = 2 },
    };

    [OneTimeSetUp]
    public void MakeWhatIsKeptForEveryLaterRun()
    {
        using var folder = new TemporaryFolder();
        using var run = new Run(Recipe with { Steps = 1 }, folder, "first");
        run.Trainer.Run();
    }

    [TestCase(1)]
    [TestCase(2)]
    public void Training_goes_on_in_the_same_trainer(int concurrent)
    {
        var recipe = Recipe with { ConcurrentBatches = concurrent };
        var (all, growth) = Undisturbed(recipe);
        var expected = File.ReadAllBytes(Folder.At("whole", "model.pt"));
        foreach (var (call, fails) in Faults(all))
        {
            var name = $"run{call}{fails}";
            var before = LiveTensors();
            using (var run = new Run(recipe, Folder, name))
            {
                Interrupt(run, call, fails);
                run.Trainer.Run();
            }

            Assert.That(File.ReadAllBytes(Folder.At(name, "model.pt")), Is.EqualTo(expected), $"call {call} of {all}, {(fails ? "without memory" : "cancelled")}");
            Assert.That(LiveTensors() - before, Is.EqualTo(growth), $"call {call} of {all}, {(fails ? "without memory" : "cancelled")}");
        }
    }

    [Test]
    public void A_cancelled_run_goes_on_in_another_trainer()
    {
        var (all, growth) = Undisturbed(Recipe);
        var expected = File.ReadAllBytes(Folder.At("whole", "model.pt"));
        foreach (var (call, _) in Faults(all).Where(fault => !fault.Fails))
        {
            var name = $"run{call}";
            var before = LiveTensors();
            using (var run = new Run(Recipe, Folder, name)) Interrupt(run, call, fails: false);
            Assert.That(LiveTensors() - before, Is.EqualTo(growth), $"call {call} of {all}");
            using (var rest = new Run(Recipe, Folder, name))
            {
                // In the first step there is nothing to go on from.
                if (File.Exists(Folder.At(name, "checkpoint.pt"))) rest.Trainer.Resume();
                rest.Trainer.Run();
            }

            Assert.That(File.ReadAllBytes(Folder.At(name, "model.pt")), Is.EqualTo(expected), $"call {call} of {all}");
        }
    }

    /// <summary>Trains undisturbed.</summary>
    /// <returns>How many calls of modules there are, and by how much TorchSharp's count of tensors grows: parameters are counted twice when they are made.</returns>
    private (int Calls, long Growth) Undisturbed(Recipe recipe)
    {
        var before = LiveTensors();
        int calls;
        using (var run = new Run(recipe, Folder, "whole")) calls = run.Calls.Of(() => run.Trainer.Run());
        return (calls, LiveTensors() - before);
    }

    private static long LiveTensors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return torch.Tensor.TotalCount;
    }

    private static IEnumerable<(int Call, bool Fails)> Faults(int all)
    {
        for (var place = 0; place < Places; place++)
        {
            // Nothing asks for the token any more once the last of three steps has its batches.
            var call = 1 + (place * (all - 1) / (Places + 2));
            yield return (call, false);
            yield return (call, true);
        }
    }

    private static void Interrupt(Run run, int call, bool fails)
    {
        using var cancel = new CancellationTokenSource();
        run.Calls.At(call, fails ? ModuleCalls.RunOutOfMemory : cancel.Cancel);
        Assert.That(() => run.Trainer.Run(cancel.Token), fails ? Throws.InstanceOf<ExternalException>() : Throws.InstanceOf<OperationCanceledException>(), $"call {call}");
        run.Calls.At(int.MaxValue, () => { });
        var left = torch.Tensor.TotalCount;
        Assert.That(LiveTensors(), Is.EqualTo(left), "nothing is left to the garbage collector");
    }

    private static PlainDictionary Settings(params (string Key, object? Value)[] settings) =>
        new(settings.Select(s => new KeyValuePair<string, object?>(s.Key, s.Value)));

    /// <summary>A trainer with all that belongs to it.</summary>
    private sealed class Run : IDisposable
    {
        private readonly Modeling.Sam2Model _model;
        private readonly MovingSquares _batches = new(size: 64);

        public Run(Recipe recipe, TemporaryFolder folder, string name)
        {
            Directory.CreateDirectory(folder.At(name));
            _model = ModelFactory.Create(recipe.Model, recipe.Seed);
            Calls = new ModuleCalls(_model);
            Trainer = new Trainer(recipe, _model, _batches, new TrainingFolder(folder.At(name)));
            LiveTensors(); // TorchSharp leaves some of a new module's to the collector
        }

        public ModuleCalls Calls { get; }

        public Trainer Trainer { get; }

        public void Dispose()
        {
            Trainer.Dispose();
            _batches.Dispose();
            _model.Dispose();
        }
    }
}
