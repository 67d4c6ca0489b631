using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Training.Ablation;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Optimization;
using Sam2.Torch.Training.Recipes;
using TestSupport;

namespace Sam2.Torch.Training.Tests;

/// <summary>Files of a run that were damaged between two processes end in an error that names them.</summary>
public sealed class DamagedRunTests : FolderTests
{
    private static readonly Recipe Short = new()
    {
        Steps = 1,
        Model = new() { Architecture = "sam2.1_hiera_nano" },
        Log = new() { Tensorboard = false },
    };

    [Test]
    public void A_state_of_training_with_impossible_numbers_is_refused()
    {
        using var model = ModelFactory.Create(Short.Model, Short.Seed);
        using (var trainer = Prepare(model)) trainer.Run();
        var path = new TrainingFolder(Folder.Path).Checkpoint;
        var good = File.ReadAllBytes(path);
        (string Name, object? Value)[] damages =
        [
            ("elapsed_seconds", "NaN"), ("elapsed_seconds", "-1"), ("elapsed_seconds", "1e300"), ("loss_scale_steps", 1L << 40), ("loss_scale_steps", -1L),
            ("step", -1L), ("position", -1L), ("best_step", -5L), ("validated_step", -1L), ("mean_loss_count", long.MinValue), ("scores", null), ("optimizer", 3L),
        ];
        foreach (var (name, value) in damages)
        {
            File.WriteAllBytes(path, good);
            using (var checkpoint = Checkpoint.Open(path))
            {
                var training = new PlainDictionary((PlainDictionary)checkpoint.Entries["training"]!);
                training.Set(name, value);
                var entries = new PlainDictionary(checkpoint.Entries);
                entries.Set("training", training);
                CheckpointWriter.Save(path, checkpoint, entries);
            }
            using var trainer = Prepare(model);
            Assert.That(() => trainer.Resume(), Throws.TypeOf<CheckpointException>().With.Message.StartsWith(path), $"{name}: {value}");
        }
    }

    [TestCase(-1)]
    [TestCase(101)]
    [TestCase(long.MaxValue)]
    public void A_position_that_the_data_does_not_have_is_refused_at_once(long position)
    {
        using var mixture = new BatchMixture([(new NoClips(), new ConstantSchedule(1))], seed: 1, total: 100, ahead: 0);
        Assert.That(() => mixture.Seek(position), Throws.InstanceOf<ArgumentOutOfRangeException>());
        mixture.Seek(100);
        Assert.That(mixture.Position, Is.EqualTo(100));
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("""{"scores": [], "parameters": 1, "hours": 1, "error": null}""")]
    [TestCase("""{"scores": {}, "parameters": 1.5, "hours": 1, "error": null}""")]
    [TestCase("""{"scores": {}, "parameters": 1, "hours": "1", "error": null}""")]
    [TestCase("""{"scores": {}, "parameters": 1, "hours": 1, "error": 7}""")]
    public void A_damaged_result_of_a_sweep_is_named(string result)
    {
        var (sweep, variant, run) = WriteRun();
        File.WriteAllText(Path.Combine(run.Path, "result.json"), result);
        Assert.That(() => sweep.Result(variant, 1), Throws.TypeOf<ConfigurationException>().With.Message.Contains("result.json"));
    }

    [Test]
    public void A_result_of_a_sweep_without_its_recipe_is_named()
    {
        var (sweep, variant, run) = WriteRun();
        File.WriteAllText(Path.Combine(run.Path, "result.json"), """{"scores": {"j&f": 0.5, "x": null}, "parameters": 1, "hours": 1, "error": null}""");
        Assert.That(sweep.Result(variant, 1)!["j&f"], Is.EqualTo(0.5));
        File.Delete(run.Recipe);
        Assert.That(() => sweep.Result(variant, 1), Throws.TypeOf<ConfigurationException>().With.Message.Contains(run.Path));
    }

    [Test]
    public void Damaged_lines_of_a_log_are_left_out_of_the_report()
    {
        var (sweep, variant, run) = WriteRun();
        File.WriteAllText(run.JsonLines, "{\"step\": 1, \"losses\": {\"core_loss\": 2.5}}\n[]\n3\n{\"losses\": 4}\n{\"losses\": {}}\n{\"step\": 1.5, \"losses\": {\"core_loss\": 1}}\n{\"ste");
        Assert.That(sweep.Losses(variant, 1), Is.EqualTo(new[] { (1L, 2.5) }));
    }

    private (SweepFolder Sweep, SweepVariant Variant, TrainingFolder Run) WriteRun()
    {
        var variant = new SweepVariant("a", new Dictionary<string, SweepChoice>(), [], new Dictionary<long, Recipe> { [1] = Short });
        var sweep = new SweepFolder(Folder.Path);
        var run = sweep.Run(variant, 1);
        Directory.CreateDirectory(run.Path);
        File.WriteAllText(run.Recipe, RecipeYaml.Format(Short));
        return (sweep, variant, run);
    }

    private Trainer Prepare(Sam2Model model) => new(Short, model, new MovingSquares(), new TrainingFolder(Folder.Path));

    private sealed class NoClips : IClipSampler
    {
        public ClipBatch Draw(long number, IProgress<string>? progress, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
