using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Tests.Checkpoints;
using TestSupport;

namespace Sam2.Torch.Tests.Configuration;

public class ConfigYamlTests
{
    private static IEnumerable<string> Presets => Sam2Presets.ByName.Keys;

    [TestCaseSource(nameof(Presets))]
    public void What_is_written_is_read_back(string name)
    {
        using var folder = new TemporaryFolder();
        ConfigYaml.Write(folder["c.yaml"], Sam2Presets.ByName[name]);
        Assert.That(ConfigYaml.Read(folder["c.yaml"]), Is.EqualTo(Sam2Presets.ByName[name]));
    }

    [Test]
    public void Settings_that_a_complete_file_leaves_out_have_the_defaults_of_the_original()
    {
        var config = Read("""
            # @package _global_

            # Model
            model:
              _target_: sam2.modeling.sam2_base.SAM2Base
              image_encoder:
                _target_: sam2.modeling.backbones.image_encoder.ImageEncoder
                scalp: 1
                trunk:
                  _target_: sam2.modeling.backbones.hieradet.Hiera
                  embed_dim: 112
                  num_heads: 2
              memory_attention:
                layer:
                  self_attention:
                    _target_: sam2.modeling.sam.transformer.Attention
                    embedding_dim: 256   # a comment
              memory_encoder:
                fuser: {layer: {layer_scale_init_value: 1e-6, use_dwconv: True}}
              iou_prediction_use_sigmoid: true
              compile_image_encoder: False
            """);
        Assert.That(config.ImageEncoder.Trunk, Is.EqualTo(new HieraConfig { EmbedDim = 112, NumHeads = 2 }));
        Assert.That(((HieraConfig)config.ImageEncoder.Trunk).Stages, Is.EqualTo(new[] { 2, 3, 16, 3 }));
        Assert.That(config.ImageSize, Is.EqualTo(512));
        Assert.That(config.IouPredictionUseSigmoid, Is.True);
        Assert.That(config.NoObjEmbedSpatial, Is.False);
        Assert.That(config.MultimaskMinPtNum, Is.EqualTo(1));
        Assert.That(config.MemoryAttention.Layer.SelfAttention.Rope, Is.False);
        Assert.That(config.MemoryAttention.Layer.CrossAttention.Rope, Is.True);
        Assert.That(config.MemoryEncoder.Fuser.Layer.LayerScaleInitValue, Is.EqualTo(1e-6));
    }

    [TestCase("model:\n  image_sise: 64\n", "image_sise", "image_size")]
    [TestCase("model:\n  image_encoder:\n    trunk:\n      window_specs: [1]\n", "image_encoder.trunk.window_specs", "window_spec")]
    [TestCase("model:\n  image_size: large\n", "image_size: large", "whole number")]
    [TestCase("model:\n  image_size: 1024.5\n", "image_size: 1024.5", "whole number")]
    [TestCase("model:\n  image_size:\n", "image_size: null", "value")]
    [TestCase("model:\n  no_obj_embed_spatial: 1\n", "no_obj_embed_spatial: 1", "true or false")]
    [TestCase("model:\n  image_encoder: 3\n", "image_encoder: 3", "nested settings")]
    [TestCase("model:\n  image_encoder: {trunk: {stages: [1, x]}}\n", "stages: [1, x]", "list of whole numbers")]
    [TestCase("model:\n  _target_: os.system\n", "os.system", "SAM2Base")]
    [TestCase("model:\n  image_size: ${size}\n", "${size}", "interpolation")]
    [TestCase("model: &m\n  image_size: 64\n", "line 1", "anchor")]
    [TestCase("model:\n  image_size: 64\n  image_size: 32\n", "line 3", "second time")]
    [TestCase("model:\n  image_size: [64\n", "line", "not valid YAML")]
    [TestCase("trainer:\n  model: 1\n", "model:", "training run")]
    [TestCase("", "empty", "model:")]
    [TestCase("- 1\n", "not a mapping", "model:")]
    [TestCase("model: {}\n---\nmodel: {}\n", "several documents", "model:")]
    public void Mistakes_are_refused_with_the_setting_and_the_remedy(string text, string what, string remedy) =>
        Assert.That(() => Read(text), Throws.TypeOf<ConfigurationException>().With.Message.Contains("c.yaml").And.Message.Contains(what).And.Message.Contains(remedy));

    [Test]
    public void Deep_nesting_is_refused() =>
        Assert.That(() => Read("model: " + new string('[', 100_000)), Throws.TypeOf<ConfigurationException>());

    [Test]
    public void Plain_values_and_yaml_say_the_same()
    {
        foreach (var config in Sam2Presets.ByName.Values)
        {
            using var checkpoint = SyntheticStateDict.Open([("x", [1])], ConfigValues.EntriesFor(config));
            Assert.That(ConfigValues.TryRead(checkpoint), Is.EqualTo(config));
        }
    }

    private static Sam2Config Read(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["c.yaml"], text);
        return ConfigYaml.Read(folder["c.yaml"]);
    }
}
