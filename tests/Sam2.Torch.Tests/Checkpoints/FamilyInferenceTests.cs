using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Checkpoints;

/// <summary>Checkpoints of SAM 2's relatives: what they are is found from their shapes and names, or from a YAML file.</summary>
public sealed class FamilyInferenceTests : FolderTests
{
    [TestCase("efficienttam_ti")]
    [TestCase("efficienttam_ti_1")]
    [TestCase("efficienttam_s")]
    [TestCase("efficienttam_s_2")]
    [TestCase("efficienttam_s_512x512")]
    public void A_public_checkpoint_of_EfficientTAM_is_recognised_by_its_shapes_and_name(string name)
    {
        using var checkpoint = OpenEfficientTam(name, name + ".pt");
        Assert.That(ConfigInference.PublishedName(checkpoint), Is.EqualTo(name));
        Assert.That(ConfigInference.Infer(checkpoint), Is.EqualTo(Sam2Presets.ByName[name]));
    }

    [TestCase("efficienttam_ti_1-mine.pt", "efficienttam_ti_1")]
    [TestCase("EfficientTAM_Ti.v2.pt", "efficienttam_ti")]
    public void A_name_may_go_on_after_that_of_an_architecture(string file, string expected)
    {
        using var checkpoint = OpenEfficientTam("efficienttam_ti", file);
        Assert.That(ConfigInference.Infer(checkpoint), Is.EqualTo(Sam2Presets.ByName[expected]));
    }

    [TestCase("mine.pt")]
    [TestCase("efficienttam_ti_100steps.pt")]
    public void Another_name_is_asked_what_shapes_do_not_tell(string file)
    {
        using var checkpoint = OpenEfficientTam("efficienttam_ti", file);
        Assert.That(() => ConfigInference.Infer(checkpoint), Throws.TypeOf<CheckpointException>().With.Message
            .Contains(file).And.Message.Contains("efficienttam_ti_512x512").And.Message.Contains("image_size").And.Message.Contains("cross_attention._target_"));
    }

    [Test]
    public void A_yaml_file_tells_it_too()
    {
        using var checkpoint = OpenEfficientTam("efficienttam_ti", "mine.pt");
        File.WriteAllText(Folder["mine.yaml"], """
            model:
              image_size: 512
              memory_attention: {layer: {cross_attention: {_target_: efficient_track_anything.modeling.sam.transformer.EfficientRoPEAttention2}}}
            """);
        var expected = EfficientTamPresets.With(EfficientTamPresets.For512(EfficientTamPresets.Tiny), AttentionKind.EfficientRoPEAttention2);
        Assert.That(ConfigInference.Infer(checkpoint), Is.EqualTo(expected));
    }

    [Test]
    public void A_custom_size_says_what_its_shapes_do_not_tell_and_a_yaml_file_completes_it()
    {
        var small = SmallRelatives.EfficientTam();
        var config = small with
        {
            ImageEncoder = small.ImageEncoder with
            {
                Trunk = (ViTConfig)small.ImageEncoder.Trunk with { MlpRatio = 2, PretrainImgSize = 64, PretrainUseClsToken = false },
                Neck = (ViTDetNeckConfig)small.ImageEncoder.Neck with { NeckNorm = null },
            },
        };
        using (var model = new Sam2Model(config)) CheckpointWriter.Save(Folder["mine.pt"], model);
        using var checkpoint = Checkpoint.Open(Folder["mine.pt"]);
        Assert.That(() => ConfigInference.Infer(checkpoint), Throws.TypeOf<CheckpointException>().With.Message
            .Contains("ViT: width 48, 3 blocks").And.Message.Contains("window_block_indexes").And.Message.Contains("mine.yaml"));
        File.WriteAllText(Folder["mine.yaml"], """
            model:
              image_size: 128
              image_encoder: {trunk: {num_heads: 3, window_size: 3, window_block_indexes: [0, 1]}}
              memory_attention: {layer: {cross_attention: {_target_: sam2.modeling.sam.transformer.RoPEAttention}}}
              no_obj_embed_spatial: true
              add_tpos_enc_to_obj_ptrs: true
              use_signed_tpos_enc_to_obj_ptrs: true
            """);
        Assert.That(ConfigInference.Infer(checkpoint), Is.EqualTo(config));
        using var loaded = ModelLoader.Load(Folder["mine.pt"]);
        Assert.That(loaded.Config, Is.EqualTo(config));
    }

    [Test]
    public void A_configuration_of_another_family_is_refused()
    {
        using var checkpoint = OpenEfficientTam("efficienttam_ti", "efficienttam_ti.pt");
        ConfigYaml.Write(Folder["tiny.yaml"], Sam2Presets.Tiny);
        Assert.That(() => ConfigInference.Infer(checkpoint, Folder["tiny.yaml"]), Throws.TypeOf<CheckpointException>().With.Message.Contains("hieradet.Hiera").And.Message.Contains("vitdet.ViT"));
    }

    [Test]
    public void A_configuration_is_written_with_the_names_of_the_package_that_has_its_classes()
    {
        var text = ConfigYaml.Format(Sam2Presets.ByName["efficienttam_ti_1"]);
        Assert.That(text, Does.Contain("_target_: efficient_track_anything.modeling.efficienttam_base.EfficientTAMBase")
            .And.Contain("_target_: efficient_track_anything.modeling.sam.transformer.EfficientRoPEAttention1")
            .And.Contain("_target_: efficient_track_anything.modeling.backbones.vitdet.ViT").And.Not.Contain("sam2."));
    }

    [Test]
    public void A_public_checkpoint_of_EdgeTAM_is_recognised_by_its_shapes()
    {
        using var checkpoint = SyntheticStateDict.Open(SyntheticStateDict.Published("edgetam"));
        Assert.That(ConfigInference.PublishedName(checkpoint), Is.EqualTo("edgetam"));
        Assert.That(ConfigInference.Infer(checkpoint), Is.EqualTo(EdgeTamPresets.EdgeTam));
    }

    [Test]
    public void Another_size_of_EdgeTAM_is_completed_by_a_yaml_file()
    {
        var small = SmallRelatives.EdgeTam();
        var config = small with { ImageEncoder = small.ImageEncoder with { Trunk = new RepViTConfig { Name = "repvit_m0_9" } } };
        using (var model = new Sam2Model(config)) CheckpointWriter.Save(Folder["mine.pt"], model);
        using var checkpoint = Checkpoint.Open(Folder["mine.pt"]);
        Assert.That(() => ConfigInference.Infer(checkpoint), Throws.TypeOf<CheckpointException>().With.Message
            .Contains("RepViT: repvit_m0_9").And.Message.Contains("image_size").And.Message.Contains("mine.yaml"));
        ConfigYaml.Write(Folder["mine.yaml"], config);
        Assert.That(ConfigInference.Infer(checkpoint), Is.EqualTo(config));
        File.WriteAllText(Folder["other.yaml"], "model:\n  image_size: 128\n");
        var found = ConfigInference.Infer(checkpoint, Folder["other.yaml"]);
        Assert.That((found.SpatialPerceiver, found.ImageEncoder.Trunk), Is.EqualTo((config.SpatialPerceiver, config.ImageEncoder.Trunk)));
        using var loaded = ModelLoader.Load(Folder["mine.pt"], Folder["other.yaml"]);
        Assert.That(loaded.Config, Is.EqualTo(found));
    }

    [Test]
    public void EdgeTAMs_attention_is_read_and_written_with_the_names_that_its_class_has()
    {
        var text = ConfigYaml.Format(EdgeTamPresets.EdgeTam);
        Assert.That(text, Does.Contain("sam2.modeling.sam.transformer.RoPEAttentionv2").And.Contain("q_sizes: [64, 64]").And.Contain("k_sizes: [16, 16]").And.Contain("num_latents_2d: 256")
            .And.Contain("_target_: sam2.modeling.backbones.timm.TimmBackbone"));
        Assert.That(text.Split("cross_attention:")[1].Split("num_layers")[0], Does.Not.Contain("feat_sizes").And.Not.Contain("rope_k_repeat"));
        Assert.That(ConfigYaml.Format(Sam2Presets.Tiny), Does.Not.Contain("k_sizes").And.Not.Contain("spatial_perceiver"));
        File.WriteAllText(Folder["c.yaml"], "model:\n  memory_attention: {layer: {cross_attention: {q_sizes: wide}}}\n");
        Assert.That(() => ConfigYaml.Read(Folder["c.yaml"]), Throws.TypeOf<ConfigurationException>().With.Message.Contains("cross_attention").And.Message.Contains("wide"));
    }

    [Test]
    public void The_layout_of_transformers_has_no_place_for_them()
    {
        foreach (var config in new[] { SmallRelatives.EfficientTam(), SmallRelatives.EdgeTam() })
        {
            using var scope = NewDisposeScope();
            using var model = new Sam2Model(config);
            Assert.That(() => CheckpointWriter.Save(Folder["model.safetensors"], model.state_dict(), layout: CheckpointLayout.HuggingFace), Throws.TypeOf<CheckpointException>()
                .With.Message.Contains("transformers has no place for 'image_encoder."));
            Assert.That(() => HuggingFaceConfig.Write(Folder["model.safetensors"], config, imageOnly: false), Throws.TypeOf<CheckpointException>().With.Message.Contains("Hiera"));
        }
        Assert.That(Directory.GetFiles(Folder.Path), Is.Empty);
    }

    [TestCase("trunk: {_target_: sam2.modeling.backbones.timm.TimmBackbone, name: resnet50}", "image_encoder.trunk.name resnet50")]
    [TestCase("trunk: {_target_: sam2.modeling.backbones.timm.TimmBackbone, features: [layer1, layer2]}", "image_encoder.trunk.features")]
    [TestCase("trunk: {_target_: efficient_track_anything.modeling.backbones.vitdet.ViT, qkv_bias: false}", "qkv_bias")]
    [TestCase("trunk: {_target_: efficient_track_anything.modeling.backbones.vitdet.ViT, depth: 2, window_block_indexes: [1]}", "window_block_indexes")]
    [TestCase("trunk: {_target_: efficient_track_anything.modeling.backbones.vitdet.ViT, stages: [1]}", "image_encoder.trunk.stages")]
    [TestCase("trunk: {_target_: sam2.modeling.backbones.swin.Swin}", "sam2.modeling.backbones.vitdet.ViT")]
    public void Impossible_settings_are_refused_by_name(string trunk, string named)
    {
        File.WriteAllText(Folder["c.yaml"], $"model:\n  image_encoder:\n    {trunk}\n");
        Assert.That(() => ConfigValidation.Require("c.yaml", ConfigYaml.Read(Folder["c.yaml"])), Throws.TypeOf<ConfigurationException>().With.Message.Contains(named));
    }

    /// <summary>A file with the shapes of a variant.</summary>
    private Checkpoint OpenEfficientTam(string name, string file) =>
        SyntheticStateDict.Open(SyntheticStateDict.Published(name.StartsWith("efficienttam_s", StringComparison.Ordinal) ? "efficienttam_s" : "efficienttam_ti"), path: Folder[file]);
}
