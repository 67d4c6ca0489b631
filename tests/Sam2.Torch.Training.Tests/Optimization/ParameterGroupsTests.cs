using NUnit.Framework;
using Sam2.Torch.Modeling;
using Sam2.Torch.Training.Optimization;
using TestSupport;

namespace Sam2.Torch.Training.Tests.Optimization;

public sealed class ParameterGroupsTests
{
    private Sam2Model _model = null!;

    [SetUp]
    public void CreateModel() => _model = NanoModel.Create();

    [TearDown]
    public void Free() => _model.Dispose();

    [Test]
    public void Every_parameter_is_in_one_group()
    {
        var names = ParameterGroups.Of(_model, new OptimizerSettings()).SelectMany(group => group.Names);
        Assert.That(names, Is.EquivalentTo(_model.named_parameters().Select(p => p.name)));
    }

    [Test]
    public void Frozen_parameters_are_in_none()
    {
        foreach (var parameter in _model.ImageEncoder.parameters())
            parameter.requires_grad = false;
        var names = ParameterGroups.Of(_model, new OptimizerSettings()).SelectMany(group => group.Names).ToList();
        Assert.That(names, Has.None.StartsWith("image_encoder.").And.Some.StartsWith("sam_mask_decoder."));
    }

    // What the original's construct_optimizer gives of its fine-tuning recipe, for a trunk of 7 blocks.
    [TestCase("image_encoder.trunk.patch_embed.proj.weight", 3e-6 * 0.43046721, 0.1)]
    [TestCase("image_encoder.trunk.pos_embed", 3e-6, 0.1)]
    [TestCase("image_encoder.trunk.pos_embed_window", 3e-6, 0.1)]
    [TestCase("image_encoder.trunk.blocks.0.attn.qkv.weight", 3e-6 * 0.4782969, 0.1)]
    [TestCase("image_encoder.trunk.blocks.6.mlp.layers.0.weight", 3e-6 * 0.9, 0.1)]
    [TestCase("image_encoder.trunk.blocks.6.mlp.layers.0.bias", 3e-6 * 0.9, 0)]
    [TestCase("image_encoder.trunk.blocks.3.norm1.weight", 3e-6 * 0.6561, 0)]
    [TestCase("image_encoder.neck.convs.0.conv.weight", 3e-6, 0.1)]
    [TestCase("sam_mask_decoder.iou_token.weight", 5e-6, 0.1)]
    [TestCase("memory_attention.layers.0.norm1.weight", 5e-6, 0)]
    [TestCase("memory_encoder.fuser.layers.0.norm.weight", 5e-6, 0.1)] // LayerNorm2d is another class
    [TestCase("sam_mask_decoder.transformer.layers.0.mlp.layers.0.bias", 5e-6, 0)]
    public void Rates_and_decay_are_those_of_the_originals_recipe(string name, double rate, double decay)
    {
        var group = ParameterGroups.Of(_model, new OptimizerSettings()).Single(g => g.Names.Contains(name));
        Assert.That(group.LearningRateAt(0), Is.EqualTo(rate).Within(1e-6 * rate));
        Assert.That(group.LearningRateAt(1), Is.EqualTo(rate / 10).Within(1e-6 * rate));
        Assert.That(group.WeightDecay.At(0.5), Is.EqualTo(decay));
    }

    [Test]
    public void A_pattern_that_fits_nothing_is_named_with_a_name_that_is_close()
    {
        var settings = new OptimizerSettings { Lr = [new() { Value = 1 }, new() { Value = 2, ParamNames = ["no_mem_embd"] }] };
        Assert.That(() => ParameterGroups.Of(_model, settings), Throws.ArgumentException.With.Message.Contains("optimizer.lr").And.Message.Contains("'no_mem_embd'").And.Message.Contains("'no_mem_embed'"));
    }

    [Test]
    public void Two_entries_for_one_parameter_are_refused()
    {
        var settings = new OptimizerSettings { Lr = [new() { Value = 1 }, new() { Value = 2, ParamNames = ["sam_*"] }, new() { Value = 3, ParamNames = ["*iou_token*"] }] };
        Assert.That(() => ParameterGroups.Of(_model, settings), Throws.ArgumentException.With.Message.Contains("sam_mask_decoder.iou_token.weight"));
    }

    [Test]
    public void Parameters_that_no_entry_is_for_are_refused()
    {
        var settings = new OptimizerSettings { Lr = [new() { Value = 2, ParamNames = ["sam_*"] }] };
        Assert.That(() => ParameterGroups.Of(_model, settings), Throws.ArgumentException.With.Message.Contains("without param_names"));
    }

    [Test]
    public void A_class_that_no_module_has_is_refused()
    {
        var settings = new OptimizerSettings { WeightDecay = [new() { Value = 1 }, new() { Value = 0, ModuleClsNames = ["torch.nn.BatchNorm2d"] }] };
        Assert.That(() => ParameterGroups.Of(_model, settings), Throws.ArgumentException.With.Message.Contains("BatchNorm2d").And.Message.Contains("LayerNorm2d"));
    }

    [TestCase("*bias*", "a.bias", true)]
    [TestCase("*bias*", "a.weight", false)]
    [TestCase("image_encoder.*", "ximage_encoder.a", false)]
    [TestCase("blocks.?.norm[12].weight", "blocks.3.norm2.weight", true)]
    [TestCase("blocks.?.norm[!1].weight", "blocks.3.norm1.weight", false)]
    [TestCase("blocks.?.weight", "blocksx3xweight", false)]
    public void Patterns_mean_what_they_mean_to_Python(string pattern, string name, bool matches) => Assert.That(GlobPattern.Matches(pattern, name), Is.EqualTo(matches));
}
