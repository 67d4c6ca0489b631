using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Training.Logging;
using Sam2.Torch.Training.Optimization;
using Sam2.Torch.Training.Recipes;
using Sam2.Torch.Training.Validation;
using TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Tests;

public sealed class TrainerTests : FolderTests
{
    /// <summary>Dropout, stochastic depth, random prompts, averaging and accumulation: everything that a resumed run could get wrong.</summary>
    private static Recipe Short => new()
    {
        Steps = 6,
        Accumulate = 2,
        Model = new() { Architecture = "sam2.1_hiera_nano", Settings = Settings(("image_encoder", Settings(("trunk", Settings(("drop_path_rate", 0.1)))))) },
        Prompting = TrainingOptions.FineTuning with { NumCorrectionPtPerFrame = 1 },
        Optimizer = new()
        {
            Lr = [new() { Scheduler = ScheduleKind.Cosine, StartValue = 1e-3, EndValue = 1e-4 }, new() { Scheduler = ScheduleKind.Constant, Value = 5e-4, ParamNames = ["image_encoder.*"] }],
            MaxGradientNorm = 1,
        },
        Ema = new() { Decay = 0.9 },
        Log = new() { Every = 1, Tensorboard = false },
        Checkpoint = new() { Every = 3 },
    };

    private static Recipe WithoutChance => Short with
    {
        Steps = 3,
        Model = new()
        {
            Architecture = "sam2.1_hiera_nano",
            Settings = Settings(("memory_attention", Settings(("layer", Settings(
                ("dropout", 0L), ("self_attention", Settings(("dropout", 0L))), ("cross_attention", Settings(("dropout", 0L)))))))),
        },
    };

    [Test]
    public void A_run_that_was_cancelled_and_resumed_equals_an_uninterrupted_one_bit_for_bit()
    {
        var whole = Train(Short, "whole");
        using var cancel = new CancellationTokenSource();
        var source = new MovingSquares { Spoil = (position, _) => { if (position == 4) cancel.Cancel(); } };
        Assert.That(() => Train(Short, "parts", source, cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        var rest = Train(Short, "parts", resume: true);

        Assert.That(rest.Steps.Select(s => s.Step), Is.EqualTo(new long[] { 3, 4, 5, 6 }));
        Assert.That(rest.Steps.Select(s => s.Losses[0].Value), Is.EqualTo(whole.Steps.Skip(2).Select(s => s.Losses[0].Value)));
        AssertSameBytes("whole", "parts", "model.pt");
        using var scope = NewDisposeScope();
        using Checkpoint a = Checkpoint.Open(At("whole", "checkpoint.pt")), b = Checkpoint.Open(At("parts", "checkpoint.pt"));
        foreach (var (name, tensor) in a.StateDict)
            Assert.That(b.StateDict[name].Load().data<float>().ToArray(), Is.EqualTo(tensor.Load().data<float>().ToArray()), name);
        foreach (var key in new[] { "mean_loss", "mean_loss_count" })
            Assert.That(((PlainDictionary)b.Entries["training"]!)[key], Is.EqualTo(((PlainDictionary)a.Entries["training"]!)[key]), key);
    }

    [Test]
    public void Batches_side_by_side_give_the_weights_that_batches_in_turn_give()
    {
        var inTurn = Train(WithoutChance with { Accumulate = 3 }, "turn");
        var sideBySide = Train(WithoutChance with { Accumulate = 3, ConcurrentBatches = 2 }, "side");
        Train(WithoutChance with { Accumulate = 3, ConcurrentBatches = 2 }, "again");
        Assert.That(sideBySide.Steps.Select(s => s.Losses[0].Value), Is.EqualTo(inTurn.Steps.Select(s => s.Losses[0].Value)).Within(1e-3).Percent);
        Assert.That(sideBySide.Steps.Select(s => s.GradientNorm), Is.EqualTo(inTurn.Steps.Select(s => s.GradientNorm)).Within(0.1).Percent);
        AssertSameBytes("side", "again", "model.pt");
    }

    [Test]
    public void Batches_side_by_side_can_be_resumed_and_name_the_one_that_goes_wrong()
    {
        var recipe = WithoutChance with { ConcurrentBatches = 2, Checkpoint = new() { Every = 1 } };
        var whole = Train(recipe, "whole");
        var source = new MovingSquares { Spoil = (position, batch) => { if (position == 4) batch.Images.fill_(float.NaN); } };
        var error = Assert.Throws<TrainingException>(() => Train(recipe, "parts", source))!;
        Assert.That(error.Message, Does.Contain("step 3").And.Contain("squares/4-0").And.Not.Contain("squares/5-0"));
        Train(recipe, "parts", resume: true);
        AssertSameBytes("whole", "parts", "model.pt");
    }

    [Test]
    public void Batches_side_by_side_need_a_model_that_drops_nothing()
    {
        var error = Assert.Throws<ArgumentException>(() => Train(Short with { ConcurrentBatches = 2 }, "run"))!;
        Assert.That(error.Message, Does.Contain("concurrent_batches").And.Contain("dropout is 0.1"));
    }

    [Test]
    public void Batch_normalisation_needs_one_batch_after_the_other_in_float32()
    {
        using var model = new Sam2Model(SmallRelatives.EdgeTam());
        using var source = new MovingSquares();
        void Refused(Recipe recipe, string named) =>
            Assert.That(() => new Trainer(recipe, model, source, new TrainingFolder(Folder["run"])), Throws.ArgumentException.With.Message.Contains(named));
        Refused(WithoutChance with { ConcurrentBatches = 2 }, "concurrent_batches is 2");
        Refused(WithoutChance with { Precision = TrainingPrecision.Bf16 }, "precision is bf16");
    }

    // The combinations that recipes make: images or clips, one batch or two at once, half precision, a frozen image encoder.
    [TestCase(1, 1, TrainingPrecision.Fp32, false)]
    [TestCase(1, 2, TrainingPrecision.Fp32, false)]
    [TestCase(4, 1, TrainingPrecision.Fp32, true)]
    [TestCase(4, 2, TrainingPrecision.Fp32, false)]
    [TestCase(4, 2, TrainingPrecision.Bf16, true)]
    [TestCase(1, 1, TrainingPrecision.Bf16, false)]
    public void Checkpointing_takes_the_steps_that_are_taken_without_it(int frames, int concurrent, TrainingPrecision precision, bool frozen)
    {
        var recipe = WithoutChance with
        {
            Steps = 2,
            ConcurrentBatches = concurrent,
            Precision = precision,
            Model = WithoutChance.Model with { Frozen = frozen ? ["image_encoder.*"] : [] },
        };
        var kept = Train(recipe, "kept", new MovingSquares(frames: frames));
        var recomputed = Train(
            recipe with { Prompting = recipe.Prompting with { ActivationCheckpointing = true } }, "recomputed", new MovingSquares(frames: frames));
        // Gradients add up in another order, which shows in eight bits.
        var tolerance = precision == TrainingPrecision.Fp32 ? 1e-3 : 2;
        Assert.That(recomputed.Steps.Select(s => s.Losses[0].Value), Is.EqualTo(kept.Steps.Select(s => s.Losses[0].Value)).Within(tolerance).Percent);
        Assert.That(recomputed.Steps.Select(s => s.GradientNorm), Is.EqualTo(kept.Steps.Select(s => s.GradientNorm)).Within(Math.Max(0.1, tolerance)).Percent);
    }

    [Test]
    public void The_loss_falls()
    {
        var log = Train(Short with { Steps = 30, Accumulate = 1, Prompting = TrainingOptions.FineTuning with { NumCorrectionPtPerFrame = 0, ProbToUsePtInputForTrain = 0 } }, "run");
        double Mean(IEnumerable<StepRecord> records) => records.Average(r => r.Losses[0].Value);
        TestContext.Out.WriteLine(string.Join(" ", log.Steps.Select(s => $"{s.Losses[0].Value:0.00}")));
        Assert.That(Mean(log.Steps.TakeLast(5)), Is.LessThan(0.7 * Mean(log.Steps.Take(5))));
        Assert.That(log.Steps[0].Losses.Select(l => l.Key), Is.EqualTo(new[] { "core_loss", "loss_mask", "loss_dice", "loss_iou", "loss_class" }));
    }

    [Test]
    public void A_model_is_trained_in_bfloat16_and_resumed_from_its_float32_weights()
    {
        var recipe = Short with { Precision = TrainingPrecision.Bf16, Accumulate = 1, Steps = 4, Checkpoint = new() { Every = 2 }, Model = Short.Model with { Frozen = ["image_encoder.*"] } };
        var whole = Train(recipe, "whole");
        Assert.That(whole.Steps.Select(s => s.Losses[0].Value), Has.All.GreaterThan(0).And.All.LessThan(1e4));
        using var cancel = new CancellationTokenSource();
        var source = new MovingSquares { Spoil = (position, _) => { if (position == 2) cancel.Cancel(); } };
        Assert.That(() => Train(recipe, "parts", source, cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        Train(recipe, "parts", resume: true);
        AssertSameBytes("whole", "parts", "model.pt");

        // What is frozen is saved as it was, not rounded.
        using var scope = NewDisposeScope();
        using var untrained = ModelFactory.Create(recipe.Model, recipe.Seed);
        using var saved = Checkpoint.Open(At("whole", "model.pt"));
        foreach (var (name, weight) in untrained.state_dict())
            if (name.StartsWith("image_encoder.", StringComparison.Ordinal))
                Assert.That(saved.StateDict[name].Load().data<float>().ToArray(), Is.EqualTo(weight.data<float>().ToArray()), name);
    }

    [Test]
    public void Nothing_is_left_in_memory_from_step_to_step()
    {
        var live = new List<long>();
        var source = new MovingSquares { Spoil = (_, _) => live.Add(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount) };
        Train(Short, "run", source);
        Assert.That(live[^1], Is.EqualTo(live[2]), string.Join(" ", live));
    }

    [Test]
    public void A_loss_that_is_not_a_number_stops_the_run_and_the_batch_is_named()
    {
        var source = new MovingSquares { Spoil = (position, batch) => { if (position == 7) batch.Images.fill_(float.NaN); } };
        var error = Assert.Throws<TrainingException>(() => Train(Short, "run", source))!;
        Assert.That(error.Message, Does.Contain("step 4").And.Contain("squares/7-0").And.Contain("squares/7-1").And.Contain("checkpoint.pt"));
        // What was there before is still good.
        Assert.That(Train(Short, "run", resume: true).Steps.Select(s => s.Step), Is.EqualTo(new long[] { 4, 5, 6 }));
    }

    [Test]
    public void A_run_is_not_resumed_with_another_recipe()
    {
        Train(Short with { Steps = 2 }, "run");
        var error = Assert.Throws<CheckpointException>(() => Train(Short with { Steps = 2, Accumulate = 3 }, "run", resume: true))!;
        Assert.That(error.Message, Does.Contain("accumulate was 2, now 3"));
        // What has no influence on the weights may change.
        var other = Short with { Steps = 2, Log = new() { Every = 2, Tensorboard = false }, Checkpoint = new() { Every = 7 }, Threads = 1, Data = new() { Ahead = 5 }, Divergence = new() { LossFactor = 1000 } };
        Assert.That(() => Train(other, "run", resume: true), Throws.Nothing);
    }

    [Test]
    public void A_finished_run_can_be_prolonged_and_only_a_finished_one()
    {
        Train(Short with { Steps = 2 }, "run");
        var more = Train(Short with { Steps = 4 }, "run", resume: true);
        Assert.That(more.Steps.Select(s => s.Step), Is.EqualTo(new long[] { 3, 4 }));
        // The schedule goes on where the second step is on the longer course.
        Assert.That(more.Steps[0].LearningRate, Is.EqualTo(Train(Short with { Steps = 4 }, "whole").Steps[2].LearningRate));
        Assert.That(Assert.Throws<CheckpointException>(() => Train(Short with { Steps = 3 }, "run", resume: true))!.Message, Does.Contain("steps was 4, now 3"));

        using var cancel = new CancellationTokenSource();
        var source = new MovingSquares { Spoil = (position, _) => { if (position == 4) cancel.Cancel(); } };
        Assert.That(() => Train(Short, "parts", source, cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => Train(Short with { Steps = 9 }, "parts", resume: true), Throws.TypeOf<CheckpointException>().With.Message.Contains("steps was 6, now 9"));
    }

    [Test]
    public void The_weights_load_in_python_with_weights_only()
    {
        Train(Short with { Steps = 1 }, "run");
        foreach (var file in new[] { "model.pt", "checkpoint.pt" })
        {
            var said = PythonTorch.Run($"import torch; c = torch.load('{At("run", file)}', weights_only=True); print(len(c['model']), c['model']['image_encoder.trunk.pos_embed'].dtype)");
            using var checkpoint = Checkpoint.Open(At("run", file));
            Assert.That(said.Trim(), Is.EqualTo($"{checkpoint.StateDict.Count} torch.float32"));
        }
    }

    [Test]
    public void Weights_of_chosen_steps_are_kept_and_leftovers_of_a_killed_process_are_removed()
    {
        var recipe = Short with { Steps = 3, Accumulate = 1, Checkpoint = new() { Every = 10, KeepSteps = [1, 2] } };
        Train(recipe, "run");
        Assert.That(Directory.GetFiles(Folder["run"]).Select(Path.GetFileName), Is.EquivalentTo(new[] { "checkpoint.pt", "model.pt", "step_1.pt", "step_2.pt" }));
        File.WriteAllText(At("run", ".checkpoint.0123.tmp.pt"), "half a file");
        new TrainingFolder(Folder["run"]).RemoveLeftovers();
        Assert.That(Directory.GetFiles(Folder["run"]), Has.Length.EqualTo(4));
    }

    [Test]
    public void The_best_weights_and_the_last_ones_are_kept()
    {
        var scores = new Queue<double>([0.2, 0.5, 0.4]);
        var validator = new FixedScores(scores);
        var log = new RecordedLog();
        Directory.CreateDirectory(Folder["run"]);
        using (var model = ModelFactory.Create(Short.Model, Short.Seed))
        using (var source = new MovingSquares())
        using (var trainer = new Trainer(Short with { Validation = new() { Every = 2 }, Accumulate = 1 }, model, source, new TrainingFolder(Folder["run"]), validator, new() { Callbacks = [log] }))
            trainer.Run();
        Assert.That(log.Validations.Select(v => (v.Step, v.Best)), Is.EqualTo(new[] { (2L, true), (4L, true), (6L, false) }));
        using var scope = NewDisposeScope();
        using Checkpoint best = Checkpoint.Open(At("run", "best.pt")), last = Checkpoint.Open(At("run", "model.pt"));
        const string Key = "sam_mask_decoder.iou_token.weight";
        Assert.That(best.StateDict[Key].Load().data<float>().ToArray(), Is.EqualTo(validator.Seen[1]).And.Not.EqualTo(last.StateDict[Key].Load().data<float>().ToArray()));
    }

    private RecordedLog Train(Recipe recipe, string name, MovingSquares? source = null, CancellationToken cancellation = default, bool resume = false)
    {
        Directory.CreateDirectory(Folder[name]);
        var log = new RecordedLog();
        using var model = ModelFactory.Create(recipe.Model, recipe.Seed);
        source ??= new MovingSquares();
        using var trainer = new Trainer(recipe, model, source, new TrainingFolder(Folder[name]), parts: new() { Callbacks = [log] });
        if (resume)
            trainer.Resume();
        trainer.Run(cancellation);
        return log;
    }

    private string At(string run, string file) => Path.Combine(Folder[run], file);

    private void AssertSameBytes(string run, string other, string file) =>
        Assert.That(File.ReadAllBytes(At(other, file)), Is.EqualTo(File.ReadAllBytes(At(run, file))), file);

    private static PlainDictionary Settings(params (string Key, object? Value)[] settings) =>
        new(settings.Select(s => new KeyValuePair<string, object?>(s.Key, s.Value)));

    private sealed class FixedScores(Queue<double> scores) : IValidator
    {
        public List<float[]> Seen { get; } = [];

        public IReadOnlyList<KeyValuePair<string, double>> Validate(Sam2Model model, CancellationToken cancellationToken)
        {
            Assert.That(model.training, Is.False);
            using var scope = NewDisposeScope();
            Seen.Add(model.state_dict()["sam_mask_decoder.iou_token.weight"].detach().data<float>().ToArray());
            return [new("j&f", scores.Dequeue())];
        }
    }
}
