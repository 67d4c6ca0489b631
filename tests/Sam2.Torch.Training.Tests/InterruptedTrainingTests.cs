using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Recipes;
using TestSupport;
using TorchSharp;

namespace Sam2.Torch.Training.Tests;

/// <summary>A token that is cancelled at any place of training: no tensor is left behind, and the run goes on to the same bytes.</summary>
public sealed class InterruptedTrainingTests : FolderTests
{
    private const int Places = 4;

    private static readonly Recipe Recipe = new()
    {
        Steps = 3,
        Accumulate = 2,
        Model = new() { Architecture = "sam2.1_hiera_nano", Settings = new PlainDictionary { ["image_size"] = 64L } },
        Prompting = TrainingOptions.FineTuning with { NumCorrectionPtPerFrame = 1 },
        Ema = new() { Decay = 0.9 },
        Log = new() { Every = 1, Tensorboard = false },
        Checkpoint = new() { Every = 2 },
    };

    private static long LiveTensors => torch.Tensor.TotalCount;

    [Test]
    public void A_run_can_be_cancelled_anywhere_and_goes_on()
    {
        var all = Run("whole", int.MaxValue, resume: false);
        var expected = File.ReadAllBytes(Folder.At("whole", "model.pt"));
        for (var place = 0; place < Places; place++)
        {
            var call = 1 + (place * (all - 1) / Places);
            var name = $"run{place}";
            Assert.That(() => Run(name, call, resume: false), Throws.InstanceOf<OperationCanceledException>(), $"call {call} of {all}");
            // A run that is cancelled before its first step has left nothing to resume.
            Run(name, int.MaxValue, resume: File.Exists(new TrainingFolder(Folder[name]).Checkpoint));
            Assert.That(File.ReadAllBytes(Folder.At(name, "model.pt")), Is.EqualTo(expected), $"call {call} of {all}");
        }
    }

    /// <summary>Trains, cancels at one of the model's calls, and looks for tensors that are left.</summary>
    /// <returns>How many calls there were.</returns>
    private int Run(string name, int call, bool resume)
    {
        Directory.CreateDirectory(Folder[name]);
        using var cancel = new CancellationTokenSource();
        using var model = ModelFactory.Create(Recipe.Model, Recipe.Seed);
        var calls = new ModuleCalls(model);
        var before = LiveTensors;
        try
        {
            using var batches = new MovingSquares(size: 64);
            using var trainer = new Trainer(Recipe, model, batches, new TrainingFolder(Folder[name]));
            if (resume) trainer.Resume();
            calls.At(call, cancel.Cancel);
            return calls.Count(() => trainer.Run(cancel.Token));
        }
        finally
        {
            Assert.That(LiveTensors, Is.LessThanOrEqualTo(before), $"call {call}");
        }
    }
}
