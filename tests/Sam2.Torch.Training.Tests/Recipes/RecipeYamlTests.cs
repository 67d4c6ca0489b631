using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Augmentations;
using Sam2.Torch.Training.Losses;
using Sam2.Torch.Training.Optimization;
using Sam2.Torch.Training.Prompts;
using Sam2.Torch.Training.Recipes;
using TestSupport;

namespace Sam2.Torch.Training.Tests.Recipes;

public sealed class RecipeYamlTests : FolderTests
{
    [Test]
    public void Settings_of_a_file_replace_the_defaults_and_the_others_stay()
    {
        var recipe = Read("""
            steps: 12
            precision: bf16
            model: {architecture: sam2.1_hiera_nano, frozen: ['image_encoder.*'], settings: {memory_attention: {num_layers: 1}}}
            prompting:
              num_correction_pt_per_frame: 3
              pt_sampling_for_eval: uniform
            optimizer:
              lr: [{scheduler: composite, schedulers: [0.5, {scheduler: linear, start_value: 1, end_value: 2e-1}], lengths: [0.5, 0.5]}]
              layer_decay: {value: 0.8}
            """);
        Assert.That((recipe.Steps, recipe.Precision, recipe.Seed), Is.EqualTo((12, TrainingPrecision.Bf16, 123UL)));
        Assert.That(recipe.Model.Frozen, Is.EqualTo(new[] { "image_encoder.*" }));
        Assert.That((recipe.Prompting.NumCorrectionPtPerFrame, recipe.Prompting.PtSamplingForEval, recipe.Prompting.ProbToUsePtInputForTrain), Is.EqualTo((3, PointSampling.Uniform, 0.5)));
        Assert.That(recipe.Optimizer.Lr.Single().ToSchedule().At(0.75), Is.EqualTo(0.6).Within(1e-12));
        Assert.That((recipe.Optimizer.LayerDecay!.Value, recipe.Optimizer.LayerDecay.ApplyTo), Is.EqualTo((0.8, "image_encoder.trunk")));
        Assert.That(ModelFactory.Configure(recipe.Model).MemoryAttention.NumLayers, Is.EqualTo(1));
    }

    [TestCase("optimizer: {lr: 5e-4}")]
    [TestCase("optimizer: {lr: [5e-4]}")]
    [TestCase("optimizer: {lr: [{value: 5e-4}]}")]
    public void A_number_alone_is_a_constant_schedule(string text)
    {
        var recipe = Read(text);
        Assert.That(recipe.Optimizer.Lr.Single(), Is.EqualTo(new OptionSettings { Value = 5e-4 }));
        Assert.That(recipe.Optimizer.LayerDecay!.Value, Is.EqualTo(0.9), "what is not set stays");
    }

    [Test]
    public void What_is_written_is_read_again()
    {
        var recipe = Read("model: {architecture: sam2.1_hiera_nano}\ndata: {train: [{frames: 4, weight: 0.5, dataset: {options: {width: 64}}}], validation: {videos: {count: 3}}}\nvalidation: {every: 7}\nema: {}\n");
        File.WriteAllText(Folder["again.yaml"], RecipeYaml.Format(recipe));
        Assert.That(RecipeYaml.Format(RecipeYaml.Read(Folder["again.yaml"])), Is.EqualTo(RecipeYaml.Format(recipe)));
        Assert.That(RecipeYaml.Format(recipe), Does.Contain("every: 7").And.Contain("decay: 0.999").And.Contain("width: 64"));
    }

    [Test]
    public void The_command_line_replaces_settings_of_the_file()
    {
        var recipe = Read("steps: 12\noptimizer: {lr: [{value: 1}, {value: 2, param_names: ['a*']}]}\n", "steps=5", "optimizer.lr.1.value=3e-4", "ema.decay=0.5", "log.tensorboard=false", "threads=", "model.frozen=[a, 'b*']");
        Assert.That((recipe.Steps, recipe.Optimizer.Lr[1].Value, recipe.Optimizer.Lr[1].ParamNames![0], recipe.Optimizer.Lr[0].Value), Is.EqualTo((5, 3e-4, "a*", 1.0)));
        Assert.That((recipe.Ema!.Decay, recipe.Log.Tensorboard, recipe.Threads), Is.EqualTo((0.5, false, (int?)null)));
        Assert.That(recipe.Model.Frozen, Is.EqualTo(new[] { "a", "b*" }));
    }

    [TestCase("stps: 3", "unknown setting 'stps'", "Did you mean 'steps'")]
    [TestCase("optimizer: {max_gradientnorm: 1}", "'optimizer.max_gradientnorm'", "'max_gradient_norm'")]
    [TestCase("prompting: {num_corection_pt_per_frame: 1}", "'prompting.num_corection_pt_per_frame'", "'num_correction_pt_per_frame'")]
    [TestCase("optimizer: {lr: [{valu: 1}]}", "'optimizer.lr.0.valu'", "'value'")]
    [TestCase("steps: many", "'steps: many'", "whole number")]
    [TestCase("precision: fp8", "'precision: fp8'", "fp32, bf16, fp16")]
    [TestCase("optimizer: {lr: fast}", "'optimizer.lr: fast'", "a list")]
    [TestCase("model: {frozen: 3}", "'model.frozen: 3'", "a list")]
    [TestCase("model: 3", "'model: 3'", "nested settings")]
    [TestCase("steps:", "'steps: null'", "a value")]
    [TestCase("", "empty", "key: value")]
    [TestCase("a: [", "not valid YAML", "line")]
    public void Mistakes_are_refused_with_the_place_and_the_remedy(string text, string what, string remedy) =>
        Assert.That(() => Read(text), Throws.TypeOf<ConfigurationException>().With.Message.Contains("r.yaml").And.Message.Contains(what).And.Message.Contains(remedy));

    [TestCase("steps", "key=value")]
    [TestCase("optimizer.lr.2.value=1", "from 0 to 1")]
    [TestCase("stepps=1", "'steps'")]
    [TestCase("steps=[", "YAML")]
    public void Mistakes_on_the_command_line_are_refused(string set, string what) =>
        Assert.That(() => Read("steps: 1", set), Throws.TypeOf<ConfigurationException>().With.Message.Contains(what));

    [TestCase("sam2.1_hiera_nan", "'sam2.1_hiera_nano'")]
    [TestCase("none.yaml", "none.yaml")]
    public void An_architecture_that_does_not_exist_is_refused(string name, string what) =>
        Assert.That(() => ModelFactory.Configure(new() { Architecture = name }), Throws.TypeOf<ConfigurationException>().With.Message.Contains(what));

    [Test]
    public void The_repositorys_recipe_for_fine_tuning_is_the_originals()
    {
        var recipe = RecipeYaml.Read(Path.Combine(RepositoryFiles.Root, "recipes", "finetune.yaml"));
        Assert.That((HieraConfig)ModelFactory.Configure(recipe.Model).ImageEncoder.Trunk, Has.Property("EmbedDim").EqualTo(112).And.Property("DropPathRate").EqualTo(0.1));
        Assert.That(recipe.Prompting, Is.EqualTo(TrainingOptions.FineTuning));
        Assert.That(recipe.Loss, Is.EqualTo(new LossOptions()));
        Assert.That((recipe.Optimizer.MaxGradientNorm, recipe.Optimizer.LayerDecay!.Value, recipe.Optimizer.Lr[0].StartValue, recipe.Optimizer.Lr[1].EndValue), Is.EqualTo((0.1, 0.9, 5e-6, 3e-7)));
        Assert.That(recipe.Data.Train.Single(), Has.Property("Frames").EqualTo(8).And.Property("Clips").EqualTo(1).And.Property("MaxObjects").EqualTo(3)
            .And.Property("FlipProbability").EqualTo(0.5).And.Property("ReverseProbability").EqualTo(0));
        IClipAugmentation[] expected =
        [
            new RandomAffine { Degrees = 25, Shear = 20 },
            new RandomResize { Square = true },
            new ColorJitter { Brightness = 0.1, Contrast = 0.03, Saturation = 0.03 },
            new RandomGrayscale { P = 0.05 },
            new ColorJitter { Brightness = 0.1, Contrast = 0.05, Saturation = 0.05, ConsistentTransform = false },
        ];
        var augmentations = recipe.Data.Train.Single().Augmentations.Select(ClipAugmentations.Create).ToList();
        Assert.That(augmentations.Select(a => a is RandomResize ? "resize" : $"{a}"), Is.EqualTo(expected.Select(a => a is RandomResize ? "resize" : $"{a}")));
        Assert.That(((RandomResize)augmentations[1]).Sizes, Is.EqualTo(new[] { 1024 }));
    }

    [Test]
    public void Another_image_size_takes_the_rotary_grid_with_it()
    {
        var config = ModelFactory.Configure(Read("model: {architecture: sam2.1_hiera_t, settings: {image_size: 256}}").Model);
        Assert.That((config.ImageSize, config.MemoryAttention.Layer.SelfAttention.FeatSizes[0], config.MemoryAttention.Layer.CrossAttention.FeatSizes[1]), Is.EqualTo((256, 16, 16)));
    }

    private Recipe Read(string text, params string[] overrides)
    {
        File.WriteAllText(Folder["r.yaml"], text);
        return RecipeYaml.Read(Folder["r.yaml"], overrides);
    }
}
