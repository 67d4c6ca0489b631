using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Ablation;
using Sam2.Torch.Training.Recipes;
using TestSupport;

namespace Sam2.Torch.Training.Tests.Ablation;

public sealed class SweepPlanTests : FolderTests
{
    [SetUp]
    public void WriteFiles()
    {
        File.WriteAllText(Folder["r.yaml"], "steps: 100\nmodel: {architecture: sam2.1_hiera_nano}\ndata: {train: [{frames: 8}]}\n");
    }

    [Test]
    public void A_grid_has_every_choice_with_every_other_and_every_seed()
    {
        var variants = Variants("""
            recipe: r.yaml
            seeds: [4, 5]
            set: {steps: 7}
            axes:
              - {name: memories, key: model.settings.num_maskmem, values: [1, 7]}
              - name: data
                choices:
                  - {name: short, set: {data.train.0.frames: 2}}
                  - {name: long}
            """);
        Assert.That(variants.Select(v => v.Name), Is.EqualTo(new[] { "memories 1, data short", "memories 1, data long", "memories 7, data short", "memories 7, data long" }));
        var recipe = variants[2].Recipes[5];
        Assert.That((recipe.Seed, recipe.Steps, recipe.Data.Train[0].Frames), Is.EqualTo((5UL, 7L, 2)));
        Assert.That(ModelFactory.Configure(recipe.Model).NumMaskmem, Is.EqualTo(7));
        Assert.That(ModelFactory.Configure(variants[0].Recipes[4].Model).NumMaskmem, Is.EqualTo(1));
        Assert.That(variants[0].Choices["memories"].At, Is.EqualTo(1));
    }

    [Test]
    public void One_at_a_time_has_the_recipe_and_every_choice_alone()
    {
        var variants = Variants("""
            recipe: r.yaml
            combine: one_at_a_time
            axes:
              - {name: memories, key: model.settings.num_maskmem, values: [1]}
              - {name: frames, key: data.train.0.frames, values: [2, 4]}
            """);
        Assert.That(variants.Select(v => v.Name), Is.EqualTo(new[] { "recipe as it is", "memories 1", "frames 2", "frames 4" }));
        Assert.That(variants.Select(v => v.Recipes[1].Data.Train[0].Frames), Is.EqualTo(new[] { 8, 8, 2, 4 }));
        Assert.That(variants.Select(v => ModelFactory.Configure(v.Recipes[1].Model).NumMaskmem), Is.EqualTo(new[] { 7, 1, 7, 7 }));
    }

    [Test]
    public void The_command_line_replaces_settings_of_all_runs_but_not_what_is_varied()
    {
        var variants = Variants("recipe: r.yaml\nset: {log.every: 3}\naxes: [{name: steps, key: steps, values: [5, 6]}]\n", "steps=9", "log.every=4");
        Assert.That(variants.Select(v => (v.Recipes[1].Steps, v.Recipes[1].Log.Every)), Is.EqualTo(new[] { (5L, 4), (6L, 4) }));
    }

    [Test]
    public void A_number_alone_is_a_learning_rate_wherever_one_may_stand()
    {
        var variants = Variants("""
            recipe: r.yaml
            set: {optimizer.weight_decay: 0.2}
            axes:
              - {name: rate, key: optimizer.lr, values: [[5e-4], 1e-3]}
            """, "optimizer.layer_decay=");
        Assert.That(variants.Select(v => v.Recipes[1].Optimizer.Lr.Single().ToSchedule().At(0.5)), Is.EqualTo(new[] { 5e-4, 1e-3 }));
        Assert.That(variants.Select(v => v.Recipes[1].Optimizer.WeightDecay.Single().Value), Is.All.EqualTo(0.2));
    }

    [Test]
    public void A_sweep_in_csharp_has_the_variants_of_one_in_a_file()
    {
        var fromFile = Variants("""
            recipe: r.yaml
            seeds: [4]
            axes:
              - {name: memories, key: model.settings.num_maskmem, values: [1, 7]}
              - name: data
                choices:
                  - {name: short, set: {data.train.0.frames: 2, model.settings: {image_size: 64}}}
                  - {name: long}
            """);
        var recipe = RecipeYaml.Read(Folder["r.yaml"]);
        var variants = SweepPlan.Variants(new Sweep
        {
            Recipe = recipe,
            Seeds = [4],
            Axes =
            [
                new() { Name = "memories", Key = "model.settings.num_maskmem", Values = [1, 7] },
                new() { Name = "data", Choices =
                [
                    new() { Name = "short", Set = new() { ["data.train.0.frames"] = 2, ["model.settings"] = new PlainDictionary { ["image_size"] = 64 } } },
                    new() { Name = "long" },
                ] },
            ],
        });
        Assert.That(variants.Select(v => v.Name), Is.EqualTo(fromFile.Select(v => v.Name)));
        Assert.That(variants.Select(v => v.Settings), Is.EqualTo(fromFile.Select(v => v.Settings)));
        Assert.That(variants.Select(v => RecipeYaml.Format(v.Recipes[4])), Is.EqualTo(fromFile.Select(v => RecipeYaml.Format(v.Recipes[4]))));
        Assert.That(variants[0].Choices["memories"].At, Is.EqualTo(1));
    }

    [Test]
    public void A_choice_may_change_the_recipe_in_csharp_and_the_settings_that_this_changes_are_named()
    {
        var variants = SweepPlan.Variants(new Sweep
        {
            Recipe = RecipeYaml.Read(Folder["r.yaml"]),
            Seeds = [1],
            Combine = SweepCombination.OneAtATime,
            Axes =
            [
                new() { Name = "clicks", Choices =
                [
                    new()
                    {
                        Name = "many", Set = new() { ["steps"] = 50 },
                        Change = recipe => recipe with { Steps = 2 * recipe.Steps, Prompting = recipe.Prompting with { NumCorrectionPtPerFrame = 9 } },
                    },
                ] },
            ],
        });
        Assert.That(variants.Select(v => (v.Name, v.Recipes[1].Steps)), Is.EqualTo(new[] { ("recipe as it is", 100L), ("clicks many", 100L) }));
        Assert.That(variants[0].Settings, Is.Empty);
        Assert.That(variants[1].Settings, Is.EqualTo(new[] { "steps=50", "steps=100", "prompting.num_correction_pt_per_frame=9" }));
        Assert.That(variants[1].Recipes[1].Prompting.NumCorrectionPtPerFrame, Is.EqualTo(9));
    }

    [Test]
    public void Every_variant_of_the_repositorys_ablations_can_begin()
    {
        var variants = SweepPlan.Variants(SweepYaml.Read(Path.Combine(RepositoryFiles.Root, "recipes", "ablations.yaml")));
        Assert.That(variants, Has.Count.GreaterThan(15));
        foreach (var variant in variants)
            Assert.That(() => TrainingRun.Check(variant.Recipes[1]), Throws.Nothing, variant.Name);
    }

    [TestCase("axes: []", "names no recipe")]
    [TestCase("recipe: none.yaml", "none.yaml")]
    [TestCase("recipe: r.yaml\naxes: [{name: a, choices: [{name: b, change: 1}]}]", "unknown setting 'axes.0.choices.0.change'")]
    [TestCase("recipe: r.yaml\nseeds: [1, 1]", "seeds")]
    [TestCase("recipe: r.yaml\naxis: []", "'axes'")]
    [TestCase("recipe: r.yaml\naxes: [{name: a, key: steps}]", "a: has neither key and values")]
    [TestCase("recipe: r.yaml\naxes: [{name: a, key: stps, values: [1]}]", "unknown setting 'stps'")]
    [TestCase("recipe: r.yaml\naxes: [{name: a, key: data.train.1.frames, values: [1]}]", "entry '1' of a list of 1")]
    [TestCase("recipe: r.yaml\naxes: [{name: a, key: steps, values: [1, 1]}]", "'a 1' twice")]
    public void Mistakes_are_refused(string text, string what) =>
        Assert.That(() => Variants(text), Throws.TypeOf<ConfigurationException>().With.Message.Contains(what));

    [Test]
    public void Mean_and_spread_are_those_of_a_sample()
    {
        var score = MeanAndSpread.Of([0.5, double.NaN, 0.6, 0.7]);
        Assert.That(score.Count, Is.EqualTo(3));
        Assert.That(new[] { score.Mean, score.Spread!.Value }, Is.EqualTo(new[] { 0.6, 0.1 }).Within(1e-12));
        Assert.That(score.ToString(), Is.EqualTo("0.600 ± 0.100"));
        Assert.That(MeanAndSpread.Of([0.25]).ToString(), Is.EqualTo("0.250"));
        Assert.That(MeanAndSpread.Of([]).ToString(), Is.EqualTo("–"));
    }

    private IReadOnlyList<SweepVariant> Variants(string text, params string[] overrides)
    {
        File.WriteAllText(Folder["s.yaml"], text);
        return SweepPlan.Variants(SweepYaml.Read(Folder["s.yaml"], overrides));
    }
}
