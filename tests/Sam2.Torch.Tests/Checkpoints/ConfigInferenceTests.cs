using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Checkpoints;

public class ConfigInferenceTests
{
    private static IEnumerable<string> PublishedNames => Sam2Presets.ByName.Keys.Where(name => name.StartsWith("sam2", StringComparison.Ordinal) && Sam2Presets.ByName[name].ImageSize == 1024);

    [TestCaseSource(nameof(PublishedNames))]
    public void Published_checkpoints_are_recognised_by_their_shapes(string name)
    {
        using var checkpoint = SyntheticStateDict.Open(SyntheticStateDict.Published(name));
        Assert.That(ConfigInference.PublishedName(checkpoint), Is.EqualTo(name));
        Assert.That(ConfigInference.Infer(checkpoint), Is.EqualTo(Sam2Presets.ByName[name]));
    }

    [Test]
    public void The_small_checkpoint_is_recognised_and_loads_without_further_information()
    {
        using var model = ModelLoader.Load(RepositoryFiles.Golden("sam2.1_hiera_nano.pt"));
        Assert.That(model.Config, Is.EqualTo(Sam2Presets.Nano));
        Assert.That(model.training, Is.False);
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(RepositoryFiles.Golden("sam2.1_hiera_nano.pt"));
        foreach (var (key, value) in model.state_dict())
            Assert.That(value.detach().contiguous().bytes.SequenceEqual(checkpoint.StateDict[key].Load().contiguous().bytes), Is.True, key);
    }

    [Test]
    public void Weights_in_half_precision_are_computed_with_in_float32_unless_another_type_is_asked_for()
    {
        var file = RepositoryFiles.Weights("sam2.1_hiera_micro.pt");
        using var model = ModelLoader.Load(file);
        Assert.That(model.Precision, Is.EqualTo(ScalarType.Float32));
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(file);
        Assert.That(checkpoint.StateDict.Values.Select(entry => entry.ScalarType), Is.All.EqualTo(ScalarType.Float16));
        foreach (var (key, value) in model.state_dict())
            Assert.That(value.detach().contiguous().bytes.SequenceEqual(checkpoint.StateDict[key].Load().to(ScalarType.Float32).bytes), Is.True, key);
        using var other = ModelLoader.Load(file, precision: ScalarType.BFloat16);
        Assert.That(other.Precision, Is.EqualTo(ScalarType.BFloat16));
    }

    [Test]
    public void A_checkpoint_that_we_write_carries_its_configuration([Values("m.pt", "m.safetensors")] string name)
    {
        using var folder = new TemporaryFolder();
        var config = Custom();
        using (var model = new Sam2Model(config))
            CheckpointWriter.Save(folder[name], model, ConfigValues.EntriesFor(config));
        using var loaded = ModelLoader.Load(folder[name], precision: ScalarType.BFloat16);
        Assert.That(loaded.Config, Is.EqualTo(config));
        Assert.That(loaded.Precision, Is.EqualTo(ScalarType.BFloat16));
    }

    [Test]
    public void Python_reads_the_embedded_configuration_with_weights_only()
    {
        using var folder = new TemporaryFolder();
        CheckpointWriter.Save(folder["m.pt"], new Dictionary<string, Tensor>(), ConfigValues.EntriesFor(Sam2Presets.Nano));
        PythonTorch.Run($$$"""
            import torch
            c = torch.load(r"{{{folder["m.pt"]}}}", weights_only=True)["config"]
            assert c["image_size"] == 128 and c["image_encoder"]["trunk"]["stages"] == [1, 2, 3, 1]
            assert c["sigmoid_scale_for_mem_enc"] == 20 and c["memory_encoder"]["fuser"]["layer"]["layer_scale_init_value"] == "1E-06"
            """);
    }

    [Test]
    public void A_custom_size_says_what_its_shapes_do_not_tell()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Save(Custom(), folder["mine.pt"]);
        Assert.That(() => ConfigInference.Infer(checkpoint), Throws.TypeOf<CheckpointException>().With.Message
            .Contains("mine.pt").And.Message.Contains("image_size").And.Message.Contains("num_heads").And.Message.Contains("window_spec")
            .And.Message.Contains("global_att_blocks").And.Message.Contains("mine.yaml").And.Message.Contains("configuration").And.Message.Contains("width 16"));
    }

    [Test]
    public void A_yaml_file_beside_the_checkpoint_completes_what_the_shapes_tell()
    {
        using var folder = new TemporaryFolder();
        var config = Custom();
        using var checkpoint = Save(config, folder["mine.pt"]);
        File.WriteAllText(folder["mine.yaml"], """
            model:
              image_size: 64
              image_encoder: {trunk: {num_heads: 2, window_spec: [4, 2, 4, 2], global_att_blocks: [3]}}
            """);
        Assert.That(ConfigInference.Infer(checkpoint), Is.EqualTo(config));
    }

    [Test]
    public void A_yaml_file_that_leaves_something_open_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Save(Custom(), folder["mine.pt"]);
        File.WriteAllText(folder["c.yaml"], "model:\n  image_size: 64\n");
        Assert.That(() => ConfigInference.Infer(checkpoint, folder["c.yaml"]), Throws.TypeOf<ConfigurationException>().With.Message
            .Contains("window_spec").And.Message.Contains("global_att_blocks").And.Message.Contains("c.yaml"));
    }

    [Test]
    public void A_complete_yaml_file_is_taken_as_it_is_and_wins_over_the_embedded_configuration()
    {
        using var folder = new TemporaryFolder();
        var config = Custom();
        using var checkpoint = Save(config, folder["mine.pt"], ConfigValues.EntriesFor(config));
        var changed = config with { SigmoidScaleForMemEnc = 10, MaxObjPtrsInEncoder = 4 };
        ConfigYaml.Write(folder["c.yaml"], changed);
        Assert.That(ConfigInference.Infer(checkpoint), Is.EqualTo(config));
        Assert.That(ConfigInference.Infer(checkpoint, folder["c.yaml"]), Is.EqualTo(changed));
    }

    [Test]
    public void A_configuration_that_contradicts_the_weights_is_refused_before_anything_is_built()
    {
        using var folder = new TemporaryFolder();
        ConfigYaml.Write(folder["tiny.yaml"], Sam2Presets.Tiny);
        Assert.That(() => ModelLoader.Load(RepositoryFiles.Golden("sam2.1_hiera_nano.pt"), folder["tiny.yaml"]), Throws.TypeOf<CheckpointException>()
            .With.Message.Contains("embed_dim is 96, the weights have 32"));
    }

    [Test]
    public void Other_networks_are_refused_as_such()
    {
        Assert.That(() => ModelLoader.Load(RepositoryFiles.Golden("checkpoint_zip.pt")), Throws.TypeOf<CheckpointException>().With.Message.Contains("not a SAM 2 model"));
        using var adapters = SyntheticStateDict.Open([("base_model.model.image_encoder.trunk.blocks.0.attn.qkv.lora_A.weight", [4, 96])]);
        Assert.That(() => ConfigInference.Infer(adapters), Throws.TypeOf<CheckpointException>().With.Message.Contains("adapters of PEFT"));
    }

    [TestCase("image_size", 1_000_000_000L)]
    [TestCase("image_size", 1000L)]
    [TestCase("image_encoder.trunk.num_heads", 0L)]
    [TestCase("image_encoder.trunk.num_heads", 5L)]
    [TestCase("image_encoder.scalp", 9L)]
    [TestCase("max_cond_frames_in_attn", 1L)]
    [TestCase("memory_temporal_stride_for_eval", int.MaxValue)]
    [TestCase("memory_attention.layer.self_attention.num_heads", -1L)]
    public void Impossible_settings_in_a_file_are_refused_by_name(string path, long value)
    {
        using var source = Checkpoint.Open(RepositoryFiles.Golden("sam2.1_hiera_nano.pt"));
        var entries = new PlainDictionary { ["config"] = With(ConfigValues.ToPlain(Sam2Presets.Nano), path.Split('.'), value) };
        using var checkpoint = SyntheticStateDict.Open(SyntheticStateDict.Of(source), entries);
        Assert.That(() => ConfigInference.Infer(checkpoint), Throws.TypeOf<CheckpointException>().With.Message.Contains(path));
    }

    [Test]
    public void Any_value_of_any_setting_ends_in_a_model_or_a_typed_error()
    {
        object?[] values = [0L, -1L, int.MaxValue, 0.3, null, true, "x", new PlainList([0L]), new PlainList([1L << 30, 1L << 30]), new PlainDictionary { ["a"] = 1L }];
        using var nano = Checkpoint.Open(RepositoryFiles.Golden("sam2.1_hiera_nano.pt"));
        var shapes = SyntheticStateDict.Of(nano).ToList();
        var plain = ConfigValues.ToPlain(Sam2Presets.Nano);
        int built = 0, refused = 0;
        foreach (var path in Paths(plain, []))
        {
            foreach (var value in values)
            {
                var entries = new PlainDictionary { ["config"] = With(plain, path, value) };
                using var checkpoint = SyntheticStateDict.Open(shapes, entries);
                try
                {
                    var config = ConfigInference.Infer(checkpoint);
                    // Most settings have no part in building; those that leave the configuration as it was need no second model.
                    if (config != Sam2Presets.Nano && built++ < 20)
                        ModelLoader.Build(checkpoint.Path, config).Dispose();
                }
                catch (CheckpointException e)
                {
                    refused++;
                    Assert.That(e.Message, Does.StartWith("memory.pt"));
                }
            }
        }
        Assert.That(refused, Is.GreaterThan(400));
        Assert.That(built, Is.GreaterThan(20));
    }

    [Test]
    public void Small_files_that_describe_huge_tensors_build_no_model()
    {
        using var folder = new TemporaryFolder();
        SyntheticStateDict.Open(SyntheticStateDict.Published("sam2.1_hiera_l"), path: folder["huge.pt"]).Dispose();
        Assert.That(() => ModelLoader.Load(folder["huge.pt"]), Throws.TypeOf<CheckpointException>().With.Message.Contains("huge.pt"));
    }

    [Test]
    public void A_mismatch_lists_missing_unexpected_and_misshaped_keys()
    {
        using var folder = new TemporaryFolder();
        var shapes = Sam2PresetsShapes().ToDictionary(s => s.Key, s => s.Shape);
        shapes.Remove("no_mem_embed");
        shapes["surplus"] = [3];
        shapes["no_mem_pos_enc"] = [1, 1, 65];
        using var checkpoint = SyntheticStateDict.Open(shapes.Select(s => (s.Key, s.Value)));
        using var model = new Sam2Model(Sam2Presets.Nano);
        Assert.That(() => CheckpointLoader.LoadInto(model, checkpoint), Throws.TypeOf<CheckpointException>().With.Message
            .Contains("1 missing: no_mem_embed").And.Message.Contains("1 unexpected: surplus")
            .And.Message.Contains("1 of another shape: no_mem_pos_enc (file [1, 1, 65], model [1, 1, 64])"));
    }

    [Test]
    public void A_mismatch_between_versions_says_so()
    {
        var shapes = Sam2PresetsShapes().Where(s => s.Key != "no_obj_embed_spatial" && !s.Key.StartsWith("obj_ptr_tpos_proj", StringComparison.Ordinal));
        using var checkpoint = SyntheticStateDict.Open(shapes);
        using var model = new Sam2Model(Sam2Presets.Nano);
        Assert.That(() => CheckpointLoader.LoadInto(model, checkpoint), Throws.TypeOf<CheckpointException>().With.Message
            .Contains("3 missing").And.Message.Contains("is this a SAM 2.0 file?"));
    }

    [Test]
    public void A_surplus_part_and_renamed_keys_are_not_taken_for_another_architecture()
    {
        using var model = new Sam2Model(Sam2Presets.Nano);
        using var surplus = SyntheticStateDict.Open(Sam2PresetsShapes().Append(("my_head.weight", new long[] { 3 })));
        Assert.That(() => CheckpointLoader.LoadInto(model, surplus), Throws.TypeOf<CheckpointException>().With.Message
            .Contains("1 unexpected: my_head.weight").And.Message.Contains("take them out of the file").And.Message.Not.Contain("another architecture"));

        var renamed = Sam2PresetsShapes().Select(s => (Key: s.Key.Replace(".gamma", ".weight", StringComparison.Ordinal), s.Shape)).ToList();
        Assert.That(renamed.Select(s => s.Key), Is.Not.EqualTo(Sam2PresetsShapes().Select(s => s.Key)));
        using var file = SyntheticStateDict.Open(renamed);
        Assert.That(() => CheckpointLoader.LoadInto(model, file), Throws.TypeOf<CheckpointException>().With.Message
            .Matches("rename its keys, such as '(.*)\\.weight' to '\\1\\.gamma'"));

        using var incomplete = SyntheticStateDict.Open(Sam2PresetsShapes().Where(s => s.Key != "no_mem_embed"));
        Assert.That(() => CheckpointLoader.LoadInto(model, incomplete), Throws.TypeOf<CheckpointException>().With.Message
            .Contains("1 missing: no_mem_embed").And.Message.Contains("is incomplete").And.Message.Not.Contain("another architecture"));
    }

    [Test]
    public void A_custom_architecture_with_renamed_keys_is_found_out_so_that_the_loader_can_name_them()
    {
        using var folder = new TemporaryFolder();
        using var model = NanoModel.Create();
        using var scope = NewDisposeScope();
        var weights = model.state_dict().ToDictionary(t => t.Key.Replace(".gamma", ".weight", StringComparison.Ordinal), t => t.Value);
        CheckpointWriter.Save(folder["renamed.pt"], weights, ConfigValues.EntriesFor(model.Config));
        Assert.That(() => ModelLoader.Load(folder["renamed.pt"]), Throws.TypeOf<CheckpointException>().With.Message.Contains("rename its keys"));
    }

    private static Sam2Config Custom()
    {
        var nano = Sam2Presets.Nano;
        var layer = nano.MemoryAttention.Layer;
        return nano with
        {
            ImageSize = 64,
            ImageEncoder = nano.ImageEncoder with
            {
                Trunk = (HieraConfig)nano.ImageEncoder.Trunk with { EmbedDim = 16, NumHeads = 2, Stages = [1, 1, 2, 1], GlobalAttBlocks = [3], WindowSpec = [4, 2, 4, 2] },
                Neck = nano.ImageEncoder.Neck with { BackboneChannelList = [128, 64, 32, 16] },
            },
            MemoryAttention = nano.MemoryAttention with
            {
                NumLayers = 1,
                Layer = layer with { DimFeedforward = 32, SelfAttention = layer.SelfAttention with { FeatSizes = [4, 4] }, CrossAttention = layer.CrossAttention with { FeatSizes = [4, 4] } },
            },
        };
    }

    private static Checkpoint Save(Sam2Config config, string path, PlainDictionary? entries = null)
    {
        using (var model = new Sam2Model(config))
            CheckpointWriter.Save(path, model, entries);
        return Checkpoint.Open(path);
    }

    private static List<(string Key, long[] Shape)> Sam2PresetsShapes()
    {
        using var checkpoint = Checkpoint.Open(RepositoryFiles.Golden("sam2.1_hiera_nano.pt"));
        return [.. SyntheticStateDict.Of(checkpoint)];
    }

    private static IEnumerable<string[]> Paths(PlainDictionary tree, string[] prefix) =>
        tree.SelectMany(entry => entry.Value is PlainDictionary nested
            ? Paths(nested, [.. prefix, (string)entry.Key]).Prepend([.. prefix, (string)entry.Key])
            : [[.. prefix, (string)entry.Key]]);

    private static PlainDictionary With(PlainDictionary tree, ReadOnlySpan<string> path, object? value)
    {
        var (key, rest) = (path[0], path[1..].ToArray());
        return new(tree.Select(entry => !entry.Key.Equals(key) ? entry
            : new(key, rest.Length == 0 ? value : With((PlainDictionary)entry.Value!, rest, value))));
    }
}
